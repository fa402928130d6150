import "./mqtt-numbers.ts";
import { connect, type IClientOptions, MqttClient } from "mqtt";
import { toHex } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { nodeCrypto } from "../platform/node-crypto.ts";
import { openBrokerStream } from "./mqtt-stream.ts";
import { PacketLengths, PacketTooLarge } from "./packet-limit.ts";

const CONNECT_TIMEOUT_MS = 15_000;
const KEEPALIVE_SECONDS = 60;
const CLIENT_ID_BYTES = 10;
/** A broker of somebody else's choice sends receipts, and those are small. */
const MAX_PACKET_BYTES = 64 * 1024;

/** One connection to a broker outside the home. Nothing is retried or queued: whoever dialled decides. */
export interface OutsideSession {
  /** Settles when the broker has acknowledged; rejects when the connection ends before. */
  publish(topic: string, payload: Uint8Array): Promise<void>;
  subscribe(topic: string, onMessage: (payload: Uint8Array) => void): Promise<void>;
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/**
 * Connects as nobody: random client id, no credentials, clean session, no will.
 * @param ca - PEM that the certificate of `mqtts` and `wss` must chain to; null: the public authorities.
 */
export async function dialOutsideBroker(
  { url, ca }: { readonly url: string; readonly ca: string | null },
  signal: AbortSignal,
  crypto: Pick<Crypto, "randomBytes"> = nodeCrypto,
): Promise<OutsideSession> {
  signal.throwIfAborted();
  const client = openClient(url, ca, toHex(crypto.randomBytes(CLIENT_ID_BYTES)));
  client.on("error", () => client.end(true));
  const ended = new Promise<void>((resolve) => client.once("close", () => resolve()));
  try {
    await connected(client, signal);
  } catch (error) {
    client.end(true);
    throw error;
  }
  const listeners = new Map<string, (payload: Uint8Array) => void>();
  client.on("message", (topic, payload, { retain }) => {
    if (!retain) listeners.get(topic)?.(payload);
  });
  return {
    async publish(topic, payload) {
      const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
      await orEnded(client.publishAsync(topic, bytes, { qos: 1 }), ended);
    },
    async subscribe(topic, onMessage) {
      listeners.set(topic, onMessage);
      await orEnded(client.subscribeAsync(topic, { qos: 1 }), ended);
    },
    ended,
    close: () => client.endAsync(true),
  };
}

function openClient(url: string, ca: string | null, clientId: string): MqttClient {
  const options: IClientOptions = {
    clientId,
    protocolVersion: 4,
    clean: true,
    reconnectPeriod: 0,
    resubscribe: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepalive: KEEPALIVE_SECONDS,
  };
  const authority = ca === null ? {} : { ca };
  if (/^wss?:/.test(url)) return openWebSocket(url, { ...options, ...authority });
  return new MqttClient(() => openBrokerStream({ url, ...authority }, MAX_PACKET_BYTES), options);
}

/** The stream is mqtt.js's own here, so it is watched rather than wrapped. */
function openWebSocket(cardUrl: string, options: IClientOptions): MqttClient {
  const client = connect(anonymous(cardUrl), { ...options, wsOptions: { maxPayload: MAX_PACKET_BYTES } });
  const lengths = new PacketLengths();
  client.stream.on("data", (chunk: Buffer) => {
    if (!lengths.fit(chunk, MAX_PACKET_BYTES)) client.stream.destroy(new PacketTooLarge("packet from a broker"));
  });
  return client;
}

/** mqtt.js takes a login and a client id out of a URL, and this one was written by the recipient: it could mark the home. */
function anonymous(cardUrl: string): string {
  const url = new URL(cardUrl);
  url.username = "";
  url.password = "";
  url.searchParams.delete("clientId");
  return url.href;
}

function connected(client: MqttClient, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    client.once("connect", () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    client.once("error", reject);
    client.once("close", () => reject(new Error("the broker hung up before it let us in")));
  });
}

/** mqtt.js keeps an unacknowledged packet for a reconnect that never comes, so its promise alone could stay open. */
async function orEnded(work: Promise<unknown>, ended: Promise<void>): Promise<void> {
  const lost = ended.then(() => Promise.reject(new Error("the connection ended")));
  lost.catch(() => {});
  await Promise.race([work, lost]);
}
