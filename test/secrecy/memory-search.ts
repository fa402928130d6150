import { setImmediate } from "node:timers/promises";
import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import type { OwnerState } from "../../src/owner/owner-state.ts";
import type { ClipHead } from "../../src/owner/verify-clip.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import { clipSecrets, SEED } from "./clip-secrets.ts";
import { isOwnMemory, type Mapping, readableMappings, withMemory } from "./process-memory.ts";
import { readSome, Search } from "./search.ts";

export interface KeyHits {
  /** Places of the seed itself. */
  readonly seed: number;
  /** Names of other secrets found that open the clip or a part of it. */
  readonly keys: readonly string[];
  /** Places of ephemeral secrets of the wraps: with a member's public key such a one opens the wrap. */
  readonly ephemeral: readonly string[];
  readonly bytes: number;
}

/** Lets signals through between its steps: it takes some seconds. @param pid - Frozen. */
export async function searchMemory(pid: number, owner: OwnerState, head: ClipHead): Promise<KeyHits> {
  const { patterns, ephemeralPublicKeys } = clipSecrets(owner, head);
  const search = new Search(patterns);
  const mappings = readableMappings(pid);
  const wanted = new Set(ephemeralPublicKeys.map(toHex));
  const ephemeral = await withMemory(pid, async (memory) => {
    const found: string[] = [];
    for (const mapping of mappings) {
      const { start, end, name } = mapping;
      search.range(memory, `${name || "heap"} ${start.toString(16)}`, start, end);
      await setImmediate();
      if (isOwnMemory(mapping)) found.push(...(await secretsIn(mapping, memory, wanted)));
    }
    return found;
  });
  return {
    seed: search.hits.filter(({ pattern }) => pattern === SEED).length,
    keys: search.hits.filter(({ pattern }) => pattern !== SEED).map(({ pattern, where }) => `${pattern}: ${where}`),
    ephemeral,
    bytes: search.bytes,
  };
}

const SECRET_BYTES = 32;
/** JavaScript's and the C library's allocations begin at multiples of this. */
const ALIGNMENT = 8;
const CHUNK_BYTES = 1024 * 1024;

/** Nobody but the device ever had these secrets, so every stretch of memory that could be one is tried. */
async function secretsIn(
  { start, end, name }: Mapping,
  memory: number,
  publicKeys: ReadonlySet<string>,
): Promise<string[]> {
  const chunk = Buffer.alloc(CHUNK_BYTES + SECRET_BYTES);
  const found: string[] = [];
  for (let at = start; at < end; at += CHUNK_BYTES) {
    await setImmediate();
    const length = readSome(memory, chunk.subarray(0, Math.min(chunk.length, end - at)), at);
    for (let offset = 0; offset + SECRET_BYTES <= length && offset < CHUNK_BYTES; offset += ALIGNMENT) {
      const secret = chunk.subarray(offset, offset + SECRET_BYTES);
      if (!looksRandom(secret) || !publicKeys.has(toHex(crypto.boxKeyFromSecret(secret).publicKey))) continue;
      found.push(`ephemeral secret: ${name || "heap"} at ${(at + offset).toString(16)}`);
    }
  }
  return found;
}

/** Leaves out pointers, code and text. Of 32 random bytes fewer than one in ten million sets has so few values or so many zeros. */
function looksRandom(bytes: Uint8Array): boolean {
  let zeros = 0;
  let high = 0;
  for (const byte of bytes) {
    if (byte === 0) zeros += 1;
    if (byte >= 0x80) high += 1;
  }
  return zeros <= 4 && high >= 3 && new Set(bytes).size >= 22;
}
