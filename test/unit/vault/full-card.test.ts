import { execFileSync } from "node:child_process";
import { existsSync, statfsSync } from "node:fs";
import { mkdtemp, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type AppendFile, openAppend } from "../../../src/device/platform/durable-file.ts";
import { utf8 } from "../../../src/protocol/bytes.ts";
import { LANES } from "../../../src/protocol/clip-keys.ts";
import { openSelfSigned } from "../../../src/protocol/envelope.ts";
import { manifestStatement } from "../../../src/protocol/statements/manifest.ts";
import { crypto, openClip, recordClip, startVault, videoFragment } from "./vault-fixture.ts";

const closedAs = (envelope: Uint8Array) =>
  openSelfSigned(crypto, manifestStatement, envelope, (of) => of.clipKey).payload;

const noSpace = (): Error => Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });

/** A card that is full while `isFull` says so; a write that does not fit leaves half of itself, then is taken back. */
function fullCard(isFull: () => boolean, code = "ENOSPC") {
  return async (path: string, options: object): Promise<AppendFile> => {
    const file = await openAppend(path, options);
    return {
      get size() {
        return file.size;
      },
      async append(...parts) {
        if (!isFull()) return file.append(...parts);
        const size = file.size;
        await writeFile(path, utf8("half of a frag"), { flag: "a" });
        await truncate(path, size);
        throw code === "ENOSPC" ? noSpace() : Object.assign(new Error(`${code}: i/o error`), { code });
      },
      close: () => file.close(),
    };
  };
}

describe("on a full card", () => {
  test("the oldest clip makes room and the recording goes on", async () => {
    let refusals = 0;
    const card = await startVault({}, { openAppend: fullCard(() => refusals-- > 0) });
    const old = await recordClip(card);
    const clip = await openClip(card);
    refusals = 1;
    await clip.append(LANES.video, videoFragment(0, 100));
    expect(card.vault.find(old)).toBeNull();
    expect(closedAs((await clip.close("full", utf8("meta 1"))).manifestEnvelope)).toMatchObject({
      closed: "full",
      leaves: { video: 1 },
    });
    expect((await card.vault.check()).findings).toEqual([]);
  });

  test("with only pinned clips the recording ends as cut, whole up to there", async () => {
    let isFull = false;
    const card = await startVault({}, { openAppend: fullCard(() => isFull) });
    await card.vault.pin(await recordClip(card));
    const clip = await openClip(card);
    await clip.append(LANES.video, videoFragment(0, 100));
    isFull = true;
    const failing = clip.append(LANES.video, videoFragment(1, 100));
    await expect(failing).rejects.toMatchObject({ code: "vault/full" });
    await expect(clip.append(LANES.video, videoFragment(2, 100))).rejects.toMatchObject({ code: "vault/full" });
    await expect(clip.close("full", utf8("meta 1"))).rejects.toMatchObject({ code: "vault/full" });
    isFull = false;
    const after = await card.restart();
    const { manifest } = await after.vault.head(clip.id);
    expect(closedAs(manifest ?? new Uint8Array())).toMatchObject({ closed: "cut", leaves: { video: 1 } });
    expect((await after.vault.check()).findings).toEqual([]);
    expect(after.vault.list()).toHaveLength(2);
  });

  test("that refuses a write for another reason the recording ends, nothing is erased, and the start mends it", async () => {
    let isBroken = false;
    const card = await startVault({}, { openAppend: fullCard(() => isBroken, "EIO") });
    const old = await recordClip(card);
    const clip = await openClip(card);
    isBroken = true;
    await expect(clip.append(LANES.video, videoFragment(0, 100))).rejects.toMatchObject({ code: "vault/write-failed" });
    isBroken = false;
    const after = await card.restart();
    expect(after.vault.find(old)).not.toBeNull();
    expect((await after.vault.check()).findings).toEqual([]);
  });
});

/** A real file system of a few megabytes, where this user may mount one. */
async function smallCard(megabytes: number, skip: (note: string) => never): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "vault-card-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", dir], { stdio: "ignore" });
  } catch {
    await rm(dir, { recursive: true });
    skip("only root may mount");
  }
  onTestFinished(async () => {
    execFileSync("umount", ["-l", dir]);
    await rm(dir, { recursive: true });
  });
  return dir;
}

describe("on a real small file system", () => {
  test("ten times its size is recorded, the newest stays, and the check is clean", async (context) => {
    const dir = await smallCard(4, context.skip);
    const card = await startVault({ dir, quotaBytes: 1e12 });
    let newest = new Uint8Array();
    for (let i = 0; i < 40; i += 1) newest = (await recordClip(card, 10, 100_000)) as typeof newest;
    expect(card.vault.find(newest)).toMatchObject({ state: "sealed", leaves: { video: 10 } });
    expect(card.vault.list().length).toBeLessThan(5);
    expect((await card.vault.check()).findings).toEqual([]);
    expect((await (await card.restart()).vault.check()).findings).toEqual([]);
  });

  test("when pinned clips fill it the recording is cut, signed out of the ballast, and every kept fragment opens", async (context) => {
    const dir = await smallCard(4, context.skip);
    const card = await startVault({ dir, quotaBytes: 1e12 });
    await card.vault.pin(await recordClip(card, 10, 100_000));
    const clip = await openClip(card);
    const kept: number[] = [];
    const error = await (async () => {
      for (let i = 0; ; i += 1) kept.push((await clip.append(LANES.video, videoFragment(i, 50_000))).index);
    })().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "vault/full" });
    expect(kept.length).toBeGreaterThan(10);
    const closed = await clip.close("full", utf8("meta 1"));
    expect(closedAs(closed.manifestEnvelope)).toMatchObject({ closed: "cut", leaves: { video: kept.length } });
    expect(await card.member.open(card.vault, clip.id, LANES.video)).toHaveLength(kept.length);
    expect((await card.vault.check()).findings).toEqual([]);
    await card.vault.erase(clip.id);
    await recordClip(card, 2, 1000);
    expect((await stat(join(dir, "ballast.bin"))).size).toBeGreaterThan(0);
    expect(statfsSync(dir).bavail).toBeGreaterThan(0);
    expect(existsSync(join(dir, "aside"))).toBe(false);
  });
});
