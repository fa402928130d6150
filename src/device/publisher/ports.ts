import type { Lane } from "../../protocol/clip-keys.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logger.ts";
import type { Secret } from "../platform/secret.ts";
import type { ClipHead } from "../vault/types.ts";

/** One connection to a delivery broker. */
export interface BrokerSession {
  /** Settles when the broker has acknowledged (QoS 1); rejects when the connection is lost before. */
  publish(topic: string, payload: Uint8Array): Promise<void>;
  subscribe(topic: string, onMessage: (payload: Uint8Array) => void): Promise<void>;
  /** Settles when the connection has ended, for whatever reason. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Connects out to a recipient's broker: a fresh random client id, no credentials, no will, no retries of its own. */
export type DialBroker = (
  inbox: { readonly url: string; readonly ca: string | null },
  signal: AbortSignal,
) => Promise<BrokerSession>;

export type PublisherClock = Pick<Clock, "sleep">;
export type PublisherLog = Pick<Log, "info" | "warn">;

/** The part of the vault that a share is made of. */
export interface SealedClips {
  head(id: Uint8Array): Promise<ClipHead>;
  readFragment(id: Uint8Array, lane: Lane, index: number): Promise<Uint8Array>;
}

/** The part of the outbox that a delivery needs. */
export interface DeliveryRows {
  /** Null unless the row is open. */
  deliveryOf(token: Uint8Array): Uint8Array | null;
  end(token: Uint8Array, state: "delivered"): boolean;
}

export interface PublisherPorts {
  readonly crypto: Crypto;
  readonly clock: PublisherClock;
  readonly log: PublisherLog;
  readonly vault: SealedClips;
  readonly dial: DialBroker;
  /** The device's signing seed; clip keys come from it. */
  readonly deviceSeed: Secret<Uint8Array>;
  readonly outbox: DeliveryRows;
  readonly onDelivered?: (token: Uint8Array) => void;
}
