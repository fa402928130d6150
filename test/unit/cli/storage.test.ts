import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { InboxFileStorage } from "../../../src/cli/inbox-storage.ts";
import { OwnerFileStorage } from "../../../src/cli/owner-storage.ts";
import type { OwnerState } from "../../../src/owner/owner-state.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-home-"));
});
afterEach(() => rm(dir, { recursive: true }));

const state = (revision: number, secret = "x"): OwnerState => ({
  version: 1,
  revision,
  days: { firstDay: 1, secret, uploadedThrough: null },
  device: null,
  pinnedSeeds: {},
});

describe("an owner's state on disk", () => {
  test("begins empty, and is what was saved last", async () => {
    const storage = new OwnerFileStorage(dir);
    expect(await storage.load()).toBeNull();
    expect(await storage.compareAndSave(state(1), 0)).toBe(true);
    expect(await storage.compareAndSave(state(2, "y"), 1)).toBe(true);
    expect(await new OwnerFileStorage(dir).load()).toEqual(state(2, "y"));
  });

  test("of two commands that start from one revision, one is told to begin again", async () => {
    const storage = new OwnerFileStorage(dir);
    await storage.compareAndSave(state(1), 0);
    const saved = await Promise.all(
      [2, 2, 2, 2].map((revision, i) => storage.compareAndSave(state(revision, `s${i}`), 1)),
    );
    expect(saved.filter(Boolean)).toHaveLength(1);
    expect((await storage.load())?.days.secret).toBe(`s${saved.indexOf(true)}`);
  });

  test("an old revision cannot come back once others have gone on", async () => {
    const storage = new OwnerFileStorage(dir);
    for (const revision of [1, 2, 3]) await storage.compareAndSave(state(revision), revision - 1);
    expect(await storage.compareAndSave(state(2, "late"), 1)).toBe(false);
    expect((await storage.load())?.revision).toBe(3);
  });

  test("leaves one file, which only its user may read", async () => {
    const storage = new OwnerFileStorage(dir);
    for (const revision of [1, 2, 3]) await storage.compareAndSave(state(revision), revision - 1);
    const names = await readdir(dir);
    expect(names).toHaveLength(1);
    expect((await stat(join(dir, names[0] ?? ""))).mode & 0o777).toBe(0o600);
  });
});

describe("a recipient's inbox on disk", () => {
  const delivery = "ab".repeat(16);
  const all = async (storage: InboxFileStorage): Promise<number[]> => {
    const bytes: number[] = [];
    for await (const part of storage.read(delivery)) bytes.push(...part);
    return bytes;
  };

  test("a part goes on where it ended, also in another process", async () => {
    const storage = new InboxFileStorage(dir);
    await storage.prepare();
    await storage.append(delivery, 0, Uint8Array.of(1, 2));
    const later = new InboxFileStorage(dir);
    expect(await later.held(delivery)).toBe(2);
    await later.append(delivery, 2, Uint8Array.of(3));
    expect(await all(later)).toEqual([1, 2, 3]);
  });

  test("bytes that were not acknowledged before a crash are written over", async () => {
    const storage = new InboxFileStorage(dir);
    await storage.prepare();
    await storage.append(delivery, 0, Uint8Array.of(1, 2, 9, 9));
    await storage.append(delivery, 2, Uint8Array.of(3));
    expect(await all(storage)).toEqual([1, 2, 3]);
  });

  const receipt = Uint8Array.of(7);

  test("a finished delivery stays finished after its share was moved away", async () => {
    const storage = new InboxFileStorage(dir);
    await storage.prepare();
    await storage.append(delivery, 0, Uint8Array.of(1));
    expect(await storage.receiptOf(delivery)).toBeNull();
    await storage.finish(delivery, receipt);
    await rm(storage.sharePath(delivery));
    expect(await storage.receiptOf(delivery)).toEqual(receipt);
  });

  test("after a crash between receipt and share the delivery is still under way", async () => {
    const storage = new InboxFileStorage(dir);
    await storage.prepare();
    await storage.append(delivery, 0, Uint8Array.of(1));
    await writeFile(join(dir, "receipts", delivery), receipt);
    expect(await storage.receiptOf(delivery)).toBeNull();
    expect(await storage.held(delivery)).toBe(1);
    await storage.finish(delivery, receipt);
    expect(await storage.receiptOf(delivery)).toEqual(receipt);
  });

  test("a delivery id that is no id never becomes a path", async () => {
    const storage = new InboxFileStorage(dir);
    await expect(storage.append("../../etc/passwd", 0, Uint8Array.of(1))).rejects.toThrow("32 hex");
  });
});
