import { cp, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { concatBytes, toHex } from "../../../src/protocol/bytes.ts";
import { encodeClosingRecord } from "../../../src/protocol/clip-file.ts";
import { clipSigningSeed } from "../../../src/protocol/clip-key.ts";
import { LANES } from "../../../src/protocol/clip-keys.ts";
import { readStatement, seedSigner, signStatement } from "../../../src/protocol/envelope.ts";
import { LEAF_BYTES } from "../../../src/protocol/fragment.ts";
import { clipKeyStatement } from "../../../src/protocol/statements/clip-key.ts";
import { type Manifest, manifestStatement } from "../../../src/protocol/statements/manifest.ts";
import {
  copyAsAfterPowerCut,
  crypto,
  deviceSigningSeed,
  makeVault,
  openClip,
  recordClip,
  startVault,
  type TestVault,
  videoFragment,
} from "./vault-fixture.ts";

const codes = async (card: TestVault): Promise<string[]> => (await card.vault.check()).findings.map(({ code }) => code);

/** A stopped vault with one clip, and its file. */
async function oneClip() {
  const card = await startVault();
  const id = await recordClip(card, 3, 200);
  const { manifest, clipKey } = await card.vault.head(id);
  const ciphertext = await card.vault.readFragment(id, LANES.video, 1);
  await card.vault.stop();
  const path = card.clipPath(id);
  const bytes = await readFile(path);
  const at = (part: Uint8Array | null): number => bytes.indexOf(Buffer.from(part ?? []));
  return {
    card,
    id,
    path,
    bytes,
    manifest,
    clipKey,
    manifestAt: at(manifest) - LEAF_BYTES,
    fragmentAt: at(ciphertext),
  };
}

/** The clip file with another closing, its records' hashes right. */
async function reclose(
  clip: Awaited<ReturnType<typeof oneClip>>,
  change: Partial<Manifest>,
  deviceSeed = deviceSigningSeed,
  clipSeed = clipSigningSeed(crypto, deviceSigningSeed, clip.id),
): Promise<void> {
  const signer = seedSigner(crypto, clipSeed);
  const device = seedSigner(crypto, deviceSeed);
  const { payload } = readStatement(crypto, manifestStatement, clip.manifest ?? new Uint8Array());
  const manifest = await signStatement(
    crypto,
    manifestStatement,
    { ...payload, clipKey: signer.publicKey, ...change },
    signer,
  );
  const binding = { device: device.publicKey, clip: clip.id, clipKey: signer.publicKey };
  const clipKey = await signStatement(crypto, clipKeyStatement, binding, device);
  const closing = concatBytes(encodeClosingRecord(crypto, 0, manifest), encodeClosingRecord(crypto, 1, clipKey));
  await writeFile(clip.path, concatBytes(clip.bytes.subarray(0, clip.manifestAt), closing));
}

describe("the check names", () => {
  test("nothing on a vault as it was written, started or not", async () => {
    const { card } = await oneClip();
    expect(await card.vault.check()).toMatchObject({ clean: true, findings: [], clips: 1, fragments: 7 });
    await card.vault.start();
    expect(await card.vault.check()).toMatchObject({ clean: true, findings: [] });
  });

  test("a flipped bit, wherever in the file it is", async () => {
    const { card, path, bytes } = await oneClip();
    for (let offset = 0; offset < bytes.length; offset += 7) {
      const flipped = Buffer.from(bytes);
      flipped[offset] = (flipped[offset] ?? 0) ^ (1 << (offset % 8));
      await writeFile(path, flipped);
      expect((await card.vault.check()).clean, `bit flipped at ${offset}`).toBe(false);
    }
    await writeFile(path, bytes);
    expect((await card.vault.check()).clean).toBe(true);
  });

  test("a damaged fragment by lane and index, and reading it fails while its neighbours are read", async () => {
    const { card, id, path, bytes, fragmentAt } = await oneClip();
    bytes[fragmentAt + 5] = (bytes[fragmentAt + 5] ?? 0) ^ 1;
    await writeFile(path, bytes);
    expect((await card.vault.check()).findings).toMatchObject([
      {
        code: "check/fragment-damaged",
        clip: toHex(id),
        text: expect.stringContaining("1 of its video fragments changed on the card: 1"),
      },
    ]);
    await card.vault.start();
    await expect(card.vault.readFragment(id, LANES.video, 1)).rejects.toMatchObject({ code: "vault/fragment-damaged" });
    await expect(card.vault.readFragment(id, LANES.video, 2)).resolves.toBeDefined();
  });

  test("a manifest by another key, of another clip, or of other fragments", async () => {
    const clip = await oneClip();
    await reclose(clip, {});
    expect(await codes(clip.card), "control: the same closing again").toEqual([]);
    await reclose(clip, {}, deviceSigningSeed, new Uint8Array(32).fill(9));
    expect(await codes(clip.card)).toContain("check/manifest-signature");
    await reclose(clip, { clip: new Uint8Array(16) });
    expect(await codes(clip.card)).toContain("check/manifest-binding");
    await reclose(clip, { root: new Uint8Array(32) });
    expect(await codes(clip.card)).toContain("check/manifest-root");
    await reclose(clip, { leaves: { video: 2, audio: 1, meta: 2, thumbnail: 1 } });
    expect(await codes(clip.card)).toContain("check/manifest-root");
  });

  test("a clip-key statement by another device", async () => {
    const clip = await oneClip();
    await reclose(clip, {}, new Uint8Array(32).fill(3));
    expect(await codes(clip.card)).toContain("check/clip-key-signature");
  });

  test("fragments that changed places", async () => {
    const { card, path, bytes, fragmentAt } = await oneClip();
    const recordBytes = LEAF_BYTES + 216;
    const start = fragmentAt - LEAF_BYTES;
    const swapped = Buffer.from(bytes);
    bytes.copy(swapped, start, start + recordBytes, start + 2 * recordBytes);
    bytes.copy(swapped, start + recordBytes, start, start + recordBytes);
    await writeFile(path, swapped);
    expect((await card.vault.check()).clean).toBe(false);
  });

  test("a file under another clip's name", async () => {
    const { card, path } = await oneClip();
    await cp(path, join(card.dir, "clips", `${"0".repeat(32)}.clip`));
    expect(await codes(card)).toEqual(["check/head-damaged", "check/row-missing"]);
  });

  test("rows that say otherwise than the file, rows without a file, files without a row", async () => {
    const { card, path, id } = await oneClip();
    const catalog = new Database(join(card.dir, "catalog.db"));
    catalog.exec("UPDATE fragment SET offset = offset + 1 WHERE lane = 1");
    catalog.close();
    expect(await codes(card)).toEqual(["check/row-differs"]);
    await cp(path, join(card.dir, "elsewhere"));
    await unlink(path);
    expect(await codes(card)).toEqual(["check/row-without-file"]);
    const emptied = new Database(join(card.dir, "catalog.db"));
    emptied.exec("DELETE FROM fragment; DELETE FROM clip");
    emptied.close();
    await cp(join(card.dir, "elsewhere"), card.clipPath(id));
    expect(await codes(card)).toEqual(["check/row-missing"]);
  });
});

describe("repair", () => {
  test("mends a wrong, an empty and a missing catalog from the files alone", async () => {
    const { card, id } = await oneClip();
    await card.vault.start();
    await card.vault.pin(id);
    await card.vault.stop();
    const path = join(card.dir, "catalog.db");
    const damages: (() => Promise<void>)[] = [
      async () => {
        const catalog = new Database(path);
        catalog.exec("UPDATE fragment SET length = 1; UPDATE clip SET bytes = 5, day = 3");
        catalog.close();
      },
      () => writeFile(path, ""),
      () => unlink(path),
      () => writeFile(path, "SQLite format 3\0 but nothing else".repeat(50)),
    ];
    for (const damage of damages) {
      await damage();
      expect((await card.vault.check()).clean).toBe(false);
      const report = await card.vault.check({ repair: true });
      expect(report.clean).toBe(true);
      expect(report.findings.every(({ repaired }) => repaired)).toBe(true);
      expect(await codes(card)).toEqual([]);
    }
    await card.vault.start();
    expect(card.vault.find(id)).toMatchObject({ pinned: true, leaves: { video: 3 } });
  });

  test("closes a clip that was never closed", async () => {
    const card = await startVault();
    const clip = await openClip(card);
    await clip.append(LANES.video, videoFragment(0, 50));
    const after = await makeVault({ dir: await copyAsAfterPowerCut(card) });
    expect(await codes(after)).toEqual(["check/not-closed"]);
    expect(await after.vault.check({ repair: true })).toMatchObject({ clean: true });
    expect(await codes(after)).toEqual([]);
  });

  test("leaves a damaged fragment as it is and says so", async () => {
    const { card, path, bytes, fragmentAt } = await oneClip();
    bytes[fragmentAt] = (bytes[fragmentAt] ?? 0) ^ 1;
    await writeFile(path, bytes);
    expect(await card.vault.check({ repair: true })).toMatchObject({
      clean: false,
      findings: [{ code: "check/fragment-damaged", repaired: false }],
    });
    expect(await readFile(path)).toEqual(bytes);
  });

  test("reports its progress and is ended by its signal", async () => {
    const card = await startVault();
    for (let i = 0; i < 3; i += 1) await recordClip(card, 1, 10);
    const seen: number[] = [];
    await card.vault.check({ onProgress: ({ clipsDone }) => seen.push(clipsDone) });
    expect(seen).toEqual([1, 2, 3]);
    await expect(card.vault.check({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });

  test("is refused while a clip is being recorded", async () => {
    const card = await startVault();
    await openClip(card);
    await expect(card.vault.check({ repair: true })).rejects.toMatchObject({ code: "vault/still-open" });
    expect((await card.vault.check()).findings).toEqual([]);
  });
});
