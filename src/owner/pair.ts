import { ChannelReceiver } from "../protocol/channel.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { pairingLogin, pairingTopics, parseBrokerUrls } from "../protocol/link-login.ts";
import { decodeLinkMessage } from "../protocol/link-message.ts";
import { decodePairingCode, finishPairing, type LinkKeys, startPairing } from "../protocol/pairing-handshake.ts";
import { isJsonObject } from "../protocol/shape.ts";
import { connectHome } from "./connect-home.ts";
import { OwnerError } from "./errors.ts";
import type { LinkClientPorts } from "./link-client.ts";
import { MessageQueue } from "./message-queue.ts";
import { pairedDevice } from "./owner-state.ts";

const ANSWER_WITHIN_MS = 10_000;

export interface PairingOutcome {
  readonly deviceKey: Uint8Array;
  /** `waiting`: the owners have yet to admit this key. */
  readonly role: "owner" | "waiting";
}

/**
 * Pairs with the doorbell whose code was scanned; the state then belongs to that doorbell.
 * @throws ProtocolError `pairing/…` when the other side is not the scanned device.
 * @throws OwnerError `owner/broker-away`, `owner/no-answer`, `owner/pairing-refused`.
 */
export async function pairWithCode(
  ports: LinkClientPorts,
  memberKey: Uint8Array,
  code: string,
): Promise<PairingOutcome> {
  const { crypto, store } = ports;
  const scanned = decodePairingCode(crypto, code);
  const topics = pairingTopics(crypto, scanned.secret);
  const mqtt = await connectHome(ports.connect, parseBrokerUrls(scanned.broker), pairingLogin(crypto, scanned.secret));
  try {
    const inbox = new MessageQueue(ports.timer);
    await mqtt.subscribe(topics.toMember, (bytes, retained) => !retained && inbox.push(bytes));
    const { hello, state } = startPairing(crypto, scanned, memberKey);
    await mqtt.publish(topics.toDevice, hello);
    const answer = await inbox.next(ANSWER_WITHIN_MS);
    if (answer === null)
      throw new OwnerError("owner/no-answer", "the doorbell does not answer: its code may have expired");
    const { finish, keys, statement } = finishPairing(crypto, state, answer);
    // Saved before the device can accept: should its word of welcome get lost, the keys are here all the same, unconfirmed.
    const { device: before } = await store.read();
    const device = pairedDevice(scanned.deviceKey, scanned.broker, keys, statement);
    await store.update((current) => ({ ...current, device, days: { ...current.days, uploadedThrough: null } }));
    await mqtt.publish(topics.toDevice, finish);
    const welcome = await inbox.next(ANSWER_WITHIN_MS);
    const role = welcome === null ? null : readWelcome(crypto, keys, welcome);
    if (role === null) {
      if (before !== null) await store.update((current) => ({ ...current, device: before }));
      throw new OwnerError("owner/pairing-refused", "the doorbell did not take this key");
    }
    await store.updateDevice((current) => ({
      ...current,
      nextReceived: Math.max(current.nextReceived, 1),
      unconfirmed: false,
    }));
    return { deviceKey: scanned.deviceKey, role };
  } finally {
    await mqtt.close();
  }
}

function readWelcome(crypto: Crypto, keys: LinkKeys, welcome: Uint8Array): PairingOutcome["role"] | null {
  try {
    const message = decodeLinkMessage(new ChannelReceiver(crypto, keys.toMemberKey, -1).receive(welcome));
    if (message.kind !== "notice" || message.notice !== "paired" || !isJsonObject(message.fields)) return null;
    return message.fields.role === "owner" ? "owner" : "waiting";
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}
