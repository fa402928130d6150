import type { MqttConnector } from "../owner/owner-ports.ts";
import { connectBroker, hangUp } from "./broker-connection.ts";

/** How the owner's library reaches a home's broker from Node. */
export function mqttConnector(signal: AbortSignal): MqttConnector {
  return async ({ url, username, password, certificateSha256 }) => {
    const pin = certificateSha256 === null ? {} : { certificateSha256 };
    const client = await connectBroker({ url, username, password, ...pin }, signal);
    const listeners = new Map<string, (bytes: Uint8Array, retained: boolean) => void>();
    client.on("message", (topic, payload, packet) => listeners.get(topic)?.(payload, packet.retain));
    return {
      async publish(topic, bytes) {
        await client.publishAsync(topic, Buffer.from(bytes), { qos: 1 });
      },
      async subscribe(topic, onMessage) {
        listeners.set(topic, onMessage);
        await client.subscribeAsync(topic, { qos: 1 });
      },
      async close() {
        await hangUp(client);
      },
    };
  };
}
