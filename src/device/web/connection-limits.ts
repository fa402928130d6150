import type { Server, Socket } from "node:net";

const MAX_CONNECTIONS = 128;
/** A browser opens six for HTTP and one for the broker. */
const MAX_OF_ONE_ADDRESS = 32;

/** Bounds how many connections there are, and how many of them one address has; what is too much is hung up on. */
export function limitConnections(server: Server): void {
  const ofAddress = new Map<string, number>();
  server.maxConnections = MAX_CONNECTIONS;
  server.prependListener("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const open = (ofAddress.get(address) ?? 0) + 1;
    ofAddress.set(address, open);
    socket.once("close", () => {
      const left = (ofAddress.get(address) ?? 1) - 1;
      if (left === 0) ofAddress.delete(address);
      else ofAddress.set(address, left);
    });
    if (open > MAX_OF_ONE_ADDRESS) socket.destroy();
  });
}
