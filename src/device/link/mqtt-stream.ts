import { createConnection, isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { PacketLimit } from "./packet-limit.ts";

/** A broker reached by URL: `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
export interface BrokerAddress {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** PEM of the authority that signed the broker's certificate; by default the system's. */
  readonly ca?: string;
}

/** Opens TCP or TLS to a broker, with the size of what it may send limited. Not for WebSocket URLs. */
export function openBrokerStream(address: BrokerAddress, maxPacketBytes: number): Duplex {
  const url = new URL(address.url);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (url.protocol === "mqtt:") {
    return new PacketLimit(createConnection({ host, port: Number(url.port || 1883), noDelay: true }), maxPacketBytes);
  }
  const socket = connectTls({
    host,
    port: Number(url.port || 8883),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(address.ca === undefined ? {} : { ca: address.ca }),
  });
  socket.setNoDelay(true);
  return new PacketLimit(socket, maxPacketBytes);
}
