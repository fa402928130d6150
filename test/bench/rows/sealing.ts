import { createHash } from "node:crypto";
import sodium from "sodium-native";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { wipe } from "../../../src/protocol/bytes.ts";
import { LANES, LaneRatchet } from "../../../src/protocol/clip-keys.ts";
import { encodeLeaf, sealFragment } from "../../../src/protocol/fragment.ts";
import { leafHash } from "../../../src/protocol/merkle.ts";
import type { Measurement } from "../context.ts";
import { makeRow, type Pair, type RowDefinition } from "../row.ts";

const definition: RowDefinition = {
  name: "sealing a minute of 2 Mbit/s video",
  unit: "ms CPU",
  referenceName: "bare secretbox and SHA-256 of the same bytes",
  target: { of: "ours", atMost: 45 },
};

const FRAGMENTS_PER_MINUTE = 60;
const FRAGMENT_BYTES = 250_000;
const MINUTES = 10;

/** Mean over some minutes, since one is short against the 1 ms that the CPU clock resolves. */
function cpuMsPerMinute(sealOne: (plain: Uint8Array) => void): number {
  const plains = Array.from({ length: FRAGMENTS_PER_MINUTE }, () => nodeCrypto.randomBytes(FRAGMENT_BYTES));
  const before = process.cpuUsage();
  for (let minute = 0; minute < MINUTES; minute += 1) for (const plain of plains) sealOne(plain);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / MINUTES;
}

/** What the vault does to a fragment before it is written: next key, seal, wipe, leaf, Merkle hash. */
function ours(): number {
  const clip = nodeCrypto.randomBytes(16);
  const ratchet = new LaneRatchet(nodeCrypto, nodeCrypto.randomBytes(32), LANES.video);
  return cpuMsPerMinute((plain) => {
    const { index, key } = ratchet.next();
    const { leaf } = sealFragment(nodeCrypto, clip, LANES.video, index, key, plain);
    wipe(key);
    wipe(plain);
    leafHash(nodeCrypto, encodeLeaf(leaf));
  });
}

function bare(): number {
  const key = sodium.sodium_malloc(sodium.crypto_secretbox_KEYBYTES);
  const nonce = Buffer.alloc(sodium.crypto_secretbox_NONCEBYTES);
  const out = Buffer.alloc(FRAGMENT_BYTES + sodium.crypto_secretbox_MACBYTES);
  return cpuMsPerMinute((plain) => {
    sodium.crypto_secretbox_easy(out, Buffer.from(plain.buffer, plain.byteOffset, plain.length), nonce, key);
    createHash("sha256").update(out).digest();
  });
}

export const sealing: Measurement = {
  rows: [definition.name],
  async measure({ pairs: count }) {
    ours(); // warm-up: the compiler has seen both
    bare();
    const pairs: Pair[] = Array.from({ length: count }, () => ({ ours: ours(), reference: bare() }));
    return [makeRow(definition, pairs)];
  },
};
