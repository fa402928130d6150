import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { extname, join, normalize } from "node:path";
import { createWebSocketStream, WebSocketServer } from "ws";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

export interface AppHost {
  readonly url: string;
  /** Serves another folder from now on, as a doorbell does after its update. */
  serve(folder: string): void;
  /** Answers nothing and lets nobody in until it is called with false. */
  goAway(away: boolean): void;
  stop(): Promise<void>;
}

/** A folder over HTTP on this machine, and MQTT over WebSocket to a broker's port. */
export async function startAppHost(folder: string, brokerPort: () => number, port = 0): Promise<AppHost> {
  let [root, isAway] = [folder, false];
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
    const file = join(root, path === "/" ? "index.html" : path);
    if (isAway) return void response.destroy();
    readFile(file).then(
      (bytes) =>
        response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "mqtt" });
  server.on("upgrade", (request, socket, head) => {
    if (isAway) return void socket.destroy();
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const stream = createWebSocketStream(webSocket);
      const broker = connect(brokerPort(), "127.0.0.1");
      stream.on("error", () => broker.destroy());
      broker.on("error", () => stream.destroy());
      stream.pipe(broker).pipe(stream);
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    serve(next) {
      root = next;
    },
    goAway(away) {
      isAway = away;
      if (away) for (const client of sockets.clients) client.terminate();
    },
    async stop() {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
