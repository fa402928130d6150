import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { openClipSeed } from "../../src/owner/clip-seed.ts";
import { OwnerError } from "../../src/owner/errors.ts";
import type { OwnerState } from "../../src/owner/owner-state.ts";
import { verifyClip } from "../../src/owner/verify-clip.ts";
import { fromHex } from "../../src/protocol/bytes.ts";
import { fragmentKeys, LANES, type Lane } from "../../src/protocol/clip-keys.ts";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { fragmentTiming, trackInfo } from "../../src/protocol/fmp4.ts";
import { openFragment } from "../../src/protocol/fragment.ts";
import { type ClipContent, keyOf, leafName, type Row, readCatalog, readClipFile } from "./clip-files.ts";

/** A fragment whose catalog row was committed before a kill: a promise. */
interface Acknowledged extends Row {
  /** Of the leaf data that were in the file then. */
  readonly leaf: string;
}

export interface Losses {
  /** Acknowledged fragments that are gone. */
  readonly lost: readonly string[];
  /** Acknowledged fragments that are there and are not what was promised, or do not open with the owner's key. */
  readonly corrupt: readonly string[];
}

/** What the catalogs seen before each kill promised; compared with what a device directory holds now. */
export class AcknowledgedFragments {
  readonly #device: Uint8Array;
  /** Clip id in hex → lane and index → promise. */
  readonly #promised = new Map<string, Map<string, Acknowledged>>();

  /** @param device - Its public signing key. */
  constructor(device: Uint8Array) {
    this.#device = device;
  }

  get count(): number {
    return [...this.#promised.values()].reduce((sum, clip) => sum + clip.size, 0);
  }

  get clips(): readonly string[] {
    return [...this.#promised.keys()];
  }

  /** @returns Acknowledged rows of which the file held no whole record: broken already when they were given. */
  note(frozenDevice: string): string[] {
    const empty: string[] = [];
    for (const { id, rows } of readCatalog(frozenDevice)) {
      const known = this.#promised.get(id) ?? new Map<string, Acknowledged>();
      this.#promised.set(id, known);
      if (rows.length === known.size) continue;
      const found = new Map(readClipFile(frozenDevice, id)?.records.map((record) => [keyOf(record.leaf), record]));
      for (const row of rows) {
        const record = found.get(keyOf(row));
        if (record === undefined) empty.push(`${id} ${keyOf(row)}: acknowledged before it was in the file`);
        else known.set(keyOf(row), { ...row, leaf: leafName(record) });
      }
    }
    return empty;
  }

  /** @param clips - Only these; by default all that were ever promised. */
  compare(device: string, owner: OwnerState, clips: readonly string[] = this.clips): Losses {
    const catalog = new Map(readCatalog(device).map(({ id, rows }) => [id, rows]));
    const lost: string[] = [];
    const corrupt: string[] = [];
    for (const id of clips) {
      const promised = this.#promised.get(id) ?? new Map<string, Acknowledged>();
      const rows = new Set(catalog.get(id)?.map(keyOf));
      const content = readClipFile(device, id);
      const found = new Map(content?.records.map((record) => [keyOf(record.leaf), record]));
      const whole: string[] = [];
      for (const [key, { leaf, offset }] of promised) {
        const record = found.get(key);
        if (record === undefined || !rows.has(key)) lost.push(`${id} ${key}`);
        else if (record.offset !== offset || leafName(record) !== leaf) corrupt.push(`${id} ${key}: another record`);
        else whole.push(key);
      }
      if (content !== null && whole.length > 0) corrupt.push(...faults(content, this.#device, owner, whole));
    }
    return { lost, corrupt };
  }
}

/** Opens the clip as its owner would, and looks whether picture and sound follow on without a gap. */
function faults(content: ClipContent, device: Uint8Array, owner: OwnerState, keys: readonly string[]): string[] {
  const id = Buffer.from(content.head.clip).toString("hex");
  try {
    verifyClip(crypto, device, fromHex(id), content.head);
    const seed = openClipSeed(crypto, owner, content.head);
    const wanted = new Set(keys);
    return Object.values(LANES).flatMap((lane) => laneFaults(id, content, seed, lane, wanted));
  } catch (error) {
    if (!(error instanceof OwnerError || error instanceof ProtocolError)) throw error;
    return [`${id}: ${error.code} ${error.message}`];
  }
}

function laneFaults(id: string, content: ClipContent, seed: Uint8Array, lane: Lane, wanted: Set<string>): string[] {
  const records = content.records
    .filter(({ leaf }) => leaf.lane === lane)
    .toSorted((a, b) => a.leaf.index - b.leaf.index);
  const keys = fragmentKeys(crypto, seed, lane, records.length);
  const found: string[] = [];
  let timescale = 0;
  let endTicks = 0;
  for (const { leaf, ciphertext } of records) {
    try {
      const plain = openFragment(crypto, content.head.clip, leaf, keys[leaf.index] ?? new Uint8Array(), ciphertext);
      if (lane !== LANES.video && lane !== LANES.audio) continue;
      if (leaf.index === 0) {
        timescale = trackInfo(plain).timescale;
        continue;
      }
      const { baseDecodeTime, durationTicks, sequence } = fragmentTiming(plain, timescale);
      const follows = leaf.index === 1 || Math.abs(baseDecodeTime - endTicks) <= timescale / 10;
      if (sequence !== leaf.index || !follows) found.push(`${id} ${keyOf(leaf)}: does not follow on the one before it`);
      endTicks = baseDecodeTime + durationTicks;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (wanted.has(keyOf(leaf))) found.push(`${id} ${keyOf(leaf)}: ${error.code}`);
    }
  }
  return found;
}
