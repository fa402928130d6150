import { connect, type MqttClient } from "mqtt";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { inboxLogin, type RecipientSecrets } from "../../src/recipient/card.ts";
import type { InboxBroker } from "../../src/recipient/recipient-ports.ts";

export interface Login {
  readonly username?: string;
  readonly password?: string;
  readonly clientId?: string;
  readonly clean?: boolean;
  readonly keepalive?: number;
  readonly ca?: string;
  readonly will?: { readonly topic: string; readonly payload: Buffer; readonly qos: 0; readonly retain: boolean };
}

type OnMessage = (topic: string, payload: Uint8Array) => void;

/** One MQTT connection without retries; rejects when the broker refuses it. */
export async function mqttClient(url: string, login: Login = {}, onMessage: OnMessage = () => {}): Promise<MqttClient> {
  const client = connect(url, { protocolVersion: 4, reconnectPeriod: 0, connectTimeout: 5_000, ...login });
  client.on("message", (topic, payload) => onMessage(topic, new Uint8Array(payload)));
  await new Promise<void>((resolve, reject) => {
    client.once("connect", () => resolve());
    client.once("error", reject);
    client.once("close", () => reject(new Error("closed before connected")));
  }).catch((error: unknown) => {
    client.end(true);
    throw error;
  });
  client.on("error", () => {});
  return client;
}

/** The recipient's connection to its own inbox, in a session that the broker keeps. */
export async function inboxConnection(
  url: string,
  secrets: RecipientSecrets,
  extra: Login = {},
  onAnyMessage: OnMessage = () => {},
): Promise<{ readonly broker: InboxBroker; readonly client: MqttClient }> {
  const { username, password } = inboxLogin(nodeCrypto, secrets);
  const login = { username, password, clientId: `reader-${username}`, clean: false, ...extra };
  // What the broker kept arrives with the connection, before there is time to subscribe.
  const early: (readonly [string, Uint8Array])[] = [];
  let listener: OnMessage = (topic, payload) => early.push([topic, payload]);
  const client = await mqttClient(url, login, (topic, payload) => {
    onAnyMessage(topic, payload);
    listener(topic, payload);
  });
  const broker: InboxBroker = {
    async subscribe(filter, onMessage) {
      listener = onMessage;
      for (const [topic, payload] of early.splice(0)) onMessage(topic, payload);
      await client.subscribeAsync(filter, { qos: 1 });
    },
    async publish(topic, payload) {
      await client.publishAsync(topic, Buffer.from(payload), { qos: 1 });
    },
  };
  return { broker, client };
}
