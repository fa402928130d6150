import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CounterFile } from "../../../src/device/link/counter-file.ts";
import { systemClock } from "../../../src/device/platform/clock.ts";
import { portableCrypto } from "../../../src/protocol/portable-crypto.ts";

let dir: string;
let path: string;
const anna = new Uint8Array(16).fill(1);
const bert = new Uint8Array(16).fill(2);

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "counters-"));
  path = join(dir, "link-counters.bin");
});
afterEach(() => rm(dir, { recursive: true }));

async function opened(): Promise<CounterFile> {
  const file = new CounterFile(portableCrypto, systemClock, path);
  await file.open();
  return file;
}

test("counters that were noted survive a restart, each link its own", async () => {
  const before = await opened();
  await before.add(anna);
  await before.add(bert);
  await before.noteReceived(anna, 41);
  await before.reserveBelow(bert, 1024);
  const after = await opened(); // without a close: as after a power cut
  expect([after.nextReceived(anna), after.sendReserved(anna)]).toEqual([42, 0]);
  expect([after.nextReceived(bert), after.sendReserved(bert)]).toEqual([0, 1024]);
  await before.close();
  await after.close();
});

test("counters never go back, whatever order messages are noted in", async () => {
  const file = await opened();
  await file.add(anna);
  await Promise.all([7, 3, 9, 1].map((counter) => file.noteReceived(anna, counter)));
  await file.reserveBelow(anna, 2048);
  await file.reserveBelow(anna, 1024);
  await file.close();
  const after = await opened();
  expect([after.nextReceived(anna), after.sendReserved(anna)]).toEqual([10, 2048]);
  await after.close();
});

test("a slot that was half written is not believed; the other link's is", async () => {
  const before = await opened();
  await before.add(anna);
  await before.add(bert);
  await before.close();
  const raw = await open(path, "r+");
  await raw.write(Uint8Array.of(0xff), 0, 1, 20);
  await raw.close();
  const after = await opened();
  expect([after.has(anna), after.has(bert)]).toEqual([false, true]);
  await after.close();
});

test("the place of a link that is gone is used again, and its counters with it", async () => {
  const file = await opened();
  await file.add(anna);
  await file.noteReceived(anna, 5);
  file.keepOnly([]);
  await file.add(bert);
  await file.close();
  expect((await stat(path)).size).toBe(64);
  const after = await opened();
  expect([after.has(anna), after.nextReceived(bert)]).toEqual([false, 0]);
  await after.close();
});

test("the file's dates tell the day only", async () => {
  const file = await opened();
  await file.add(anna);
  await file.noteReceived(anna, 1);
  expect((await stat(path)).mtimeMs % 86_400_000).toBe(0);
  await file.close();
});
