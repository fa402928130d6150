/**
 * Where and as whom a member connects to the home's broker. The pairing code names the broker as one or more URLs
 * separated by spaces: `mqtt://host:1883`, `mqtts://host:8883#sha256=<hex of the certificate>` for a certificate that
 * the device made itself, `mqtts://user:password@host:8883` for a broker of the household's own choice.
 * Without a user in the URL, name and password follow from what was agreed at pairing.
 */

import { fromHex, toBase64url, toHex, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { ProtocolError } from "./errors.ts";
import { type LinkKeys, pairingTopic } from "./pairing-handshake.ts";

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface BrokerUrl {
  /** Without user, password and fragment. */
  readonly url: string;
  /** From the URL; null: the login that follows from pairing. */
  readonly login: Login | null;
  /** SHA-256 of the certificate (DER) to accept in place of any authority; null: the usual check. */
  readonly certificateSha256: Uint8Array | null;
}

const BROKER_URL = /^((?:mqtt|ws)s?:\/\/)(?:([^:@/\s]*):([^@/\s]*)@)?([^@#\s]+)(?:#sha256=([0-9a-f]{64}))?$/;

function password(crypto: Crypto, secret: Uint8Array, purpose: "link" | "pairing"): string {
  return toBase64url(crypto.hkdf(secret, new Uint8Array(), utf8(`doorward/v1/${purpose}-password\0`), 24));
}

/** The login of a paired member. */
export function linkLogin(crypto: Crypto, keys: LinkKeys): Login {
  return { username: toHex(keys.toDeviceTopic), password: password(crypto, keys.toDeviceKey, "link") };
}

/** The login of whoever has read the pairing code; good while the window is open. */
export function pairingLogin(crypto: Crypto, secret: Uint8Array): Login {
  return { username: toHex(pairingTopic(crypto, secret)), password: password(crypto, secret, "pairing") };
}

/** Topics of one pairing window. */
export function pairingTopics(
  crypto: Crypto,
  secret: Uint8Array,
): { readonly toDevice: string; readonly toMember: string } {
  const id = toHex(pairingTopic(crypto, secret));
  return { toDevice: `${id}/device`, toMember: `${id}/member` };
}

/** Topics of a paired member's link. */
export function linkTopics(keys: LinkKeys): { readonly toDevice: string; readonly toMember: string } {
  return { toDevice: toHex(keys.toDeviceTopic), toMember: toHex(keys.toMemberTopic) };
}

/** @throws {@link ProtocolError} `pairing/qr`. */
export function parseBrokerUrls(text: string): BrokerUrl[] {
  return text.split(" ").map((part) => {
    const match = BROKER_URL.exec(part);
    if (match === null) throw new ProtocolError("pairing/qr", "the code names no broker that can be reached");
    const [, scheme = "", user, secret = "", rest = "", sha256] = match;
    return {
      url: scheme + rest,
      login: user === undefined ? null : { username: decodeURIComponent(user), password: decodeURIComponent(secret) },
      certificateSha256: sha256 === undefined ? null : fromHex(sha256),
    };
  });
}

export function formatBrokerUrls(brokers: readonly BrokerUrl[]): string {
  return brokers
    .map(({ url, login, certificateSha256 }) => {
      const user = login && `${encodeURIComponent(login.username)}:${encodeURIComponent(login.password)}@`;
      const fragment = certificateSha256 === null ? "" : `#sha256=${toHex(certificateSha256)}`;
      return url.replace("://", `://${user ?? ""}`) + fragment;
    })
    .join(" ");
}
