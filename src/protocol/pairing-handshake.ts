/**
 * Pairing: from the code that the device shows to one key per direction. Each side's functions are pure steps;
 * sending, the window of 180 seconds and counting wrong MACs are the caller's.
 *
 *     app                                         device
 *     hello: member key, ephemeral, MAC    →      checkable at once, so a stranger's hello gets no answer
 *                                          ←      answer: ephemeral, MAC, signed pairing statement
 *     finish: MAC                          →      only now the device keeps the member
 */

import { assertLength, concatBytes, equalBytes, fromBase64url, fromUtf8, toBase64url, utf8, wipe } from "./bytes.ts";
import type { BoxKeyPair, Crypto } from "./crypto.ts";
import { openStatement, type Signer, signStatement } from "./envelope.ts";
import { ephemeralBoxKey } from "./ephemeral-key.ts";
import { ProtocolError } from "./errors.ts";
import { ownHash } from "./hash.ts";
import { pairingStatement } from "./statements/pairing.ts";

/** What the device shows, as text in a QR code. */
export interface PairingCode {
  readonly deviceKey: Uint8Array;
  /** 16 random bytes. */
  readonly secret: Uint8Array;
  /** URL of the home's broker. */
  readonly broker: string;
}

/** What both sides hold after a pairing. */
export interface LinkKeys {
  /** Secretbox keys of the channel's two directions. */
  readonly toDeviceKey: Uint8Array;
  readonly toMemberKey: Uint8Array;
  /** 16 bytes each, names of the two topics. */
  readonly toDeviceTopic: Uint8Array;
  readonly toMemberTopic: Uint8Array;
}

/** The device shows its code for this long; three wrong MACs end it sooner. */
export const PAIRING_WINDOW_SECONDS = 180;
export const MAX_WRONG_MACS = 3;

/** The code as an address that opens the app with it; what stands behind `#` never leaves the browser. */
export const pairingLink = (origin: string, code: string): string => `${origin}/#${code}`;

const VERSION = 1;
const CODE_PREFIX = "doorward:";
const MAX_BROKER_CHARACTERS = 512;
const HELLO = 1;
const ANSWER = 2;
const FINISH = 3;
const MAC_BYTES = 32;
const HELLO_BYTES = 1 + 32 + 32 + MAC_BYTES;
const ANSWER_HEAD_BYTES = 1 + 32 + MAC_BYTES;
const FINISH_BYTES = 1 + MAC_BYTES;
export const PAIRING_SECRET_BYTES = 16;

const shapeError = (message: string): ProtocolError => new ProtocolError("pairing/shape", message);
const macError = (): ProtocolError => new ProtocolError("pairing/mac", "pairing message with a wrong MAC");

/** `doorward:` and base64url of `version 1 · device key 32 · secret 16 · broker URL`. */
export function encodePairingCode({ deviceKey, secret, broker }: PairingCode): string {
  assertLength(deviceKey, 32, "device key");
  assertLength(secret, PAIRING_SECRET_BYTES, "pairing secret");
  return CODE_PREFIX + toBase64url(concatBytes(Uint8Array.of(VERSION), deviceKey, secret, utf8(broker)));
}

const notOurs = (cause?: unknown): ProtocolError =>
  new ProtocolError("pairing/qr", "not a Doorward pairing code", { cause });

/** @throws {@link ProtocolError} `pairing/qr`. */
export function decodePairingCode(crypto: Crypto, code: string): PairingCode {
  if (!code.startsWith(CODE_PREFIX) || code.length > 1_024) throw notOurs();
  try {
    const bytes = fromBase64url(code.slice(CODE_PREFIX.length));
    const deviceKey = bytes.slice(1, 33);
    const broker = fromUtf8(bytes.subarray(49));
    const isOurs = bytes[0] === VERSION && bytes.length > 49 && broker.length <= MAX_BROKER_CHARACTERS;
    if (!isOurs || !crypto.checkPublicKey(deviceKey)) throw notOurs();
    return { deviceKey, secret: bytes.slice(33, 49), broker };
  } catch (cause) {
    throw notOurs(cause);
  }
}

/** Names the topics of one pairing window: nobody without the code can guess it. */
export function pairingTopic(crypto: Crypto, secret: Uint8Array): Uint8Array {
  return ownHash(crypto, "pairing-topic", secret).subarray(0, 16);
}

const helloMac = (crypto: Crypto, secret: Uint8Array, deviceKey: Uint8Array, helloBody: Uint8Array): Uint8Array =>
  crypto.hmac(secret, utf8("hello"), deviceKey, helloBody);

interface Session {
  readonly transcript: Uint8Array;
  readonly deviceMac: Uint8Array;
  readonly memberMac: Uint8Array;
  readonly keys: LinkKeys;
}

/** Transcript and everything that both sides derive from it. */
function deriveSession(
  crypto: Crypto,
  secret: Uint8Array,
  shared: Uint8Array,
  deviceKey: Uint8Array,
  memberKey: Uint8Array,
  memberEphemeral: Uint8Array,
  deviceEphemeral: Uint8Array,
): Session {
  const transcript = ownHash(crypto, "pairing", deviceKey, memberKey, memberEphemeral, deviceEphemeral);
  const okm = crypto.hkdf(shared, secret, concatBytes(utf8("doorward/v1/link\0"), transcript), 160);
  const [deviceMacKey, memberMacKey] = [okm.subarray(0, 32), okm.subarray(32, 64)];
  const session = {
    transcript,
    deviceMac: crypto.hmac(deviceMacKey, transcript),
    memberMac: crypto.hmac(memberMacKey, transcript),
    keys: {
      toDeviceKey: okm.slice(64, 96),
      toMemberKey: okm.slice(96, 128),
      toDeviceTopic: okm.slice(128, 144),
      toMemberTopic: okm.slice(144, 160),
    },
  };
  wipe(okm, shared);
  return session;
}

export interface AppPairing {
  readonly code: PairingCode;
  readonly memberKey: Uint8Array;
  readonly ephemeral: BoxKeyPair;
}

export interface DevicePairing {
  readonly memberKey: Uint8Array;
  readonly transcript: Uint8Array;
  readonly memberMac: Uint8Array;
  readonly keys: LinkKeys;
}

/** App, step 1: `01 · member key 32 · ephemeral key 32 · MAC 32`. */
export function startPairing(
  crypto: Crypto,
  code: PairingCode,
  memberKey: Uint8Array,
): { readonly hello: Uint8Array; readonly state: AppPairing } {
  assertLength(memberKey, 32, "member key");
  const ephemeral = ephemeralBoxKey(crypto);
  const body = concatBytes(Uint8Array.of(HELLO), memberKey, ephemeral.publicKey);
  const mac = helloMac(crypto, code.secret, code.deviceKey, body);
  return { hello: concatBytes(body, mac), state: { code, memberKey, ephemeral } };
}

/**
 * Device, step 1: `02 · ephemeral key 32 · MAC 32 · pairing statement`.
 * @throws {@link ProtocolError} `pairing/shape`; `pairing/mac`, which counts; `key/weak`. None gets an answer.
 */
export async function answerPairing(
  crypto: Crypto,
  device: Signer,
  secret: Uint8Array,
  hello: Uint8Array,
): Promise<{ readonly answer: Uint8Array; readonly state: DevicePairing }> {
  if (hello.length !== HELLO_BYTES || hello[0] !== HELLO) throw shapeError("not a pairing hello");
  const body = hello.subarray(0, HELLO_BYTES - MAC_BYTES);
  const expected = helloMac(crypto, secret, device.publicKey, body);
  if (!equalBytes(expected, hello.subarray(HELLO_BYTES - MAC_BYTES))) throw macError();
  const memberKey = hello.slice(1, 33);
  const memberEphemeral = hello.slice(33, 65);
  if (!crypto.checkPublicKey(memberKey)) throw shapeError("member key is not a sound Ed25519 key");
  const ephemeral = ephemeralBoxKey(crypto);
  const shared = crypto.agree(ephemeral.secretKey, memberEphemeral);
  const { transcript, deviceMac, memberMac, keys } = deriveSession(
    crypto,
    secret,
    shared,
    device.publicKey,
    memberKey,
    memberEphemeral,
    ephemeral.publicKey,
  );
  wipe(ephemeral.secretKey);
  const payload = { device: device.publicKey, member: memberKey, transcript };
  const statement = await signStatement(crypto, pairingStatement, payload, device);
  const answer = concatBytes(Uint8Array.of(ANSWER), ephemeral.publicKey, deviceMac, statement);
  return { answer, state: { memberKey, transcript, memberMac, keys } };
}

/**
 * App, step 2: `03 · MAC 32`. The keys are good once it returns; the pairing statement is the app's to keep.
 * @throws {@link ProtocolError} `pairing/shape`, `key/weak`, `pairing/mac`, `pairing/signature`.
 */
export function finishPairing(
  crypto: Crypto,
  state: AppPairing,
  answer: Uint8Array,
): { readonly finish: Uint8Array; readonly keys: LinkKeys; readonly statement: Uint8Array } {
  if (answer.length <= ANSWER_HEAD_BYTES || answer[0] !== ANSWER) throw shapeError("not a pairing answer");
  const { code, memberKey, ephemeral } = state;
  const deviceEphemeral = answer.slice(1, 33);
  const shared = crypto.agree(ephemeral.secretKey, deviceEphemeral);
  const session = deriveSession(
    crypto,
    code.secret,
    shared,
    code.deviceKey,
    memberKey,
    ephemeral.publicKey,
    deviceEphemeral,
  );
  if (!equalBytes(session.deviceMac, answer.subarray(33, ANSWER_HEAD_BYTES))) throw macError();
  const statement = answer.slice(ANSWER_HEAD_BYTES);
  if (!isPairingStatement(crypto, statement, code.deviceKey, memberKey, session.transcript)) {
    throw new ProtocolError("pairing/signature", "the pairing statement is not the scanned device's for this pairing");
  }
  wipe(ephemeral.secretKey);
  return { finish: concatBytes(Uint8Array.of(FINISH), session.memberMac), keys: session.keys, statement };
}

function isPairingStatement(
  crypto: Crypto,
  envelope: Uint8Array,
  deviceKey: Uint8Array,
  memberKey: Uint8Array,
  transcript: Uint8Array,
): boolean {
  try {
    const { device, member, transcript: signed } = openStatement(crypto, pairingStatement, envelope, deviceKey).payload;
    return equalBytes(device, deviceKey) && equalBytes(member, memberKey) && equalBytes(signed, transcript);
  } catch (cause) {
    if (cause instanceof ProtocolError) return false;
    throw cause;
  }
}

/** Device, step 2. @throws {@link ProtocolError} `pairing/shape`; `pairing/mac`, which counts. */
export function acceptPairing(
  state: DevicePairing,
  finish: Uint8Array,
): { readonly memberKey: Uint8Array; readonly keys: LinkKeys; readonly transcript: Uint8Array } {
  if (finish.length !== FINISH_BYTES || finish[0] !== FINISH) throw shapeError("not a pairing finish");
  if (!equalBytes(finish.subarray(1), state.memberMac)) throw macError();
  const { memberKey, keys, transcript } = state;
  return { memberKey, keys, transcript };
}
