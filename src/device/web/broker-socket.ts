import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocketServer } from "ws";

const PATH = "/mqtt";
const PROTOCOL = "mqtt";

export interface BrokerSocketPorts {
  /** Whether this request may speak to us at all. */
  readonly isWelcome: (request: IncomingMessage) => boolean;
  /** Serves one MQTT stream; null where the household's broker is elsewhere. */
  readonly accept: ((stream: Duplex, address: string) => void) | null;
  /** Largest WebSocket message, bytes. */
  readonly maxMessageBytes: number;
}

/** MQTT over WebSocket (MQTT 3.1.1, section 6) at `/mqtt`, into the home's broker. Anything else that wants an upgrade is hung up on. */
export function serveBrokerSocket(
  server: Server,
  { isWelcome, accept, maxMessageBytes }: BrokerSocketPorts,
): () => void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    if (accept === null || request.url !== PATH || !offered.includes(PROTOCOL) || !isWelcome(request)) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      accept(createWebSocketStream(webSocket), request.socket.remoteAddress ?? "");
    });
  });
  return () => {
    for (const webSocket of sockets.clients) webSocket.terminate();
    sockets.close();
  };
}
