import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocketServer } from "ws";
import { MailboxError } from "./errors.ts";

const PROTOCOL = "mqtt";

export interface BrowserDoorOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Largest WebSocket message, bytes. */
  readonly maxMessageBytes: number;
}

export interface BrowserDoor {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * MQTT over WebSocket (MQTT 3.1.1, section 6), the only way in for a browser. Pages of any origin may come: what they
 * may read is decided by the login, and a page opened from a file has no origin.
 * @throws MailboxError `mailbox/port`.
 */
export async function openBrowserDoor(
  { host, port, tls, maxMessageBytes }: BrowserDoorOptions,
  accept: (stream: Duplex, address: string) => void,
): Promise<BrowserDoor> {
  const nothing: RequestListener = (_request, response) => void response.writeHead(404).end();
  const server: Server = tls === undefined ? createHttpServer(nothing) : createHttpsServer(tls, nothing);
  const sockets = new WebSocketServer({
    server,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  sockets.on("error", () => {}); // the server's own listener tells
  sockets.on("connection", (webSocket, request) => {
    if (webSocket.protocol === PROTOCOL) accept(createWebSocketStream(webSocket), request.socket.remoteAddress ?? "");
    else webSocket.terminate();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new MailboxError("mailbox/port", `cannot listen on ${host}:${port}`, { cause })),
    );
    server.listen(port, host, resolve);
  });
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `${tls === undefined ? "ws" : "wss"}://${name}:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const webSocket of sockets.clients) webSocket.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
