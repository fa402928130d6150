import type { BrokerLogin, MqttConnector, MqttPort } from "../../owner/owner-ports.ts";
import { connectSocket, endOf, orEnded } from "../../ui/mqtt-over-websocket.ts";

/** Where the doorbell that serves this page takes MQTT over WebSocket. */
const MQTT_PATH = "/mqtt";

/**
 * How the owner's library reaches a home's broker from a browser, which speaks WebSocket only: an `mqtt` address is
 * the doorbell's own broker, and that one is also reached where this page came from.
 * @param onLost - A connection that had been made has ended without being closed here.
 */
export function homeConnector(onLost: () => void): MqttConnector {
  return async (login) => {
    const listeners = new Map<string, (bytes: Uint8Array, retained: boolean) => void>();
    const client = await connectSocket(socketLogin(login), (topic, bytes, retained) =>
      listeners.get(topic)?.(bytes, retained),
    );
    const ended = endOf(client);
    let isOurs = false;
    void ended.then(() => isOurs || onLost());
    const port: MqttPort = {
      async publish(topic, bytes) {
        await orEnded(client.publishAsync(topic, bytes as never, { qos: 1 }), ended);
      },
      async subscribe(topic, onMessage) {
        listeners.set(topic, onMessage);
        await orEnded(client.subscribeAsync(topic, { qos: 1 }), ended);
      },
      async close() {
        isOurs = true;
        client.end(true);
      },
    };
    return port;
  };
}

function socketLogin({ url, username, password }: BrokerLogin): { url: string; username: string; password: string } {
  if (/^wss?:/.test(url)) return { url, username, password };
  const { protocol, host } = location;
  return { url: `${protocol === "https:" ? "wss" : "ws"}://${host}${MQTT_PATH}`, username, password };
}
