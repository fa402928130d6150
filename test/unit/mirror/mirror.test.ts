import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MirrorError } from "../../../src/device/mirror/errors.ts";
import { type HttpGet, httpGet } from "../../../src/device/mirror/http-get.ts";
import { Mirror, type MirrorPorts } from "../../../src/device/mirror/mirror.ts";
import { countOfPaths, mirrorPaths } from "../../../src/device/mirror/mirror-paths.ts";
import { nodeCrypto as crypto } from "../../../src/device/platform/node-crypto.ts";
import { utf8 } from "../../../src/protocol/bytes.ts";
import { signCheckpoint } from "../../../src/protocol/tlog/checkpoint.ts";
import { followLog } from "../../../src/protocol/tlog/follow-log.ts";
import { encodeVerifierKey } from "../../../src/protocol/tlog/note.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";
import { MemoryLog, testKey } from "../../fakes/memory-log.ts";

const EVERY_MS = 1_800_000;
const ROOM = 256_000_000;
const SIZES = [1, 255, 256, 257, 600, 1_500] as const;

const entriesOf = (first: number, count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => utf8(`entry ${first + i}`));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-mirror-"));
});
afterEach(() => rm(dir, { recursive: true }));

/** A doorbell's mirror of a log in memory; `asked` is what reaches the network, with the time. */
function mirrorOf(
  log: MemoryLog,
  changes: { readonly room?: number; readonly tarpit?: boolean; readonly seed?: number; readonly dir?: string } = {},
) {
  const clock = new FakeClock();
  const asked: { readonly path: string; readonly atMs: number }[] = [];
  const warnings: unknown[] = [];
  const used: number[] = [];
  const get: HttpGet = async (url, _maxBytes, signal) => {
    if (url.startsWith("http://tarpit.example/")) return new Promise((_, no) => signal.addEventListener("abort", no));
    const path = new URL(url).pathname.slice("/log/".length);
    asked.push({ path, atMs: clock.nowMs() });
    used.push(await bytesIn(changes.dir ?? dir));
    return log.get(path);
  };
  const nothing = (): void => {};
  const ports: MirrorPorts = {
    crypto,
    clock,
    get,
    deviceSeed: new Uint8Array(32).fill(changes.seed ?? 1),
    log: { debug: nothing, info: nothing, error: nothing, warn: (_event, fields) => void warnings.push(fields?.code) },
  };
  const origin = log.log.key.name;
  const register = {
    origin,
    url: "http://register.example/log/",
    logKey: encodeVerifierKey(log.log.key),
    witnesses: [],
    quorum: 0,
  };
  const registers = changes.tarpit ? [{ ...register, url: "http://tarpit.example/" }, register] : [register];
  const config = { dir: changes.dir ?? dir, registers, everyMs: EVERY_MS, roomBytes: changes.room ?? ROOM };
  const mirror = new Mirror(config, ports);
  return { mirror, clock, asked, used, warnings, source: { get: (path: string) => mirror.read(origin, path) } };
}

async function bytesIn(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = files.map(async (file) => (file.isFile() ? (await stat(join(file.parentPath, file.name))).size : 0));
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** A checkpoint of a tree that nobody has, signed by the log's key or by that of another seed. */
function signed(size: number, seed = 1): Promise<Uint8Array> {
  const { key, signer } = testKey(crypto, new MemoryLog(crypto).log.key.name, "ed25519", seed);
  return signCheckpoint({ origin: key.name, size, root: new Uint8Array(32) }, key, signer);
}

/** Half an hour holds one fixed minute. Files are written in real time, in which the clock stands still. */
async function nextFetch(world: ReturnType<typeof mirrorOf>, settled: () => Promise<boolean> | boolean) {
  const before = world.asked.length;
  await advance(world, EVERY_MS);
  await until(async () => world.asked.length > before && (await settled()));
  await until(() => world.clock.waiting > 0);
}

/** Minute by minute, each begun only when the mirror waits again. */
async function advance({ clock }: ReturnType<typeof mirrorOf>, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 60_000) {
    await until(() => clock.waiting > 0);
    await clock.advance(Math.min(left, 60_000));
  }
}

const untilSize = (world: ReturnType<typeof mirrorOf>, size: number) => async () => {
  const checkpoint = await world.source.get("checkpoint");
  return checkpoint !== null && new TextDecoder().decode(checkpoint).split("\n")[1] === String(size);
};

async function everyEntry(log: MemoryLog, world: ReturnType<typeof mirrorOf>, seen: Uint8Array | null) {
  const { entries } = await followLog(crypto, log.policy, seen === null ? null : log.seen(seen), world.source);
  const indexes: number[] = [];
  for await (const { index } of entries) indexes.push(index);
  return indexes.length;
}

describe("the mirror of a register's log", () => {
  test("serves a member who stopped at any earlier size, and one who comes new", async () => {
    const log = new MemoryLog(crypto);
    const world = mirrorOf(log);
    await world.mirror.start(new AbortController().signal);
    const checkpoints: Uint8Array[] = [];
    for (const size of SIZES) {
      log.grow(entriesOf(log.tree.size, size - log.tree.size));
      checkpoints.push(await log.publish());
      await nextFetch(world, untilSize(world, size));
      expect(await everyEntry(log, world, null)).toBe(size);
      for (const [i, seen] of checkpoints.entries()) {
        expect(await everyEntry(log, world, seen)).toBe(size - (SIZES[i] ?? 0));
      }
    }
    await world.mirror.stop();
    expect(world.clock.waiting).toBe(0);
  });

  test("fetches what the two sizes say, whatever is in the entries", async () => {
    const asked = await Promise.all(
      ["a", "another, far longer text of a request that asks for something else"].map(async (text, i) => {
        const log = new MemoryLog(crypto);
        const world = mirrorOf(log, { dir: join(dir, String(i)) });
        await world.mirror.start(new AbortController().signal);
        for (const size of [300, 700]) {
          log.grow(Array.from({ length: size - log.tree.size }, (_, n) => utf8(`${text} ${n}`)));
          await log.publish();
          const before = world.asked.length;
          await advance(world, EVERY_MS);
          await until(() => world.asked.length === before + 1 + mirrorPaths(size === 300 ? 0 : 300, size).length);
        }
        await world.mirror.stop();
        return world.asked;
      }),
    );
    expect(asked[0]).toEqual(asked[1]);
    expect(asked[0]?.map(({ path }) => path)).toEqual([
      "checkpoint",
      ...mirrorPaths(0, 300).map(({ path }) => path),
      "checkpoint",
      ...mirrorPaths(300, 700).map(({ path }) => path),
    ]);
  });

  test("fetches at the same minute of every half hour, and neither a start nor a clock that is set brings one forward", async () => {
    const minutesAfter = async (startMs: number, setClock?: (clock: FakeClock) => void): Promise<number[]> => {
      const log = new MemoryLog(crypto);
      await log.publish();
      const world = mirrorOf(log);
      world.clock.jumpTo(startMs);
      await world.mirror.start(new AbortController().signal);
      await world.clock.advance(1_000);
      expect(world.asked).toEqual([]);
      setClock?.(world.clock);
      await advance(world, 95 * 60_000);
      await world.mirror.stop();
      return world.asked.map(({ atMs }) => (atMs % EVERY_MS) / 60_000);
    };
    const start = 1_767_225_600_000;
    const [first = -1, ...more] = await minutesAfter(start);
    expect(Number.isInteger(first)).toBe(true);
    expect(more.length).toBeGreaterThanOrEqual(2);
    for (const offsetMs of [61_234, 700_000, 1_799_999]) {
      expect(new Set(await minutesAfter(start + offsetMs))).toEqual(new Set([first]));
    }
    const jumped = await minutesAfter(start, (clock) => clock.jumpTo(start + 86_400_000 + 12_345));
    expect(new Set(jumped)).toEqual(new Set([first]));
    const unset = await minutesAfter(start, (clock) => {
      clock.isSynced = false;
    });
    expect(unset).toEqual([]);
  });

  test("spreads doorbells over the half hour", async () => {
    const minutes = new Set<number>();
    for (let seed = 0; seed < 12; seed += 1) {
      const log = new MemoryLog(crypto);
      await log.publish();
      const world = mirrorOf(log, { seed });
      await world.mirror.start(new AbortController().signal);
      await advance(world, EVERY_MS);
      await until(() => world.asked.length > 0);
      minutes.add((world.asked[0]?.atMs ?? 0) % EVERY_MS);
      await world.mirror.stop();
    }
    expect(minutes.size).toBeGreaterThan(4);
  });

  test.each([
    ["bytes that are no text", Uint8Array.of(0xff, 0xfe), "mirror/no-checkpoint"],
    ["a page of HTML", utf8("<!doctype html>\n<title>hello</title>\n"), "mirror/no-checkpoint"],
    ["a size that no log has", utf8("log\n99999999999999999999\n\n"), "mirror/no-checkpoint"],
    ["a size that nobody could fetch", signed(9_007_199_254_740_991), "mirror/no-room"],
    ["a size whose files are not there", signed(600), "mirror/missing"],
    ["a checkpoint signed by another key", signed(600, 9), "log/unsigned"],
    ["a size that the log did not sign", utf8("log\n600\n\n"), "log/malformed"],
    ["nothing", null, "mirror/missing"],
  ] as const)("keeps the copy there is when a register sends %s", async (_what, bytes, code) => {
    const log = new MemoryLog(crypto);
    const world = mirrorOf(log);
    log.grow(entriesOf(0, 300));
    await log.publish();
    await world.mirror.start(new AbortController().signal);
    await nextFetch(world, untilSize(world, 300));
    if (bytes === null) log.files.delete("checkpoint");
    else log.files.set("checkpoint", await bytes);
    await nextFetch(world, () => world.warnings.length > 0);
    expect(world.warnings).toEqual([code]);
    expect(await everyEntry(log, world, null)).toBe(300);
    await log.publish();
    log.grow(entriesOf(300, 10));
    await log.publish();
    await nextFetch(world, untilSize(world, 310));
    expect(await everyEntry(log, world, null)).toBe(310);
    await world.mirror.stop();
  });

  test.each([
    ["a whole bundle", "tile/entries/001", "log/damaged"],
    ["the last bundle", "tile/entries/003.p/32", "log/damaged"],
    ["a whole tile", "tile/0/001", "log/damaged"],
    ["the last tile", "tile/0/003.p/32", "log/damaged"],
    ["the top tile", "tile/1/000.p/3", "log/damaged"],
    ["no bundle but bytes", "tile/entries/002", "log/malformed"],
  ])("whoever serves wrong files without the log's key spoils nothing: %s", async (_what, path, code) => {
    const log = new MemoryLog(crypto);
    const world = mirrorOf(log);
    log.grow(entriesOf(0, 300));
    await log.publish();
    await world.mirror.start(new AbortController().signal);
    await nextFetch(world, untilSize(world, 300));
    const bytesBefore = await bytesIn(dir);
    log.grow(entriesOf(300, 500));
    await log.publish();
    const right = log.files.get(path) ?? new Uint8Array();
    expect(right.length).toBeGreaterThan(0);
    const wrong = Uint8Array.from(right);
    if (code === "log/malformed") wrong.fill(0xff);
    else wrong.set([(wrong.at(-1) ?? 0) ^ 1], wrong.length - 1);
    log.files.set(path, wrong);
    await nextFetch(world, () => world.warnings.length > 0);
    expect(world.warnings).toEqual([code]);
    expect(await everyEntry(log, world, null)).toBe(300);
    expect(await bytesIn(dir)).toBe(bytesBefore);
    log.files.set(path, right);
    await nextFetch(world, untilSize(world, 800));
    expect(await everyEntry(log, world, null)).toBe(800);
    await world.mirror.stop();
  });

  test.each([10, 256, 300])(
    "a signed tree that does not begin with the copy's %d entries replaces none of it",
    async (size) => {
      const log = new MemoryLog(crypto);
      const world = mirrorOf(log);
      log.grow(entriesOf(0, size));
      await log.publish();
      await world.mirror.start(new AbortController().signal);
      await nextFetch(world, untilSize(world, size));
      const other = new MemoryLog(crypto);
      other.grow(entriesOf(1, 700));
      await other.publish();
      const honest = new Map(log.files);
      for (const [path, bytes] of other.files) log.files.set(path, bytes);
      await nextFetch(world, () => world.warnings.length > 0);
      expect(world.warnings).toEqual(["log/damaged"]);
      expect(await everyEntry(log, world, null)).toBe(size);
      for (const [path, bytes] of honest) log.files.set(path, bytes);
      log.grow(entriesOf(size, 700 - size));
      await log.publish();
      await nextFetch(world, untilSize(world, 700));
      expect(await everyEntry(log, world, null)).toBe(700);
      await world.mirror.stop();
    },
  );

  test.each([
    ["a bundle", "tile/entries/001"],
    ["the last bundle", "tile/entries/002.p/88"],
    ["a tile", "tile/0/001"],
    ["the last tile", "tile/0/002.p/88"],
    ["the checkpoint", "checkpoint"],
    ["a tile that is gone", "tile/1/000.p/2"],
  ])("a copy that is spoilt on the card is fetched anew after a start: %s", async (what, path) => {
    const log = new MemoryLog(crypto);
    log.grow(entriesOf(0, 600));
    await log.publish();
    const first = mirrorOf(log);
    await first.mirror.start(new AbortController().signal);
    await nextFetch(first, untilSize(first, 600));
    await first.mirror.stop();
    const [folder = ""] = await readdir(dir);
    const file = join(dir, folder, path);
    const right = await readFile(file);
    if (what.endsWith("gone")) await rm(file);
    else
      await writeFile(
        file,
        Uint8Array.from(right, (byte, i) => (i === right.length - 3 ? byte ^ 1 : byte)),
      );
    const again = mirrorOf(log);
    await again.mirror.start(new AbortController().signal);
    await nextFetch(again, async () => right.equals(await readFile(file).catch(() => Buffer.alloc(0))));
    expect(again.warnings).toEqual([]);
    expect(await everyEntry(log, again, null)).toBe(600);
    await again.mirror.stop();
  });

  test("a copy that is whole is not fetched again after a start", async () => {
    const log = new MemoryLog(crypto);
    log.grow(entriesOf(0, 600));
    await log.publish();
    for (const expected of [mirrorPaths(0, 600).length + 1, 1]) {
      const world = mirrorOf(log, { room: 8_000 });
      await world.mirror.start(new AbortController().signal);
      await nextFetch(world, untilSize(world, 600));
      expect(world.asked).toHaveLength(expected);
      await world.mirror.stop();
    }
  });

  test("passes a smaller log on, for members to convict", async () => {
    const log = new MemoryLog(crypto);
    const world = mirrorOf(log);
    log.grow(entriesOf(0, 10));
    const rewound = log.fork();
    log.grow(entriesOf(10, 10));
    const seen = await log.publish();
    await world.mirror.start(new AbortController().signal);
    await nextFetch(world, untilSize(world, 20));
    log.files.set("checkpoint", await rewound.publish());
    await nextFetch(world, untilSize(world, 10));
    await expect(everyEntry(log, world, seen)).rejects.toMatchObject({ code: "log/shrunk" });
    await world.mirror.stop();
  });

  test("takes the whole file where a partial one has gone meanwhile", async () => {
    const log = new MemoryLog(crypto);
    const world = mirrorOf(log);
    log.grow(entriesOf(0, 200));
    const checkpoint = await log.publish();
    log.grow(entriesOf(200, 100));
    for (const path of ["tile/0/000.p/200", "tile/entries/000.p/200"]) log.files.delete(path);
    log.files.set("checkpoint", checkpoint);
    await world.mirror.start(new AbortController().signal);
    await nextFetch(world, untilSize(world, 200));
    expect(await everyEntry(log, world, null)).toBe(200);
    await world.mirror.stop();
  });

  test("one register that never answers holds no other up", async () => {
    const log = new MemoryLog(crypto);
    log.grow(entriesOf(0, 3));
    await log.publish();
    const world = mirrorOf(log, { tarpit: true });
    await world.mirror.start(new AbortController().signal);
    await nextFetch(world, untilSize(world, 3));
    await world.mirror.stop();
  });

  test("drops the oldest entries beyond its room, and says so to whoever wants them", async () => {
    const log = new MemoryLog(crypto);
    const world = mirrorOf(log, { room: 8_000 });
    log.grow(entriesOf(0, 700));
    const seen = await log.publish();
    await world.mirror.start(new AbortController().signal);
    await nextFetch(world, untilSize(world, 700));
    log.grow(entriesOf(700, 900));
    await log.publish();
    await nextFetch(world, untilSize(world, 1_600));
    await until(async () => (await world.source.get("tile/entries/000")) === null);
    await expect(everyEntry(log, world, null)).rejects.toMatchObject({ code: "log/missing" });
    const bundles = (await readdir(dir, { recursive: true })).filter((name) => /entries\/\d{3}$/.test(name));
    const bytes = await Promise.all(bundles.map(async (name) => (await stat(join(dir, name))).size));
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(8_000);
    expect(seen.length).toBeGreaterThan(0);
    await world.mirror.stop();
  });

  test("never fills the card, whatever a register promises and then does not keep", async () => {
    const log = new MemoryLog(crypto);
    const world = mirrorOf(log, { room: 400_000 });
    await world.mirror.start(new AbortController().signal);
    for (const [i, size] of [5_120, 5_000, 4_999].entries()) {
      for (let index = 0; index <= 19; index += 1) {
        log.files.set(`tile/entries/${String(index).padStart(3, "0")}`, new Uint8Array(100_000));
      }
      log.files.set(`tile/entries/019.p/${size % 256}`, new Uint8Array(90_000));
      log.files.set("checkpoint", await signed(size)); // and no tile of hashes
      await nextFetch(world, () => world.warnings.length > i);
      expect(world.warnings.at(-1)).toBe("mirror/missing");
      expect(await bytesIn(dir)).toBe(0);
    }
    expect(Math.max(...world.used)).toBeLessThanOrEqual(600_000);
    await world.mirror.stop();
  });

  test("gives out nothing but a log's own files", async () => {
    const log = new MemoryLog(crypto);
    const world = mirrorOf(log);
    log.grow(entriesOf(0, 3));
    await log.publish();
    await world.mirror.start(new AbortController().signal);
    await nextFetch(world, untilSize(world, 3));
    const [folder = ""] = await readdir(dir);
    for (const path of [
      "sizes.json",
      "../../../etc/passwd",
      `../${folder}/checkpoint`,
      "/checkpoint",
      "tile/../sizes.json",
      "",
    ]) {
      expect(await world.source.get(path), path).toBeNull();
    }
    expect(await world.mirror.read("another.example/log", "checkpoint")).toBeNull();
    await world.mirror.stop();
  });

  test("dates every file to the day", async () => {
    const log = new MemoryLog(crypto);
    const world = mirrorOf(log);
    log.grow(entriesOf(0, 3));
    await log.publish();
    await world.mirror.start(new AbortController().signal);
    await nextFetch(world, untilSize(world, 3));
    await world.mirror.stop();
    const names = (await readdir(dir, { recursive: true })).filter((name) => name.includes("/"));
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) expect((await stat(join(dir, name))).mtimeMs % 86_400_000, name).toBe(0);
  });
});

describe("the list of files between two sizes", () => {
  test("has as many names as were counted, none twice", () => {
    for (const [old, size] of [
      [0, 0],
      [0, 1],
      [0, 256],
      [255, 257],
      [300, 300],
      [300, 70_000],
      [65_535, 65_537],
    ] as const) {
      const paths = mirrorPaths(old, size).map(({ path }) => path);
      expect(paths).toHaveLength(countOfPaths(old, size));
      expect(new Set(paths).size).toBe(paths.length);
    }
  });
});

describe("a fetch over HTTP", () => {
  let server: Server;
  let url: string;
  const seen: { method: string | undefined; headers: string[] }[] = [];
  beforeEach(async () => {
    seen.length = 0;
    server = createServer((request, response) => {
      seen.push({ method: request.method, headers: request.rawHeaders });
      if (request.url === "/moved") response.writeHead(302, { location: "/checkpoint" }).end();
      else if (request.url === "/cut") {
        response.writeHead(200, { "content-length": "100" });
        response.write("half");
        setImmediate(() => response.destroy());
      } else if (request.url === "/checkpoint") response.end("x".repeat(50));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));
  const fetched = (path: string, most = 50): Promise<unknown> =>
    httpGet(`${url}${path}`, most, new AbortController().signal).then(
      (bytes) => bytes?.length ?? null,
      (error: unknown) => (error instanceof MirrorError ? error.code : error),
    );

  test("takes a file up to its size, follows nothing, believes no half", async () => {
    expect(await fetched("/checkpoint")).toBe(50);
    expect(await fetched("/checkpoint", 49)).toBe("mirror/too-large");
    expect(await fetched("/moved")).toBe("mirror/status");
    expect(await fetched("/cut")).toBe("mirror/unreachable");
    expect(await fetched("/nothing")).toBeNull();
  });

  test("says the same of itself each time", async () => {
    await fetched("/checkpoint");
    await fetched("/checkpoint");
    expect(seen[0]).toEqual(seen[1]);
    const names = seen[0]?.headers.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
    expect(names?.toSorted()).toEqual(["accept", "connection", "host", "user-agent"]);
  });

  test("tells a register that is not there from one that is", async () => {
    const gone = `http://127.0.0.1:1/checkpoint`;
    await expect(httpGet(gone, 10, new AbortController().signal)).rejects.toMatchObject({ code: "mirror/unreachable" });
  });
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 2_000; tries += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error("it did not come to pass");
}
