import { duplexPair } from "node:stream";
import { describe, expect, test } from "vitest";
import { PacketLimit, PacketTooLarge } from "../../../src/device/link/packet-limit.ts";

const LIMIT = 300;

/** An MQTT packet whose body has this length. */
function packet(bodyLength: number): Buffer {
  const header = [0x30];
  for (let rest = bodyLength; ; rest = Math.floor(rest / 128)) {
    header.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    if (rest < 128) break;
  }
  return Buffer.concat([Buffer.from(header), Buffer.alloc(bodyLength, 7)]);
}

/** Sends chunks through a limit and returns what came out, or the error that ended it. */
async function through(chunks: readonly Buffer[], limitBytes = LIMIT): Promise<Buffer | Error> {
  const [near, far] = duplexPair();
  const limited = new PacketLimit(far, limitBytes);
  const received: Buffer[] = [];
  const ended = new Promise<Error | null>((resolve) => {
    limited.on("error", resolve);
    limited.on("end", () => resolve(null));
  });
  limited.on("data", (chunk: Buffer) => received.push(chunk));
  for (const chunk of chunks) near.write(chunk);
  near.end();
  return (await ended) ?? Buffer.concat(received);
}

const byteByByte = (bytes: Buffer): Buffer[] => [...bytes].map((byte) => Buffer.from([byte]));

describe("a packet limit", () => {
  const small = Buffer.concat([packet(0), packet(LIMIT), packet(5)]);

  test.each([
    ["whole", [small]],
    ["byte by byte", byteByByte(small)],
  ])("lets packets up to the limit through unchanged, %s", async (_name, chunks) => {
    expect(await through(chunks)).toEqual(small);
  });

  test.each([
    ["whole", [packet(LIMIT + 1)]],
    ["byte by byte", byteByByte(packet(LIMIT + 1))],
    ["behind good ones", [packet(7), packet(LIMIT + 1)]],
    ["its header alone", [packet(256 * 1024).subarray(0, 4)]],
    ["a length that never ends", [Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x80])]],
  ])("ends the connection at a packet above it, %s", async (_name, chunks) => {
    expect(await through(chunks)).toBeInstanceOf(PacketTooLarge);
  });

  test("can be raised once the peer is known", async () => {
    const [near, far] = duplexPair();
    const limited = new PacketLimit(far, LIMIT);
    const first = new Promise<Buffer>((resolve) => void limited.once("data", resolve));
    near.write(packet(10));
    await first;
    limited.limitBytes = 1000;
    const second = new Promise<Buffer>((resolve) => void limited.once("data", resolve));
    near.write(packet(900));
    expect(await second).toEqual(packet(900));
  });

  test("passes what the other side writes, and ends with it", async () => {
    const [near, far] = duplexPair();
    const limited = new PacketLimit(far, LIMIT);
    const received: Buffer[] = [];
    near.on("data", (chunk: Buffer) => received.push(chunk));
    const ended = new Promise<void>((resolve) => void near.on("end", resolve));
    limited.cork();
    limited.write(Buffer.from("a"));
    limited.write(Buffer.from("b"));
    limited.uncork();
    limited.end(packet(5000));
    await ended;
    expect(Buffer.concat(received)).toEqual(Buffer.concat([Buffer.from("ab"), packet(5000)]));
  });
});
