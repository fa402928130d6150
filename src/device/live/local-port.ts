import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** Receives packets that ffmpeg sends on this machine. */
export async function listenLocally(onPacket: (packet: Buffer) => void): Promise<{ socket: Socket; port: number }> {
  const socket = createSocket({ type: "udp4", recvBufferSize: 1024 * 1024 });
  socket.on("message", onPacket);
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { socket, port: socket.address().port };
}

/** A port that is free now, for a program that will bind it itself. */
export async function freeLocalPort(): Promise<number> {
  const { socket, port } = await listenLocally(() => {});
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
