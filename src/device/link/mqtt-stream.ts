import { createConnection, isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { PacketLimit } from "./packet-limit.ts";

/** A broker reached by URL: `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
export interface BrokerAddress {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** PEM of the authority that signed the broker's certificate. */
  readonly ca?: string;
  /** SHA-256 of the broker's own certificate (DER): takes the place of authority and host name. */
  readonly certificateSha256?: Uint8Array;
}

/** Opens TCP or TLS to a broker, with the size of what it may send limited. Not for WebSocket URLs. */
export function openBrokerStream(address: BrokerAddress, maxPacketBytes: number): Duplex {
  const url = new URL(address.url);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (url.protocol === "mqtt:" || url.protocol === "tcp:") {
    const socket = createConnection({ host, port: Number(url.port || 1883), noDelay: true });
    return new PacketLimit(socket, maxPacketBytes);
  }
  const pinned = address.certificateSha256;
  const socket = connectTls({
    host,
    port: Number(url.port || 8883),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(address.ca === undefined ? {} : { ca: address.ca }),
    rejectUnauthorized: pinned === undefined,
  });
  socket.setNoDelay(true);
  return new PacketLimit(socket, maxPacketBytes, (done) => {
    socket.once("error", done); // a stream under construction cannot be destroyed: without this it would wait for a time-out
    socket.once("secureConnect", () => {
      socket.off("error", done);
      const shown = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(":", "").toLowerCase();
      const matches = pinned === undefined || shown === Buffer.from(pinned).toString("hex");
      done(matches ? null : new Error("the broker shows another certificate than the one that was paired"));
    });
  });
}
