/** The grant: single fragment keys, sealed to one recipient by the owner. Without it a share is unreadable. */

import { assertLength, concatBytes, readU32, u32, wipe } from "./bytes.ts";
import { isLane, type Lane } from "./clip-keys.ts";
import type { BoxKeyPair, Crypto } from "./crypto.ts";
import { ProtocolError } from "./errors.ts";
import { ownHash } from "./hash.ts";
import { openSealed, sealTo } from "./sealed-message.ts";

export interface GrantEntry {
  readonly lane: Lane;
  readonly index: number;
  readonly key: Uint8Array;
}

export interface Grant {
  readonly clip: Uint8Array;
  /** Sorted by lane, then index; none twice. */
  readonly entries: readonly GrantEntry[];
}

const CLIP_BYTES = 16;
const ENTRY_BYTES = 37;

const isAfter = (a: GrantEntry, b: GrantEntry): boolean => a.lane > b.lane || (a.lane === b.lane && a.index > b.index);

/**
 * `ephemeral public key 32 · box(clip 16 · entries)`, an entry being `lane 1 · index 4 · key 32`.
 * @param entries - In any order.
 * @throws {@link ProtocolError} `key/weak`.
 */
export function makeGrant(
  crypto: Crypto,
  clip: Uint8Array,
  entries: readonly GrantEntry[],
  recipientBoxPublic: Uint8Array,
): Uint8Array {
  assertLength(clip, CLIP_BYTES, "clip id");
  const sorted = entries.toSorted((a, b) => (isAfter(a, b) ? 1 : -1));
  const plain = concatBytes(clip, ...sorted.flatMap(({ lane, index, key }) => [Uint8Array.of(lane), u32(index), key]));
  const grant = sealTo(crypto, recipientBoxPublic, plain);
  wipe(plain);
  return grant;
}

function readEntry(bytes: Uint8Array): GrantEntry {
  const lane = bytes[0] ?? 0;
  if (!isLane(lane)) throw new ProtocolError("grant/shape", `grant names lane ${lane}`);
  return { lane, index: readU32(bytes, 1), key: bytes.slice(5, ENTRY_BYTES) };
}

/**
 * Null when the grant is sealed to somebody else.
 * @throws {@link ProtocolError} `grant/shape` when what it holds is not a sorted list of keys.
 */
export function openGrant(crypto: Crypto, grant: Uint8Array, recipientBoxKey: BoxKeyPair): Grant | null {
  const plain = openSealed(crypto, recipientBoxKey, grant);
  if (plain === null) return null;
  const entryBytes = plain.length - CLIP_BYTES;
  if (entryBytes < 0 || entryBytes % ENTRY_BYTES !== 0) throw new ProtocolError("grant/shape", "grant is cut short");
  const entries = Array.from({ length: entryBytes / ENTRY_BYTES }, (_, i) =>
    readEntry(plain.subarray(CLIP_BYTES + i * ENTRY_BYTES, CLIP_BYTES + (i + 1) * ENTRY_BYTES)),
  );
  const isSorted = entries.every((entry, i) => {
    const previous = entries[i - 1];
    return previous === undefined || isAfter(entry, previous);
  });
  if (!isSorted) throw new ProtocolError("grant/shape", "grant's keys are not sorted, or one is there twice");
  return { clip: plain.slice(0, CLIP_BYTES), entries };
}

export const grantDigest = (crypto: Crypto, grant: Uint8Array): Uint8Array => ownHash(crypto, "grant", grant);
