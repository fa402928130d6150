import type { BrokerLogin, MqttConnector, MqttPort } from "../../owner/owner-ports.ts";
import { parseBrokerUrls } from "../../protocol/link-login.ts";
import { connectSocket, endOf, orEnded } from "../../ui/mqtt-over-websocket.ts";
import { canBeServedBy, socketsOf } from "./served-from.ts";

/** Where the doorbell that serves this page takes MQTT over WebSocket. */
const MQTT_PATH = "/mqtt";

/**
 * How the owner's library reaches a home's broker from a browser, which speaks WebSocket only: an `mqtt` address is
 * the doorbell's own broker, and that one is also reached where this page came from, if it came from the doorbell.
 * @param brokers - Of this home, as its pairing code names them.
 * @param onLost - A connection that had been made has ended without being closed here.
 */
export function homeConnector(brokers: string, onLost: () => void): MqttConnector {
  const isFromDoorbell = canBeServedBy(socketsOf(parseBrokerUrls(brokers)));
  return async (login) => {
    if (!isFromDoorbell && !isSocket(login)) return null;
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

const isSocket = ({ url }: BrokerLogin): boolean => /^wss?:/.test(url);

function socketLogin(login: BrokerLogin): { url: string; username: string; password: string } {
  const { url, username, password } = login;
  if (isSocket(login)) return { url, username, password };
  const { protocol, host } = location;
  return { url: `${protocol === "https:" ? "wss" : "ws"}://${host}${MQTT_PATH}`, username, password };
}
