import { appendFile, cp, readdir, readFile, stat, truncate, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openCatalogFile } from "../../../src/device/vault/catalog-file.ts";
import type { Vault } from "../../../src/device/vault/vault.ts";
import { toHex, utf8 } from "../../../src/protocol/bytes.ts";
import { LANES } from "../../../src/protocol/clip-keys.ts";
import { openSelfSigned } from "../../../src/protocol/envelope.ts";
import { LEAF_BYTES } from "../../../src/protocol/fragment.ts";
import { manifestStatement } from "../../../src/protocol/statements/manifest.ts";
import {
  copyAsAfterPowerCut,
  crypto,
  openClip,
  recordClip,
  startVault,
  temporaryFolder,
  videoFragment,
} from "./vault-fixture.ts";

const FRAGMENT_BYTES = 40;
const RECORD_BYTES = LEAF_BYTES + FRAGMENT_BYTES + 16;

/** The vault as the power left it: an open clip with meta 0, a thumbnail, so many video fragments and one of sound. */
async function cutOff(fragments: number) {
  const before = await startVault();
  const clip = await openClip(before);
  await clip.append(LANES.audio, utf8("audio 0"));
  for (let i = 0; i < fragments; i += 1) await clip.append(LANES.video, videoFragment(i, FRAGMENT_BYTES));
  const dir = await copyAsAfterPowerCut(before);
  return { before, clip, dir, id: clip.id, path: clipPath(dir, clip.id) };
}

const clipPath = (dir: string, id: Uint8Array): string => join(dir, "clips", `${toHex(id)}.clip`);

async function manifestOf(vault: Vault, id: Uint8Array) {
  const { manifest } = await vault.head(id);
  return openSelfSigned(crypto, manifestStatement, manifest ?? new Uint8Array(), ({ clipKey }) => clipKey).payload;
}

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `video ${i}`.padEnd(FRAGMENT_BYTES, "."));

async function flip(path: string, offset: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

describe("after a power cut", () => {
  test("the open clip is signed as cut, holds every acknowledged fragment and passes the check", async () => {
    const { dir, id } = await cutOff(5);
    const after = await startVault({ dir });
    expect(await after.member.open(after.vault, id, LANES.video)).toEqual(names(5));
    expect(await manifestOf(after.vault, id)).toMatchObject({
      closed: "cut",
      clock: "unsynced",
      leaves: { video: 5, audio: 1, meta: 1, thumbnail: 1 },
    });
    expect((await after.vault.check()).findings).toEqual([]);
  });

  test("rows of an open clip that were committed and never synced are made anew from its file", async () => {
    const { dir, id } = await cutOff(5);
    const catalog = openCatalogFile(join(dir, "catalog.db"));
    expect(catalog.prepare("DELETE FROM fragment").run().changes).toBeGreaterThan(5);
    catalog.close();
    const after = await startVault({ dir });
    expect(await after.member.open(after.vault, id, LANES.video)).toEqual(names(5));
    expect((await manifestOf(after.vault, id)).leaves).toMatchObject({ video: 5, audio: 1, meta: 1, thumbnail: 1 });
    expect((await after.vault.check()).findings).toEqual([]);
    expect(await readdir(dir)).not.toContain("aside");
  });

  test("a record torn at any byte is cut off, all before it is kept, and a whole one is kept too", async () => {
    const { before, clip, dir, id, path } = await cutOff(3);
    const keptBytes = (await stat(path)).size;
    await clip.append(LANES.video, videoFragment(3, FRAGMENT_BYTES));
    const record = (await readFile(before.clipPath(id))).subarray(keptBytes);
    expect(record).toHaveLength(RECORD_BYTES);
    for (let torn = 1; torn <= RECORD_BYTES; torn += 1) {
      const copy = await temporaryFolder("memory");
      await cp(dir, copy, { recursive: true });
      await appendFile(clipPath(copy, id), record.subarray(0, torn));
      const after = await startVault({ dir: copy });
      const kept = torn === RECORD_BYTES ? 4 : 3;
      expect((await manifestOf(after.vault, id)).leaves.video, `${torn} bytes of the record`).toBe(kept);
      expect(await after.member.open(after.vault, id, LANES.video)).toEqual(names(kept));
      expect((await after.vault.check()).findings, `${torn} bytes of the record`).toEqual([]);
      expect(await readdir(copy)).not.toContain("aside");
      await after.vault.stop();
    }
  }, 60_000);

  test("a clip whose closing was torn at any byte is closed again, as it was once its manifest was written", async () => {
    const card = await startVault();
    const id = await recordClip(card, 2, FRAGMENT_BYTES);
    const { manifest } = await card.vault.head(id);
    await card.vault.stop();
    const whole = await readFile(card.clipPath(id));
    const manifestEnd = whole.indexOf(Buffer.from(manifest ?? [])) + (manifest?.length ?? 0);
    for (const length of [manifestEnd - 1, manifestEnd, manifestEnd + 40, whole.length - 1]) {
      const dir = await temporaryFolder();
      await cp(card.dir, dir, { recursive: true });
      await truncate(clipPath(dir, id), length);
      await unlink(join(dir, "catalog.db")); // the row, too, is from before the closing
      const after = await startVault({ dir });
      expect((await manifestOf(after.vault, id)).closed).toBe(length < manifestEnd ? "cut" : "full");
      if (length >= manifestEnd) expect(await readFile(clipPath(dir, id))).toEqual(whole);
      expect((await after.vault.check()).findings).toEqual([]);
      await after.vault.stop();
    }
  });

  test("a clip of which only the head was written is gone without a trace", async () => {
    const card = await startVault();
    const clip = await openClip(card);
    const dir = await copyAsAfterPowerCut(card);
    const path = clipPath(dir, clip.id);
    const head = await card.vault.head(clip.id);
    await truncate(path, 29 + 84 * head.wraps.length + 32);
    await unlink(join(dir, "catalog.db"));
    const after = await startVault({ dir });
    expect(after.vault.list()).toEqual([]);
    expect(await readdir(join(dir, "clips"))).toEqual([]);
  });

  test("an erasure that had begun is finished", async () => {
    const card = await startVault();
    const id = await recordClip(card);
    await card.vault.pin(id);
    const dir = await copyAsAfterPowerCut(card);
    await cp(clipPath(dir, id), join(dir, "clips", `${toHex(id)}.erasing`));
    await unlink(clipPath(dir, id));
    const after = await startVault({ dir });
    expect(after.vault.list()).toEqual([]);
    expect(await readdir(join(dir, "clips"))).toEqual([]);
    expect(after.vault.usage().bytes).toBe(0);
  });
});

describe("damage", () => {
  test("inside an acknowledged fragment of an open clip ends its lane there and leaves other lanes whole", async () => {
    const { dir, id, path, before } = await cutOff(4);
    const ciphertext = Buffer.from(await before.vault.readFragment(id, LANES.video, 2));
    await flip(path, (await readFile(path)).indexOf(ciphertext));
    const damaged = await readFile(path);
    const after = await startVault({ dir });
    expect((await manifestOf(after.vault, id)).leaves).toEqual({ video: 2, audio: 1, meta: 1, thumbnail: 1 });
    expect(await after.member.open(after.vault, id, LANES.video)).toEqual(names(2));
    expect((await after.vault.check()).findings).toEqual([]);
    expect(after.log.events("error")).toContain("damaged clip copied aside");
    expect(await readFile(join(dir, "aside", `${toHex(id)}.clip-1`))).toEqual(damaged);
    await after.vault.rebuildCatalog();
    expect((await after.vault.check()).findings).toEqual([]);
  });

  test("that took acknowledged fragments away is copied aside before the rest is mended", async () => {
    const { dir, id, path } = await cutOff(4);
    await truncate(path, (await stat(path)).size - RECORD_BYTES - 5);
    const damaged = await readFile(path);
    const after = await startVault({ dir });
    expect(await after.member.open(after.vault, id, LANES.video)).toEqual(names(2));
    expect(await readFile(join(dir, "aside", `${toHex(id)}.clip-1`))).toEqual(damaged);
    expect(after.log.lines.find(({ event }) => event === "damaged clip copied aside")?.fields).toMatchObject({
      lostFragments: 2,
    });
  });

  test("to a head leaves the file as it is, names it, and never erases it by itself", async () => {
    const card = await startVault({ retentionDays: 1 });
    const id = await recordClip(card);
    await card.vault.stop();
    await flip(card.clipPath(id), 30);
    const damaged = await readFile(card.clipPath(id));
    await unlink(join(card.dir, "catalog.db"));
    const after = await card.restart();
    expect(after.log.events("error")).toEqual(["damaged clip file left as it is"]);
    expect((await after.vault.check()).findings.map(({ code }) => code)).toEqual([
      "check/head-damaged",
      "check/row-missing",
    ]);
    after.clock.jumpTo(after.clock.nowMs() + 400 * 86_400_000);
    await after.vault.enforceRetention();
    expect(await readFile(card.clipPath(id))).toEqual(damaged);
  });

  test("that shortened a closed clip marks it, and restoring the file makes it whole again", async () => {
    const card = await startVault();
    const id = await recordClip(card);
    await card.vault.stop();
    const whole = await readFile(card.clipPath(id));
    await truncate(card.clipPath(id), whole.length - 10);
    const after = await card.restart();
    expect(after.vault.find(id)).toMatchObject({ state: "damaged" });
    await after.vault.stop();
    await writeFile(card.clipPath(id), whole);
    const restored = await after.restart();
    expect(restored.vault.find(id)).toMatchObject({ state: "sealed" });
    expect((await restored.vault.check()).findings).toEqual([]);
  });

  test("to the catalog keeps it beside a new one, and no clip is lost", async () => {
    const card = await startVault();
    const ids = [await recordClip(card), await recordClip(card)];
    await card.vault.stop();
    const catalog = join(card.dir, "catalog.db");
    for (const [n, damage] of [
      (bytes: Buffer) => bytes.fill(0x55, 4096, 12_000),
      () => Buffer.from("not a database"),
      (bytes: Buffer) => bytes.subarray(0, 5000),
    ].entries()) {
      const broken = Buffer.from(damage(await readFile(catalog)));
      await writeFile(catalog, broken);
      const after = await card.restart();
      expect(after.log.events("error")).toEqual(["damaged catalog kept aside, a new one is built from the clip files"]);
      expect(await readFile(`${catalog}.broken-${n + 1}`)).toEqual(broken);
      expect(
        after.vault
          .list()
          .map(({ id }) => toHex(id))
          .toSorted(),
      ).toEqual(ids.map(toHex).toSorted());
      expect((await after.vault.check()).findings).toEqual([]);
      await after.vault.stop();
    }
  });

  test("is never seen in a foreign file: it is named and left alone", async () => {
    const card = await startVault();
    await writeFile(join(card.dir, "clips", "holiday.jpg"), "not ours");
    const after = await card.restart();
    expect(after.log.events("warn")).toEqual(["foreign file left alone"]);
    expect((await after.vault.check({ repair: true })).findings).toMatchObject([
      { code: "check/file-foreign", repaired: false },
    ]);
    expect(await readFile(join(card.dir, "clips", "holiday.jpg"), "utf8")).toBe("not ours");
  });
});
