import type { MqttClient } from "mqtt";
import type { BrokerLogin, MqttPort } from "../owner/owner-ports.ts";
import { connectBroker, hangUp } from "./broker-connection.ts";
import { CliError } from "./errors.ts";

/** How the owner's library reaches a home's broker from Node. */
export function mqttConnector(signal: AbortSignal): (login: BrokerLogin) => Promise<MqttPort> {
  return async ({ url, username, password, certificateSha256 }) => {
    const pin = certificateSha256 === null ? {} : { certificateSha256 };
    const client = await connectBroker({ url, username, password, ...pin }, signal);
    const whileConnected = untilGone(client, url);
    const listeners = new Map<string, (bytes: Uint8Array, retained: boolean) => void>();
    client.on("message", (topic, payload, packet) => listeners.get(topic)?.(payload, packet.retain));
    return {
      async publish(topic, bytes) {
        await whileConnected(() => client.publishAsync(topic, Buffer.from(bytes), { qos: 1 }));
      },
      async subscribe(topic, onMessage) {
        listeners.set(topic, onMessage);
        await whileConnected(() => client.subscribeAsync(topic, { qos: 1 }));
      },
      async close() {
        await hangUp(client);
      },
    };
  };
}

/**
 * mqtt.js does not say that a connection has ended: what was not acknowledged waits for a reconnect of its own, which
 * never comes, and what is begun later fails inside the library, whose store is gone.
 */
function untilGone(client: MqttClient, url: string): (work: () => Promise<unknown>) => Promise<unknown> {
  const gone = new Promise<never>((_resolve, reject) => {
    client.once("close", () => reject(new CliError("cli/no-answer", `the broker at ${url} hung up`)));
  });
  gone.catch(() => {});
  return (work) => (client.connected ? Promise.race([gone, work()]) : gone);
}
