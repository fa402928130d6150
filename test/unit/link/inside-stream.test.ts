import { duplexPair } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { HomeBroker } from "../../../src/device/link/home-broker.ts";
import { MqttSession } from "../../../src/device/link/mqtt-session.ts";
import { nodeCrypto as crypto } from "../../../src/device/platform/node-crypto.ts";

/** Of a CONNECT without login: fixed header, protocol name, level and flags come before. */
const KEEPALIVE_AT = 10;
const LIMITS = { maxPacketBytes: 65_536 };
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function startBroker(): Promise<HomeBroker> {
  const config = { host: "127.0.0.1", port: 0, ...LIMITS };
  const broker = new HomeBroker(config, { crypto, login: () => null, dropped: () => {} });
  await broker.start();
  ends.push(() => broker.stop());
  return broker;
}

test("the doorbell hears it when its own broker drops the doorbell's connection", async () => {
  const broker = await startBroker();
  const stream = broker.openInside();
  const closed = new Promise((resolve) => stream.once("close", () => resolve("closed")));
  stream.write("no MQTT at all, which a broker answers by hanging up");
  stream.resume();
  expect(await closed).toBe("closed");
});

test("within the process no keepalive is agreed on: a pause of the process would count as silence", async () => {
  const [ours, theirs] = duplexPair();
  const session = new MqttSession({ openStream: () => ours }, LIMITS, { crypto, onMessage: () => {} });
  session.start();
  ends.push(() => session.stop());
  let connect = Buffer.alloc(0);
  for await (const bytes of theirs) {
    connect = Buffer.concat([connect, bytes as Buffer]);
    if (connect.length >= KEEPALIVE_AT + 2) break;
  }
  expect(connect.readUInt16BE(KEEPALIVE_AT)).toBe(0);
});
