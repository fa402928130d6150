import { mkdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { systemClock } from "../../../src/device/platform/clock.ts";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { closingRecords, signClosing } from "../../../src/device/vault/closing.ts";
import { LeafSet } from "../../../src/device/vault/leaf-set.ts";
import { Vault } from "../../../src/device/vault/vault.ts";
import { toHex } from "../../../src/protocol/bytes.ts";
import { encodeClipHead } from "../../../src/protocol/clip-file.ts";
import { LANES, type Lane } from "../../../src/protocol/clip-keys.ts";
import { encodeLeaf, LEAF_BYTES } from "../../../src/protocol/fragment.ts";
import type { Measurement } from "../context.ts";
import { makeRow, type Pair, type RowDefinition } from "../row.ts";

const definition: RowDefinition = {
  name: "catalog rebuild",
  unit: "fragments/s",
  referenceName: "the same rows into an empty SQLite table, 1,000 a commit",
  target: { of: "ours", atLeast: 100_000 },
};

/** 28 hours of recording, in two-minute clips. */
const CLIPS = 840;
const VIDEO_PER_CLIP = 120;
const AUDIO_PER_CLIP = 240;
const VIDEO_BYTES = 250_000;
const AUDIO_BYTES = 4000;

interface Shape {
  readonly lane: Lane;
  readonly count: number;
  readonly bytes: number;
}
const SHAPES: readonly Shape[] = [
  { lane: LANES.meta, count: 2, bytes: 900 },
  { lane: LANES.video, count: VIDEO_PER_CLIP, bytes: VIDEO_BYTES },
  { lane: LANES.audio, count: AUDIO_PER_CLIP, bytes: AUDIO_BYTES },
];
const FRAGMENTS = CLIPS * SHAPES.reduce((sum, { count }) => sum + count, 0);

/** A clip file of true size whose ciphertext is a hole: the rebuild reads heads, leaf data and manifests only. */
async function writeClip(folder: string, deviceSigningSeed: Uint8Array, day: number): Promise<void> {
  const clip = nodeCrypto.randomBytes(16);
  const file = await open(join(folder, `${toHex(clip)}.clip`), "w", 0o600);
  try {
    const head = encodeClipHead(nodeCrypto, { clip, day, wraps: [nodeCrypto.randomBytes(84)] });
    await file.write(head, 0, head.length, 0);
    const leaves = new LeafSet();
    let offset = head.length;
    for (const { lane, count, bytes } of SHAPES) {
      for (let index = 0; index < count; index += 1) {
        const hash = nodeCrypto.sha256(head, Uint8Array.of(lane, index));
        const leaf = { lane, index, length: bytes, ciphertextHash: hash, keyCommitment: hash };
        leaves.add(leaf);
        await file.write(encodeLeaf(leaf), 0, LEAF_BYTES, offset);
        offset += LEAF_BYTES + bytes;
      }
    }
    const closing = await signClosing(nodeCrypto, deviceSigningSeed, clip, leaves, { closed: "full", clock: "synced" });
    const end = closingRecords(nodeCrypto, closing);
    await file.write(end, 0, end.length, offset);
  } finally {
    await file.close();
  }
}

function bareInserts(path: string): number {
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec(`CREATE TABLE fragment (clip INTEGER, lane INTEGER, "index" INTEGER, offset INTEGER, length INTEGER,
    PRIMARY KEY (clip, lane, "index")) WITHOUT ROWID`);
  const insert = db.prepare("INSERT INTO fragment VALUES (?, ?, ?, ?, ?)");
  const started = performance.now();
  const batch = db.transaction((from: number) => {
    for (let i = from; i < Math.min(from + 1000, FRAGMENTS); i += 1)
      insert.run(Math.floor(i / 362), 1, i % 362, i * 1000, 1000);
  });
  for (let from = 0; from < FRAGMENTS; from += 1000) batch(from);
  const seconds = (performance.now() - started) / 1000;
  db.close();
  return FRAGMENTS / seconds;
}

export const rebuild: Measurement = {
  rows: [definition.name],
  async measure({ pairs: count, workDir, say }) {
    const dir = join(workDir, "vault");
    const deviceSigningSeed = nodeCrypto.randomBytes(32);
    const config = { dir, quotaBytes: 1e13 };
    const ports = {
      crypto: nodeCrypto,
      clock: { ...systemClock, synced: () => false },
      log: silentLog,
      deviceSigningSeed,
    };
    mkdirSync(join(dir, "clips"), { recursive: true });
    say(`writing ${CLIPS} clips with ${FRAGMENTS.toLocaleString("en")} fragments`);
    const today = Math.floor(Date.now() / 86_400_000);
    for (let i = 0; i < CLIPS; i += 1) await writeClip(join(dir, "clips"), deviceSigningSeed, today);
    const vault = new Vault(config, ports);
    await vault.start();
    const pairs: Pair[] = [];
    for (let i = 0; i < count; i += 1) {
      const started = performance.now();
      const { fragments } = await vault.rebuildCatalog();
      const seconds = (performance.now() - started) / 1000;
      if (fragments !== FRAGMENTS) throw new Error(`${fragments} of ${FRAGMENTS} fragments were found again`);
      pairs.push({ ours: fragments / seconds, reference: bareInserts(join(workDir, `bare-${i}.db`)) });
    }
    await vault.stop();
    return [makeRow(definition, pairs)];
  },
};
