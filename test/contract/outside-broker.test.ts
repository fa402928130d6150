// Brokers of somebody else's choice: a recipient wrote the address, and may run what answers there.
import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { connectBroker } from "../../src/cli/broker-connection.ts";
import { dialOutsideBroker } from "../../src/device/link/outside-broker.ts";

const never = new AbortController().signal;
const CONNACK = Buffer.from([0x20, 0x02, 0x00, 0x00]);
/** PUBLISH that says it is 200 MiB long. */
const ENDLESS = Buffer.from([0x30, 0x80, 0x80, 0x80, 0x64]);
const PIECE = Buffer.alloc(32 * 1024);

/** Lets everybody in, then sends one message that never ends; says how much of it was taken. */
async function webSocketBroker(options: { readonly endless: boolean }) {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise<void>((resolve) => void server.once("listening", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const seen = { connect: "", sent: 0 };
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    let isIn = false;
    socket.on("message", (bytes: Buffer) => {
      seen.connect += bytes.toString("latin1");
      const isWhole = seen.connect.length >= 2 + seen.connect.charCodeAt(1); // mqtt.js sends field by field
      if (isIn || !isWhole) return;
      isIn = true;
      socket.send(CONNACK);
      if (!options.endless) return;
      socket.send(ENDLESS);
      const more = (): void => {
        if (socket.readyState !== socket.OPEN) return;
        seen.sent += PIECE.length;
        socket.send(PIECE, () => setImmediate(more));
      };
      more();
    });
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

test("a WebSocket broker cannot fill the doorbell's memory with one message in many frames", async () => {
  const { port, seen } = await webSocketBroker({ endless: true });
  const session = await dialOutsideBroker({ url: `ws://127.0.0.1:${port}/mqtt`, ca: null }, never);
  await session.ended;
  expect(seen.sent).toBeLessThan(8 * 1024 * 1024);
});

test("a WebSocket address cannot give the doorbell a name: no login and no client id of the card's choice", async () => {
  const { port, seen } = await webSocketBroker({ endless: false });
  const url = `ws://marked-user:marked-word@127.0.0.1:${port}/mqtt?clientId=marked-id`;
  const session = await dialOutsideBroker({ url, ca: null }, never);
  await session.close();
  expect(seen.connect).toContain("MQTT");
  expect(seen.connect).not.toContain("marked");
});

test("a broker cannot fill a command's memory with one message", async () => {
  let sent = 0;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(Buffer.concat([CONNACK, ENDLESS]));
      const more = (): void => {
        if (socket.destroyed) return;
        sent += PIECE.length;
        socket.write(PIECE, () => setImmediate(more));
      };
      more();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = await connectBroker({ url, username: "u", password: "p" }, never).catch(() => null);
  if (client !== null && !client.disconnected) await new Promise<void>((resolve) => void client.once("close", resolve));
  expect(sent).toBeLessThan(8 * 1024 * 1024);
});
