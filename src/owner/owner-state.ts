import { fromBase64url, toBase64url } from "../protocol/bytes.ts";
import type { Crypto } from "../protocol/crypto.ts";
import type { LinkKeys } from "../protocol/pairing-handshake.ts";

/**
 * Everything an owner's app keeps, as plain JSON; bytes are unpadded base64url.
 * It holds secrets: storage must encrypt it or keep it readable by its owner only. The signing key is not in it.
 */
export interface OwnerState {
  readonly version: 1;
  /** Counts saves; `compareAndSave` compares it. */
  readonly revision: number;
  readonly days: DayChainState;
  readonly device: PairedDevice | null;
  /** Seeds of pinned clips by clip id (hex): these outlive their day. */
  readonly pinnedSeeds: Readonly<Record<string, string>>;
  /** Where the home stands, in 10^-5 degrees. It never leaves this state: requests are compared with it here. */
  readonly place?: { readonly latitude: number; readonly longitude: number };
  /** Registers of requests that are followed. */
  readonly registers?: readonly RegisterChoice[];
  /** Ranges of time whose clips are kept, and openable, whatever retention says. */
  readonly holds?: readonly Hold[];
}

/** A register by its keys, as an owner added it. */
export interface RegisterChoice {
  /** Verifier key of the log, `name+hash+base64`; its name is the log's. */
  readonly logKey: string;
  /** Verifier keys of the witnesses, and how many of them have to vouch for what is shown. */
  readonly witnesses: readonly string[];
  readonly quorum: number;
  /** Where this app fetches it by itself; null: only the doorbell's copy is read. */
  readonly url: string | null;
}

export interface Hold {
  readonly name: string;
  /** Unix milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Ids in hex of the clips that this hold pinned; those that were pinned before are not in it. */
  readonly pinned: readonly string[];
}

export interface DayChainState {
  /** UTC day number of `secret`; days before it can no longer be opened. */
  readonly firstDay: number;
  /** e_firstDay. */
  readonly secret: string;
  /** Last day whose public key the device has, or null before the first upload. */
  readonly uploadedThrough: number | null;
}

export interface PairedDevice {
  readonly deviceKey: string;
  /** The brokers as the pairing code named them. */
  readonly brokers: string;
  readonly toDeviceKey: string;
  readonly toMemberKey: string;
  readonly toDeviceTopic: string;
  readonly toMemberTopic: string;
  /** The device's signed word that it took part in the pairing. */
  readonly pairing: string;
  /** Send counters below this may have been used. */
  readonly sendReserved: number;
  /** Received counters below this are never accepted again. */
  readonly nextReceived: number;
  /** Nothing has come from the doorbell over this link yet: it may not have taken the pairing. */
  readonly unconfirmed?: boolean;
}

/** A new owner without a device. @param today - UTC day number; nothing before it will ever open. */
export function newOwnerState(crypto: Crypto, today: number): OwnerState {
  const days = { firstDay: today, secret: toBase64url(crypto.randomBytes(32)), uploadedThrough: null };
  return { version: 1, revision: 0, days, device: null, pinnedSeeds: {} };
}

export function linkKeysOf(device: PairedDevice): LinkKeys {
  return {
    toDeviceKey: fromBase64url(device.toDeviceKey),
    toMemberKey: fromBase64url(device.toMemberKey),
    toDeviceTopic: fromBase64url(device.toDeviceTopic),
    toMemberTopic: fromBase64url(device.toMemberTopic),
  };
}

export function pairedDevice(
  deviceKey: Uint8Array,
  brokers: string,
  keys: LinkKeys,
  pairing: Uint8Array,
): PairedDevice {
  return {
    deviceKey: toBase64url(deviceKey),
    brokers,
    toDeviceKey: toBase64url(keys.toDeviceKey),
    toMemberKey: toBase64url(keys.toMemberKey),
    toDeviceTopic: toBase64url(keys.toDeviceTopic),
    toMemberTopic: toBase64url(keys.toMemberTopic),
    pairing: toBase64url(pairing),
    sendReserved: 0,
    nextReceived: 0,
    unconfirmed: true,
  };
}
