import { describe, expect, test } from "vitest";
import { utf8 } from "../../../../src/protocol/bytes.ts";
import { portableCrypto as crypto } from "../../../../src/protocol/portable-crypto.ts";
import type { LogPolicy } from "../../../../src/protocol/tlog/checkpoint.ts";
import { LogError } from "../../../../src/protocol/tlog/errors.ts";
import { followLog, type SeenCheckpoint } from "../../../../src/protocol/tlog/follow-log.ts";
import type { TileSource } from "../../../../src/protocol/tlog/tiles.ts";
import { MemoryLog } from "../../../fakes/memory-log.ts";

const entriesOf = (first: number, count: number, words = "entry"): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => utf8(`${words} ${first + i}`));

async function read(policy: LogPolicy, seen: SeenCheckpoint | null, source: TileSource) {
  const followed = await followLog(crypto, policy, seen, source);
  const entries: string[] = [];
  const first = seen?.size ?? 0;
  for await (const { index, bytes } of followed.entries) {
    expect(index).toBe(first + entries.length);
    entries.push(new TextDecoder().decode(bytes));
  }
  return { ...followed, entries };
}

const codeOf = (reading: Promise<unknown>): Promise<string> =>
  reading.then(
    () => "ok",
    (error: unknown) => (error instanceof LogError ? error.code : String(error)),
  );

describe("a follower", () => {
  test.each([0, 1, 2, 255, 256, 257, 511, 512, 700])("reads %i entries, and then the next", async (size) => {
    const log = new MemoryLog(crypto);
    log.grow(entriesOf(0, size));
    await log.publish();
    const first = await read(log.policy, null, log);
    expect(first.entries).toEqual(entriesOf(0, size).map((entry) => new TextDecoder().decode(entry)));
    log.grow(entriesOf(size, 300));
    await log.publish();
    const second = await read(log.policy, first.seen, log);
    expect(second.entries).toEqual(entriesOf(size, 300).map((entry) => new TextDecoder().decode(entry)));
    expect((await read(log.policy, second.seen, log)).entries).toEqual([]);
  });

  test("reads a tree of three levels of tiles", async () => {
    const log = new MemoryLog(crypto);
    log.grow(entriesOf(0, 65_000));
    const seen = log.seen(await log.publish());
    log.grow(entriesOf(65_000, 1_000));
    await log.publish();
    expect((await read(log.policy, seen, log)).entries).toHaveLength(1000);
  });
});

describe("what is fetched depends on the two sizes alone", () => {
  test("for logs of other entries", async () => {
    const pathsOf = async (words: string, size: number): Promise<string[]> => {
      const log = new MemoryLog(crypto);
      log.grow(entriesOf(0, 300, words));
      const seen = log.seen(await log.publish());
      log.grow(entriesOf(300, size, words));
      await log.publish();
      await read(log.policy, seen, log);
      return log.asked;
    };
    expect(await pathsOf("entry", 500)).toEqual(await pathsOf("another entry, longer", 500));
    expect(await pathsOf("entry", 500), "control").not.toEqual(await pathsOf("entry", 501));
  });
});

describe("a log that lies is caught", () => {
  test("forked", async () => {
    const log = new MemoryLog(crypto);
    log.grow(entriesOf(0, 300));
    const other = log.fork();
    log.grow(entriesOf(300, 10));
    const seen = log.seen(await log.publish());
    other.grow(entriesOf(300, 10, "other"));
    await other.publish();
    expect(await codeOf(read(log.policy, seen, other))).toBe("log/forked");
    other.grow(entriesOf(310, 300));
    const newer = await other.publish();
    const error = await read(log.policy, seen, other).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "log/forked", evidence: { older: seen.checkpoint, newer } });
  });
});
