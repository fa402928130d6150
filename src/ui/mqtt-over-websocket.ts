import type { IClientOptions, MqttClient } from "mqtt";

const CONNECT_WITHIN_MS = 8_000;
const KEEPALIVE_SECONDS = 30;

export interface SocketLogin {
  /** `ws:` or `wss:`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** A name kept over several connections makes the broker keep what arrives in between. */
  readonly persistentClientId?: string;
}

/**
 * Connects once, without trying again; mqtt.js is loaded with the first call.
 * @param onMessage - Also hears what a kept session brings before this settles.
 * @throws Error when the broker cannot be reached or does not let in.
 */
export async function connectSocket(
  { url, username, password, persistentClientId }: SocketLogin,
  onMessage: (topic: string, payload: Uint8Array, retained: boolean) => void,
): Promise<MqttClient> {
  const { default: mqtt } = await import("mqtt");
  const options: IClientOptions = {
    clientId: persistentClientId ?? crypto.randomUUID().replaceAll("-", "").slice(0, 20),
    clean: persistentClientId === undefined,
    username,
    password,
    protocolVersion: 4,
    keepalive: KEEPALIVE_SECONDS,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_WITHIN_MS,
    timerVariant: "native", // the other one is a worker made of a string, which the page's policy forbids
  };
  const client = mqtt.connect(url, options);
  client.on("message", (topic, payload, { retain }) => onMessage(topic, new Uint8Array(payload), retain));
  await new Promise<void>((resolve, reject) => {
    client.once("connect", () => resolve());
    client.once("error", reject);
    client.once("close", () => reject(new Error("the broker hung up")));
  }).catch((error: unknown) => {
    client.end(true);
    throw error;
  });
  client.on("error", () => client.end(true));
  return client;
}

/** Settles when a connection has ended, for whatever reason. */
export function endOf(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.once("close", () => resolve()));
}

/** mqtt.js keeps what was not acknowledged for a reconnect that never comes: its promise alone could stay open. */
export async function orEnded<T>(work: Promise<T>, ended: Promise<void>): Promise<T> {
  const lost = ended.then(() => Promise.reject(new Error("the connection ended")));
  lost.catch(() => {});
  return Promise.race([work, lost]);
}
