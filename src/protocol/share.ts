/** A share: what is released of one clip, as a ustar archive that anyone can take apart. */

import { concatBytes } from "./bytes.ts";
import { isLane } from "./clip-keys.ts";
import { ProtocolError } from "./errors.ts";
import { decodeLeaf, encodeLeaf, LEAF_BYTES, type LeafData } from "./fragment.ts";
import { MAX_PATH_LENGTH } from "./merkle.ts";
import { paddedLength, readTar, TAR_BLOCK_BYTES, TAR_END_BYTES, type TarFile, tarHeader, writeTar } from "./tar.ts";

export interface ShareLeaf {
  readonly leaf: LeafData;
  /** Siblings from the leaf up. */
  readonly path: readonly Uint8Array[];
}

/** Everything but the fragments; small enough for memory. */
export interface ShareHead {
  readonly release: Uint8Array;
  readonly manifest: Uint8Array;
  /** Of exactly the shared fragments, sorted by lane, then index. */
  readonly leaves: readonly ShareLeaf[];
  readonly grant: Uint8Array;
  /** The owner's additions, sealed to the recipient like the grant. */
  readonly facts: Uint8Array | null;
}

export interface ShareFragment {
  readonly lane: number;
  readonly index: number;
  readonly ciphertext: Uint8Array;
}

export interface ShareParts extends ShareHead {
  /** In the order of the leaves. */
  readonly fragments: readonly ShareFragment[];
}

const HASH_BYTES = 32;
const shapeError = (message: string): ProtocolError => new ProtocolError("share/shape", message);

/** Per fragment: `leaf data 73 · path length 1 · path`. */
export function encodeShareLeaves(leaves: readonly ShareLeaf[]): Uint8Array {
  return concatBytes(...leaves.flatMap(({ leaf, path }) => [encodeLeaf(leaf), Uint8Array.of(path.length), ...path]));
}

/** @throws {@link ProtocolError} `share/shape` unless they are whole, of known lanes, and sorted without repetition. */
export function decodeShareLeaves(bytes: Uint8Array): ShareLeaf[] {
  const leaves: ShareLeaf[] = [];
  let at = 0;
  while (at < bytes.length) {
    const pathStart = at + LEAF_BYTES + 1;
    const pathLength = bytes[pathStart - 1];
    if (pathLength === undefined || pathLength > MAX_PATH_LENGTH) throw shapeError("leaf data are cut short");
    const end = pathStart + pathLength * HASH_BYTES;
    if (end > bytes.length) throw shapeError("a Merkle path is cut short");
    const leaf = decodeLeaf(bytes.subarray(at, at + LEAF_BYTES));
    const path = Array.from({ length: pathLength }, (_, i) =>
      bytes.slice(pathStart + i * HASH_BYTES, pathStart + (i + 1) * HASH_BYTES),
    );
    const previous = leaves.at(-1)?.leaf;
    const isSorted =
      previous === undefined ||
      leaf.lane > previous.lane ||
      (leaf.lane === previous.lane && leaf.index > previous.index);
    if (!isLane(leaf.lane) || !isSorted) throw shapeError("leaf data are not sorted, or a lane is unknown");
    leaves.push({ leaf, path });
    at = end;
  }
  return leaves;
}

export const fragmentFileName = (lane: number, index: number): string =>
  `fragments/${lane}-${String(index).padStart(8, "0")}.bin`;

function headFiles(head: ShareHead): TarFile[] {
  const facts = head.facts === null ? [] : [{ name: "facts.bin", content: head.facts }];
  return [
    { name: "release.json", content: head.release },
    { name: "manifest.json", content: head.manifest },
    { name: "leaves.bin", content: encodeShareLeaves(head.leaves) },
    { name: "grant.bin", content: head.grant },
    ...facts,
  ];
}

/** The whole share at once: for files and tests. A device streams it with {@link ShareLayout}. */
export function buildShare(parts: ShareParts): Uint8Array {
  const fragments = parts.fragments.map(({ lane, index, ciphertext }) => ({
    name: fragmentFileName(lane, index),
    content: ciphertext,
  }));
  return writeTar([...headFiles(parts), ...fragments]);
}

/**
 * Takes a share apart; the parts share its memory. Proves form only, every part is the sender's.
 * A fragment that is missing, extra, doubled or renamed is left for the verifier to name.
 * @throws {@link ProtocolError} `share/shape`.
 */
export function parseShare(archive: Uint8Array): ShareParts {
  const files = readTar(archive);
  if (files === null) throw shapeError("not a canonical ustar archive");
  let at = 0;
  const take = (name: string): Uint8Array => {
    const file = files[at];
    if (file?.name !== name) throw shapeError(`${name} is not where it belongs`);
    at += 1;
    return file.content;
  };
  const release = take("release.json");
  const manifest = take("manifest.json");
  const leaves = decodeShareLeaves(take("leaves.bin"));
  const grant = take("grant.bin");
  const facts = files[at]?.name === "facts.bin" ? take("facts.bin") : null;
  const fragments = files.slice(at).map(({ name, content }) => {
    const match = /^fragments\/([1-4])-(\d{8})\.bin$/.exec(name);
    if (match === null) throw shapeError(`unknown file ${name}`);
    return { lane: Number(match[1]), index: Number(match[2]), ciphertext: content };
  });
  return { release, manifest, leaves, grant, facts, fragments };
}

/** Fetches one fragment's ciphertext from where the clip is kept. */
export type ReadFragment = (lane: number, index: number) => Promise<Uint8Array> | Uint8Array;

interface LayoutFile {
  readonly start: number;
  readonly name: string;
  readonly length: number;
  /** Absent for a fragment, which is fetched when its bytes are asked for. */
  readonly content: Uint8Array | undefined;
  readonly lane: number;
  readonly index: number;
}

/**
 * A share's bytes by position, without holding its fragments: a delivery can resume at any chunk.
 * It gives exactly the bytes of {@link buildShare}.
 */
export class ShareLayout {
  readonly #files: readonly LayoutFile[];
  /** Of the whole archive, in bytes. */
  readonly length: number;

  constructor(head: ShareHead) {
    const contents = headFiles(head).map(({ name, content }) => ({
      name,
      length: content.length,
      content,
      lane: 0,
      index: 0,
    }));
    const fragments = head.leaves.map(({ leaf: { lane, index, length } }) => ({
      name: fragmentFileName(lane, index),
      length,
      content: undefined,
      lane,
      index,
    }));
    let start = 0;
    this.#files = [...contents, ...fragments].map((file) => {
      const placed = { ...file, start };
      start += TAR_BLOCK_BYTES + paddedLength(file.length);
      return placed;
    });
    this.length = start + TAR_END_BYTES;
  }

  /** Bytes from one position up to another, fetching only the fragments that lie there. */
  async read(from: number, to: number, readFragment: ReadFragment): Promise<Uint8Array> {
    const end = Math.min(to, this.length);
    const bytes = new Uint8Array(Math.max(0, end - from));
    const put = (part: Uint8Array, partStart: number): void => {
      const first = Math.max(from, partStart);
      const last = Math.min(end, partStart + part.length);
      if (first < last) bytes.set(part.subarray(first - partStart, last - partStart), first - from);
    };
    for (const { start, name, length, content, lane, index } of this.#files) {
      const contentStart = start + TAR_BLOCK_BYTES;
      if (start >= end || contentStart + length <= from) continue;
      put(tarHeader(name, length), start);
      if (contentStart < end) put(content ?? (await readFragment(lane, index)), contentStart);
    }
    return bytes;
  }
}

const padding = (length: number): Uint8Array => new Uint8Array(paddedLength(length) - length);

/** The whole share in pieces, one file at a time. */
export async function* shareFiles(
  head: ShareHead,
  readFragment: ReadFragment,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const { name, content } of headFiles(head)) {
    yield concatBytes(tarHeader(name, content.length), content, padding(content.length));
  }
  for (const { leaf } of head.leaves) {
    yield tarHeader(fragmentFileName(leaf.lane, leaf.index), leaf.length);
    yield await readFragment(leaf.lane, leaf.index);
    yield padding(leaf.length);
  }
  yield new Uint8Array(TAR_END_BYTES);
}
