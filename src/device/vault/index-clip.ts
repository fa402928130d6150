import { equalBytes } from "../../protocol/bytes.ts";
import { CLOSING, CLOSING_LANE, type ClipHead } from "../../protocol/clip-file.ts";
import type { Lane } from "../../protocol/clip-keys.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { readStatement } from "../../protocol/envelope.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { leavesOfLane, totalLeaves } from "../../protocol/merkle.ts";
import { type LeafCounts, manifestStatement } from "../../protocol/statements/manifest.ts";
import type { FragmentPlace } from "./catalog.ts";
import { ClipFile, type RecordPlace } from "./clip-scan.ts";

export type IndexedFile =
  | {
      readonly state: "sealed";
      readonly day: number;
      readonly bytes: number;
      readonly leaves: LeafCounts;
      readonly places: readonly FragmentPlace[];
    }
  /** No manifest at its end. */
  | { readonly state: "unclosed" }
  | { readonly state: "damaged"; readonly reason: string };

/**
 * Reads what the catalog says of a clip from its file: head, leaf data and manifest, but no ciphertext. Whether contents
 * and signatures are right is the check's question, not the index's.
 */
export function indexClip(crypto: Crypto, id: Uint8Array, path: string): IndexedFile {
  const file = new ClipFile(path);
  try {
    return indexOpenFile(crypto, id, file);
  } catch (error) {
    if (error instanceof ProtocolError) return { state: "damaged", reason: error.message };
    throw error;
  } finally {
    file.close();
  }
}

function indexOpenFile(crypto: Crypto, id: Uint8Array, file: ClipFile): IndexedFile {
  const { head, places: found, manifest, clipKey } = walk(crypto, file);
  if (!equalBytes(head.clip, id)) return { state: "damaged", reason: "the file bears another clip's name" };
  if (manifest === null || clipKey === null) return { state: "unclosed" };
  const { leaves } = readStatement(crypto, manifestStatement, manifest).payload;
  const places = placesOf(found, leaves);
  if (places.length !== totalLeaves(leaves))
    return { state: "damaged", reason: "fragments of the manifest are missing" };
  return { state: "sealed", day: head.day, bytes: file.size, leaves, places };
}

/** Everything in a clip file but the ciphertexts, unjudged. @throws ProtocolError `clip-file/head`. */
export function walk(
  crypto: Crypto,
  file: ClipFile,
): {
  head: ClipHead & { length: number };
  places: RecordPlace[];
  manifest: Uint8Array | null;
  clipKey: Uint8Array | null;
} {
  const head = file.head(crypto);
  const places: RecordPlace[] = [];
  let manifest: Uint8Array | null = null;
  let clipKey: Uint8Array | null = null;
  for (const place of file.records(head.length)) {
    if (place.lane !== CLOSING_LANE) places.push(place);
    else if (place.index === CLOSING.manifest) manifest = file.content(place);
    else clipKey = file.content(place);
  }
  return { head, places, manifest, clipKey };
}

/** The records that the manifest counts; one behind a lane's gap is in the file but not in the clip. */
export const placesOf = <P extends RecordPlace>(found: readonly P[], leaves: LeafCounts): P[] =>
  found.filter(({ lane, index }) => index < leavesOfLane(leaves, lane as Lane));
