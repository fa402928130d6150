import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openAppend, readFileIfThere, writeFileDurably } from "../../../src/device/platform/durable-file.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-durable-"));
});
afterEach(() => rm(dir, { recursive: true }));

const DAY_SECONDS = 86_400;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a file that is not there reads as undefined, not as an error", async () => {
  expect(await readFileIfThere(join(dir, "none"))).toBeUndefined();
});

test("a replaced file holds the new bytes, is its user's alone, and tells only the day", async () => {
  const path = join(dir, "state");
  await writeFileDurably(path, bytes("old"));
  await writeFileDurably(path, bytes("new"), { day: 20_000 });
  expect(await readFileIfThere(path)).toEqual(bytes("new"));
  const { mode, mtimeMs } = await stat(path);
  expect(mode & 0o777).toBe(0o600);
  expect(mtimeMs).toBe(20_000 * DAY_SECONDS * 1000);
});

test("writes to one path at once leave one of them whole, and no temporary file", async () => {
  const path = join(dir, "state");
  await Promise.all(Array.from({ length: 20 }, (_, n) => writeFileDurably(path, bytes(`${n}`.repeat(1000)))));
  expect(await readFileIfThere(path)).toEqual(bytes("19".repeat(1000)));
  expect(await readdir(dir)).toEqual(["state"]);
});

test("a temporary file that a crash left does not stand in the way", async () => {
  const path = join(dir, "state");
  await writeFile(`${path}.tmp`, "half of somethi");
  await writeFileDurably(path, bytes("whole"));
  expect(await readdir(dir)).toEqual(["state"]);
});

test("a write that fails leaves the old file and lets the next one through", async () => {
  const path = join(dir, "none", "state");
  await expect(writeFileDurably(path, bytes("x"))).rejects.toThrow("ENOENT");
  await expect(writeFileDurably(path, bytes("x"))).rejects.toThrow("ENOENT");
});

test("an appended file grows by whole appends and goes on after it is opened again", async () => {
  const path = join(dir, "log");
  const first = await openAppend(path, { day: 20_000 });
  await first.append(bytes("one "), bytes("two "));
  await first.close();
  const second = await openAppend(path, { day: 20_000 });
  expect(second.size).toBe(8);
  await second.append(bytes("three"));
  expect(second.size).toBe(13);
  await second.close();
  expect(await readFileIfThere(path)).toEqual(bytes("one two three"));
  expect((await stat(path)).mtimeMs).toBe(20_000 * DAY_SECONDS * 1000);
});
