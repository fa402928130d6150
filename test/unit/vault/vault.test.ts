import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/protocol/bytes.ts";
import { LANES } from "../../../src/protocol/clip-keys.ts";
import { openSelfSigned, openStatement } from "../../../src/protocol/envelope.ts";
import { clipKeyStatement } from "../../../src/protocol/statements/clip-key.ts";
import { manifestStatement } from "../../../src/protocol/statements/manifest.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";
import {
  copyAsAfterPowerCut,
  crypto,
  deviceSigningSeed,
  Member,
  MS_PER_DAY,
  openClip,
  recordClip,
  startVault,
  videoFragment,
} from "./vault-fixture.ts";

describe("a clip", () => {
  test("is opened again by the member it was sealed for, fragment by fragment", async () => {
    const card = await startVault();
    const id = await recordClip(card, 3, 20);
    expect(await card.member.open(card.vault, id, LANES.video)).toEqual(
      [0, 1, 2].map((i) => `video ${i}`.padEnd(20, ".")),
    );
    expect(await card.member.open(card.vault, id, LANES.audio)).toEqual(["audio 0"]);
    expect(await card.member.open(card.vault, id, LANES.thumbnail)).toEqual(["a jpeg"]);
    expect(await card.member.open(card.vault, id, LANES.meta)).toEqual(["meta 0", "meta 1"]);
  });

  test("is opened by every member of the household and by nobody else", async () => {
    const { vault } = await startVault();
    const members = [new Member("anna"), new Member("berta")];
    const recipients = members.map((member) => member.keyOf(vault.today()));
    const clip = await vault.openClip({ recipients, meta: utf8("meta 0") });
    await clip.close("full", utf8("meta 1"));
    for (const member of members) expect(await member.open(vault, clip.id, LANES.meta)).toEqual(["meta 0", "meta 1"]);
    await expect(new Member("carla").open(vault, clip.id, LANES.meta)).rejects.toThrow("no wrap");
  });

  test("carries a manifest by its own key and a statement by the device that the key is its", async () => {
    const card = await startVault();
    const id = await recordClip(card, 3);
    const { manifest, clipKey } = await card.vault.head(id);
    const { payload } = openSelfSigned(
      crypto,
      manifestStatement,
      manifest ?? new Uint8Array(),
      ({ clipKey: key }) => key,
    );
    expect(payload).toMatchObject({
      clip: id,
      closed: "full",
      clock: "synced",
      leaves: { video: 3, audio: 1, thumbnail: 1, meta: 2 },
    });
    const device = crypto.signingKeyFromSeed(deviceSigningSeed).publicKey;
    const binding = openStatement(crypto, clipKeyStatement, clipKey ?? new Uint8Array(), device).payload;
    expect(binding).toEqual({ device, clip: id, clipKey: payload.clipKey });
  });

  test("without any member who could open it is not recorded", async () => {
    const { vault, dir } = await startVault();
    const meta = utf8("meta 0");
    await expect(vault.openClip({ recipients: [], meta })).rejects.toMatchObject({ code: "vault/no-recipient" });
    expect(await readdir(join(dir, "clips"))).toEqual([]);
    expect(meta).toEqual(new Uint8Array(6));
  });

  test("leaves no plain byte behind: what was appended is zeros, what is on disk is sealed", async () => {
    const card = await startVault();
    const clip = await openClip(card);
    const plain = utf8("MARKER-in-the-picture");
    await clip.append(LANES.video, plain);
    await clip.close("full", utf8("MARKER-in-the-meta"));
    expect(plain.every((byte) => byte === 0)).toBe(true);
    await card.vault.stop();
    for (const file of await readdir(card.dir, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const bytes = await readFile(join(file.parentPath, file.name));
      expect(bytes.includes("MARKER"), file.name).toBe(false);
    }
  });

  test("takes nothing more once it is closed, and closing twice is closing once", async () => {
    const card = await startVault();
    const clip = await openClip(card);
    const [first, second] = await Promise.all([clip.close("full", utf8("a")), clip.close("cut", utf8("b"))]);
    expect(second).toBe(first);
    await expect(clip.append(LANES.video, utf8("late"))).rejects.toMatchObject({ code: "vault/closed" });
  });

  test("is listed, read and headed while it is being recorded", async () => {
    const card = await startVault();
    const clip = await openClip(card);
    await clip.append(LANES.video, videoFragment(0, 20));
    expect(card.vault.list()).toMatchObject([
      { id: clip.id, state: "open", leaves: { video: 1, thumbnail: 1, meta: 1, audio: 0 } },
    ]);
    expect(await card.member.open(card.vault, clip.id, LANES.video)).toEqual(["video 0".padEnd(20, ".")]);
    expect(await card.vault.head(clip.id)).toMatchObject({ manifest: null, clipKey: null });
    await expect(card.vault.erase(clip.id)).rejects.toMatchObject({ code: "vault/still-open" });
    await expect(card.vault.readFragment(clip.id, LANES.video, 1)).rejects.toMatchObject({
      code: "vault/fragment-not-found",
    });
  });

  test("keeps the order of fragments that were appended without waiting", async () => {
    const card = await startVault();
    const clip = await openClip(card);
    const receipts = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        clip.append(i % 2 === 0 ? LANES.video : LANES.audio, utf8(`fragment ${i}`)),
      ),
    );
    await clip.close("full", utf8("meta 1"));
    expect(receipts.map(({ index }) => index)).toEqual(Array.from({ length: 100 }, (_, i) => Math.floor(i / 2)));
    expect(await card.member.open(card.vault, clip.id, LANES.audio)).toEqual(
      Array.from({ length: 50 }, (_, i) => `fragment ${2 * i + 1}`),
    );
  });

  test("that the daemon's end interrupts is signed as cut", async () => {
    const card = await startVault();
    const clip = await openClip(card);
    await clip.append(LANES.video, utf8("video 0"));
    const { vault } = await card.restart();
    const { manifest } = await vault.head(clip.id);
    const { payload } = openSelfSigned(crypto, manifestStatement, manifest ?? new Uint8Array(), (of) => of.clipKey);
    expect(payload).toMatchObject({ closed: "cut", clock: "synced", leaves: { video: 1, meta: 1 } });
  });
});

describe("the card tells", () => {
  test("days and not times: file dates are the clip's day at midnight", async () => {
    const card = await startVault();
    const clip = await openClip(card);
    await clip.append(LANES.video, utf8("x"));
    await clip.close("full", utf8("meta 1"));
    for (const path of [
      card.clipPath(clip.id),
      join(card.dir, "clips"),
      join(card.dir, "catalog.db"),
      join(card.dir, "catalog.db-wal"),
    ]) {
      expect((await stat(path)).mtimeMs, path).toBe(clip.day * MS_PER_DAY);
    }
  });

  test("no access: reading a clip does not change the file's access date", async () => {
    const card = await startVault();
    const id = await recordClip(card);
    const before = await stat(card.clipPath(id));
    await card.vault.readFragment(id, LANES.video, 0);
    expect((await stat(card.clipPath(id))).atimeMs).toBe(before.atimeMs);
  });

  test("an erased clip's row nowhere, not even in the log beside the catalog", async () => {
    const card = await startVault();
    const id = await recordClip(card);
    await card.vault.erase(id);
    const files = await readdir(card.dir, { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile())) {
      expect((await readFile(join(file.parentPath, file.name))).includes(Buffer.from(id)), file.name).toBe(false);
    }
    await expect(card.vault.head(id)).rejects.toMatchObject({ code: "vault/clip-not-found" });
  });
});

describe("days", () => {
  test("never fall behind the last one on disk, whatever the clock says", async () => {
    const card = await startVault();
    const before = card.vault.today();
    await recordClip(card);
    card.clock.jumpTo(0);
    expect(card.vault.today()).toBe(before);
    expect((await card.restart()).vault.today()).toBe(before);
  });

  test("of an unsynced clock erase nothing and stand in the manifest", async () => {
    const card = await startVault({ retentionDays: 1 });
    await recordClip(card);
    card.clock.isSynced = false;
    card.clock.jumpTo(card.clock.nowMs() + 1000 * MS_PER_DAY);
    const id = await recordClip(card);
    expect(card.vault.list()).toHaveLength(2);
    const { manifest } = await card.vault.head(id);
    expect(
      openSelfSigned(crypto, manifestStatement, manifest ?? new Uint8Array(), (of) => of.clipKey).payload.clock,
    ).toBe("unsynced");
  });
});

describe("retention", () => {
  test("erases a clip after its days and keeps a pinned one", async () => {
    const card = await startVault({ retentionDays: 14 });
    const [old, pinned] = [await recordClip(card), await recordClip(card)];
    await card.vault.pin(pinned);
    await card.clock.advance(14 * MS_PER_DAY);
    expect(card.vault.list()).toHaveLength(2);
    card.clock.jumpTo(card.clock.nowMs() + MS_PER_DAY);
    expect(await card.vault.enforceRetention()).toBe(1);
    expect(card.vault.find(old)).toBeNull();
    expect(card.vault.find(pinned)).toMatchObject({ pinned: true });
  });

  test("runs by itself within the hour", async () => {
    const card = await startVault({ retentionDays: 1 });
    await recordClip(card);
    card.clock.jumpTo(card.clock.nowMs() + 3 * MS_PER_DAY);
    await card.clock.advance(3_600_000);
    await expect.poll(() => card.vault.list()).toEqual([]);
    await card.vault.stop();
    expect(card.clock.waiting).toBe(0);
  });

  test("makes room in the quota by erasing the oldest unpinned clips, never the newest recording", async () => {
    const card = await startVault({ quotaBytes: 100_000 });
    const clips: Uint8Array[] = [];
    for (let i = 0; i < 8; i += 1) {
      clips.push(await recordClip(card, 10, 2000));
      if (i === 0) await card.vault.pin(clips[0] ?? new Uint8Array());
    }
    const kept = card.vault.list().map(({ id }) => id);
    expect(kept).toContainEqual(clips[0]);
    expect(kept).toContainEqual(clips[7]);
    expect(kept).not.toContainEqual(clips[1]);
    expect(card.vault.usage().bytes).toBeLessThanOrEqual(100_000);
    expect((await card.vault.check()).findings).toEqual([]);
    const told = card.log.lines.filter(({ level }) => level !== "debug");
    expect(told, "nothing that tells a thief of the card's journal when somebody was filmed").toEqual([]);
  });

  test("with nothing to erase ends the recording as cut with what was kept, and says why", async () => {
    const card = await startVault({ quotaBytes: 100_000 });
    await card.vault.pin(await recordClip(card, 10, 5000));
    const clip = await openClip(card);
    const appended = Array.from(
      { length: 20 },
      async (_, i) => (await clip.append(LANES.video, videoFragment(i, 5000))).index,
    );
    const results = await Promise.allSettled(appended);
    const kept = results.filter(({ status }) => status === "fulfilled").length;
    expect(results.at(-1)).toMatchObject({ reason: { code: "vault/full" } });
    const closed = await clip.close("full", utf8("meta 1"));
    const { payload } = openSelfSigned(crypto, manifestStatement, closed.manifestEnvelope, (of) => of.clipKey);
    expect(payload).toMatchObject({ closed: "cut", leaves: { video: kept } });
    expect((await card.vault.check()).findings).toEqual([]);
    await expect(openClip(card)).resolves.toBeDefined(); // the cut clip itself is the oldest unpinned one
  });
});

describe("a pin", () => {
  test("survives a restart and the loss of the catalog", async () => {
    const card = await startVault();
    const id = await recordClip(card);
    await card.vault.pin(id);
    await card.vault.stop();
    await writeFile(join(card.dir, "catalog.db"), "not a database at all".repeat(100));
    const again = await card.restart();
    expect(again.vault.find(id)).toMatchObject({ pinned: true });
    await again.vault.unpin(id);
    expect((await again.restart()).vault.find(id)).toMatchObject({ pinned: false });
  });
});

describe("a factory reset", () => {
  test("leaves clips whole and to be opened by nobody", async () => {
    const card = await startVault();
    const closed = await recordClip(card);
    const open = await openClip(card);
    await open.append(LANES.video, utf8("video 0"));
    await card.vault.eraseWraps();
    for (const id of [closed, open.id]) {
      await expect(card.member.open(card.vault, id, LANES.video)).rejects.toThrow();
    }
    expect((await card.vault.check()).findings).toEqual([]);
    expect((await (await card.restart()).vault.check()).findings).toEqual([]);
    expect((await stat(card.clipPath(closed))).mtimeMs).toBe(open.day * MS_PER_DAY);
  });
});

describe("another configuration", () => {
  test("of quota and retention holds from the next clip on", async () => {
    const card = await startVault();
    for (let i = 0; i < 4; i += 1) await recordClip(card, 10, 2000);
    card.vault.configure({ quotaBytes: 60_000, retentionDays: 14 });
    const newest = await recordClip(card, 10, 2000);
    expect(card.vault.usage()).toMatchObject({ quotaBytes: 60_000 });
    expect(card.vault.usage().bytes).toBeLessThanOrEqual(60_000);
    expect(card.vault.find(newest)).not.toBeNull();
  });
});

describe("usage", () => {
  test("is the bytes of the clip files, over recording, erasing, restart and rebuild", async () => {
    const card = await startVault();
    const onDisk = async (): Promise<number> => {
      const names = await readdir(join(card.dir, "clips"));
      const sizes = await Promise.all(names.map(async (name) => (await stat(join(card.dir, "clips", name))).size));
      return sizes.reduce((sum, size) => sum + size, 0);
    };
    const first = await recordClip(card);
    await recordClip(card);
    await card.vault.erase(first);
    const open = await openClip(card);
    expect(card.vault.usage().bytes).toBe(await onDisk());
    await open.close("full", utf8("meta"));
    expect(card.vault.usage()).toMatchObject({ clips: 2, bytes: await onDisk() });
    await card.vault.rebuildCatalog();
    expect(card.vault.usage()).toMatchObject({ clips: 2, bytes: await onDisk() });
    expect((await card.restart()).vault.usage()).toMatchObject({ clips: 2, bytes: await onDisk() });
  });

  test("counts a recovered clip once", async () => {
    const card = await startVault();
    const clip = await openClip(card);
    await clip.append(LANES.video, videoFragment(0, 3000));
    const after = await startVault({ dir: await copyAsAfterPowerCut(card) }, {}, new FakeClock());
    const row = after.vault.find(clip.id);
    expect(after.vault.usage().bytes).toBe(row?.bytes);
    expect(row?.bytes).toBe((await stat(after.clipPath(clip.id))).size);
  });
});

test("a second process is told that the vault is in use", async () => {
  const card = await startVault();
  await expect(startVault({ dir: card.dir })).rejects.toMatchObject({ code: "vault/in-use" });
  await expect(card.vault.readRange(new Uint8Array(16), LANES.video, 0, 1).next()).rejects.toMatchObject({
    code: "vault/clip-not-found",
  });
});

test("ranges are read in order and end where asked", async () => {
  const card = await startVault();
  const id = await recordClip(card, 6, 100);
  const read: Uint8Array[] = [];
  for await (const ciphertext of card.vault.readRange(id, LANES.video, 2, 5)) read.push(ciphertext);
  expect(read).toEqual(await Promise.all([2, 3, 4].map((i) => card.vault.readFragment(id, LANES.video, i))));
});
