import type { OwnerState } from "./owner-state.ts";

/** One connection to the home's broker. Payloads are sealed by the caller; topics are random ids. */
export interface MqttPort {
  publish(topic: string, bytes: Uint8Array): Promise<void>;
  /** Settles once subscribed. `onMessage` gets retained messages too, flagged, so that the caller can drop them. */
  subscribe(topic: string, onMessage: (bytes: Uint8Array, retained: boolean) => void): Promise<void>;
  close(): Promise<void>;
}

/** Where and as whom a member connects. */
export interface BrokerLogin {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** SHA-256 of the one certificate (DER) to accept, when the device made it itself; else null. */
  readonly certificateSha256: Uint8Array | null;
}

/** Null: there is no way to this broker from here. Rejects when it cannot be reached or does not let in. */
export type MqttConnector = (login: BrokerLogin) => Promise<MqttPort | null>;

/** Timers, since isomorphic code has none of its own. */
export interface Timer {
  /** Calls once after `ms`; the returned function cancels. */
  after(ms: number, call: () => void): () => void;
}

/** Storage of one owner's state; a page and a worker, or two commands, may share it. */
export interface OwnerStorage {
  load(): Promise<OwnerState | null>;
  /** Saves durably if the stored revision still is `expectedRevision` (0: nothing stored); false if it is not. */
  compareAndSave(next: OwnerState, expectedRevision: number): Promise<boolean>;
}
