import { toHex } from "../../protocol/bytes.ts";
import type { Lane } from "../../protocol/clip-keys.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { decodeLeaf, isCiphertextOf, LEAF_BYTES } from "../../protocol/fragment.ts";
import type { Catalog, CatalogRow, FragmentPlace } from "./catalog.ts";
import { ClipFile } from "./clip-scan.ts";
import { VaultError } from "./errors.ts";
import { walk } from "./index-clip.ts";
import type { ClipHead } from "./types.ts";

/** Opens a clip's file for the work and closes it after. @throws {@link VaultError} `vault/clip-not-found`, `vault/file-damaged`. */
export function withClipFile<T>(row: CatalogRow, path: string, work: (file: ClipFile) => T): T {
  const file = openClip(row, path);
  try {
    return work(file);
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new VaultError("vault/file-damaged", `${path}: ${cause.message}`, { cause });
  } finally {
    file.close();
  }
}

export function openClip(row: CatalogRow, path: string): ClipFile {
  try {
    return new ClipFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new VaultError("vault/clip-not-found", `clip ${toHex(row.id)} is not in the vault`, { cause });
  }
}

/** Only acknowledged fragments count, also of a clip that is being recorded. */
export function readHead(crypto: Crypto, catalog: Catalog, row: CatalogRow, file: ClipFile): ClipHead {
  const { head, manifest, clipKey } = walk(crypto, file);
  const places = catalog.places(row.number).toSorted((a, b) => a.lane - b.lane || a.index - b.index);
  const leaves = places.map((place) => file.leaf(place));
  return { id: head.clip, day: head.day, wraps: head.wraps, leaves, manifest, clipKey };
}

/** @throws {@link VaultError} `vault/fragment-not-found`. */
export function placeOf(catalog: Catalog, row: CatalogRow, lane: Lane, index: number): FragmentPlace {
  const place = catalog.place(row.number, lane, index);
  if (place !== null) return place;
  throw new VaultError("vault/fragment-not-found", `clip ${toHex(row.id)} has no fragment ${lane}/${index}`);
}

/** The ciphertext as it was written. @throws {@link VaultError} `vault/fragment-damaged`. */
export function readCiphertext(crypto: Crypto, row: CatalogRow, file: ClipFile, place: FragmentPlace): Uint8Array {
  const record = file.read(place.offset, LEAF_BYTES + place.length);
  const ciphertext = record.subarray(LEAF_BYTES);
  if (isRecord(crypto, record, place, ciphertext)) return ciphertext;
  const what = `fragment ${place.lane}/${place.index} of clip ${toHex(row.id)}`;
  throw new VaultError("vault/fragment-damaged", `${what} is not what was written`);
}

function isRecord(crypto: Crypto, record: Uint8Array, place: FragmentPlace, ciphertext: Uint8Array): boolean {
  if (record.length !== LEAF_BYTES + place.length || (record[0] ?? 0) > LANE_MAX) return false;
  const leaf = decodeLeaf(record.subarray(0, LEAF_BYTES));
  return leaf.lane === place.lane && leaf.index === place.index && isCiphertextOf(crypto, leaf, ciphertext);
}

const LANE_MAX = 4;
