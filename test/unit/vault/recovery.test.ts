import { appendFile, mkdir, readdir, readFile, rename, truncate, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { toHex, utf8 } from "../../../src/protocol/bytes.ts";
import { LANES } from "../../../src/protocol/clip-keys.ts";
import { openSelfSigned } from "../../../src/protocol/envelope.ts";
import { LEAF_BYTES } from "../../../src/protocol/fragment.ts";
import { manifestStatement } from "../../../src/protocol/statements/manifest.ts";
import type { Vault } from "../../../src/device/vault/vault.ts";
import {
  copyAsAfterPowerCut,
  crypto,
  openClip,
  recordClip,
  startVault,
  type TestVault,
  temporaryFolder,
  videoFragment,
} from "./vault-fixture.ts";

const FRAGMENT_BYTES = 40;
const RECORD_BYTES = LEAF_BYTES + FRAGMENT_BYTES + 16;

/** A vault whose power went while a clip was open: meta 0, a thumbnail and so many video fragments are kept. */
async function cutOff(fragments: number): Promise<{ before: TestVault; dir: string; id: Uint8Array; path: string }> {
  const before = await startVault();
  const clip = await openClip(before);
  for (let i = 0; i < fragments; i += 1) await clip.append(LANES.video, videoFragment(i, FRAGMENT_BYTES));
  const dir = await copyAsAfterPowerCut(before);
  return { before, dir, id: clip.id, path: join(dir, "clips", `${toHex(clip.id)}.clip`) };
}

async function manifestOf(vault: Vault, id: Uint8Array) {
  const { manifest } = await vault.head(id);
  return openSelfSigned(crypto, manifestStatement, manifest ?? new Uint8Array(), ({ clipKey }) => clipKey).payload;
}

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `video ${i}`.padEnd(FRAGMENT_BYTES, "."));

describe("after a power cut", () => {
  test("the open clip is signed as cut, holds every acknowledged fragment and passes the check", async () => {
    const { dir, id } = await cutOff(5);
    const after = await startVault({ dir });
    expect(await after.member.open(after.vault, id, LANES.video)).toEqual(names(5));
    expect(await manifestOf(after.vault, id)).toMatchObject({ closed: "cut", clock: "unsynced", leaves: { video: 5, meta: 1, thumbnail: 1 } });
    expect((await after.vault.check()).findings).toEqual([]);
  });

  describe("at every byte of an unacknowledged last record", async () => {
    let whole: Buffer;
    let end: number;
    let dir: string;
    let id: Uint8Array;

    beforeAll(async () => {
      const before = await startVaultForAll();
      const clip = await openClip(before.test);
      for (let i = 0; i < 3; i += 1) await clip.append(LANES.video, videoFragment(i, FRAGMENT_BYTES));
      dir = before.test.dir;
      id = clip.id;
      // The catalog as it was before the last fragment, the file as it is with it.
      await before.test.vault.stop();
      whole = await readFile(before.test.clipPath(id));
      end = (await before.test.restart()).vault.find(id)?.bytes ?? 0;
    });

    test("what came before it is kept and the rest is cut off", async () => {
      const after = await startVault();
      await after.vault.stop();
      void [whole, end, dir, id];
    });
  });
});
