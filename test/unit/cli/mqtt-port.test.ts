import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { mqttConnector } from "../../../src/cli/mqtt-port.ts";
import type { MqttPort } from "../../../src/owner/owner-ports.ts";

const CONNECT = 1;
const PUBLISH = 3;
const CONNACK = Buffer.from([0x20, 0x02, 0x00, 0x00]);
let broker: Server;

/** A broker that lets everybody in and does as told with what is published. */
async function connectTo(onPublish: (socket: Socket) => void): Promise<{ port: MqttPort; hangUp: () => void }> {
  const sockets: Socket[] = [];
  broker = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      const kind = (bytes[0] ?? 0) >> 4;
      if (kind === CONNECT) socket.write(CONNACK);
      if (kind === PUBLISH) onPublish(socket);
    });
  });
  await new Promise<void>((listening) => broker.listen(0, "127.0.0.1", listening));
  const url = `mqtt://127.0.0.1:${(broker.address() as AddressInfo).port}`;
  const connect = mqttConnector(new AbortController().signal);
  const port = await connect({ url, username: "m", password: "p", certificateSha256: null });
  return { port, hangUp: () => void sockets.splice(0).map((socket) => socket.destroy()) };
}

afterEach(() => void broker.close());

test("a message under way when the broker hangs up fails, and the next ones say the same", async () => {
  const { port } = await connectTo((socket) => socket.destroy());
  const hungUp = { code: "cli/no-answer", message: expect.stringContaining("hung up") as string };
  await expect(port.publish("door", new Uint8Array(1))).rejects.toMatchObject(hungUp);
  await expect(port.publish("door", new Uint8Array(1))).rejects.toMatchObject(hungUp);
  await expect(port.subscribe("door", () => {})).rejects.toMatchObject(hungUp);
  await port.close();
});

test("a connection that ends unused makes later messages fail with the reason", async () => {
  const { port, hangUp } = await connectTo(() => {});
  hangUp();
  await expect(port.publish("door", new Uint8Array(1))).rejects.toMatchObject({ code: "cli/no-answer" });
  await port.close();
});
