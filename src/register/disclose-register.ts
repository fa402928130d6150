/** Everything in a register's folder about a person or a home, found in the files themselves. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  fromBase64url,
  fromEitherBase64,
  fromHex,
  fromUtf8,
  toBase64,
  toBase64url,
  toHex,
  utf8,
} from "../protocol/bytes.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { decodeBundle, parseTilePath } from "../protocol/tlog/tiles.ts";

export interface Disclosed {
  /** Of what: a file, or a leaf of the log. */
  readonly where: string;
  /** Which member of a statement, or "bytes" of a file that has none. */
  readonly what: string;
  readonly value: string;
}

/** An id of this many bytes says something about one person; a shorter one is found everywhere. */
const SHORTEST_ID_BYTES = 8;
const SHORTEST_TEXT = 3;

/** Something that a person or a home is known by: a key, an id, a digest, an address, a name, or a place as "latitude,longitude". */
export class Identifier {
  readonly #texts: readonly string[];
  readonly #bytes: readonly Uint8Array[];
  readonly #place: { readonly latitude: number; readonly longitude: number } | null;

  /** @throws RangeError for a text too short to mean anybody. */
  constructor(text: string) {
    if (text.length < SHORTEST_TEXT) throw new RangeError(`"${text}" is too short to mean anybody`);
    const id = idOf(text);
    const spellings = id === null ? [] : [toHex(id), toBase64url(id), toBase64(id)];
    this.#texts = [text, ...spellings].map((one) => one.toLowerCase());
    this.#bytes = [utf8(text), ...(id === null ? [] : [id]), ...spellings.map(utf8)];
    const [, latitude, longitude] = /^(-?\d{1,2}(?:\.\d+)?), ?(-?\d{1,3}(?:\.\d+)?)$/.exec(text) ?? [];
    this.#place =
      latitude === undefined || longitude === undefined
        ? null
        : { latitude: Math.round(Number(latitude) * 100_000), longitude: Math.round(Number(longitude) * 100_000) };
  }

  isIn(text: string): boolean {
    const lower = text.toLowerCase();
    return this.#texts.some((one) => lower.includes(one));
  }

  isInBytes(bytes: Uint8Array): boolean {
    const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.#bytes.some((needle) => haystack.includes(Buffer.from(needle)));
  }

  isPlace(value: unknown): boolean {
    if (this.#place === null || typeof value !== "object" || value === null) return false;
    const { latitude, longitude } = value as { readonly latitude?: unknown; readonly longitude?: unknown };
    return latitude === this.#place.latitude && longitude === this.#place.longitude;
  }
}

function idOf(text: string): Uint8Array | null {
  for (const read of [fromHex, fromBase64url, fromEitherBase64]) {
    try {
      const bytes = read(text);
      if (bytes.length >= SHORTEST_ID_BYTES) return bytes;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
  return null;
}

/** @param identifiers - Of one person or home; none: everything about everybody. */
export async function discloseRegister(dir: string, identifiers: readonly Identifier[]): Promise<readonly Disclosed[]> {
  const found: Disclosed[] = [];
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of paths.toSorted()) {
    const bytes = new Uint8Array(await readFile(path));
    const name = path.slice(dir.length + 1);
    const tile = parseTilePath(name.replace(/^public\//, ""));
    if (tile?.level === "entries") found.push(...ofBundle(bytes, tile.index, tile.width, identifiers));
    else found.push(...ofFile(name, bytes, identifiers));
  }
  return onlyOnce(found);
}

function ofFile(name: string, bytes: Uint8Array, identifiers: readonly Identifier[]): Disclosed[] {
  const isAbout = identifiers.length === 0 || identifiers.some((identifier) => identifier.isInBytes(bytes));
  return isAbout ? [{ where: name, what: "bytes", value: `${bytes.length}` }] : [];
}

function ofBundle(bytes: Uint8Array, index: number, width: number, identifiers: readonly Identifier[]): Disclosed[] {
  return decodeBundle(bytes, width).flatMap((entry, i) => {
    const where = `leaf ${index * 256 + i}`;
    const members = [...membersOf(JSON.parse(fromUtf8(entry)), "")];
    return members
      .filter(
        ({ value }) =>
          identifiers.length === 0 ||
          identifiers.some((one) => one.isPlace(value) || (typeof value !== "object" && one.isIn(textOf(value)))),
      )
      .filter(({ value }) => identifiers.length > 0 || typeof value !== "object")
      .map(({ what, value }) => ({
        where,
        what,
        value: textOf(value),
      }));
  });
}

/** Every member of JSON and of the payloads within it, opened as far as they open. */
function* membersOf(value: unknown, what: string): Generator<{ readonly what: string; readonly value: unknown }> {
  yield { what, value };
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value as Readonly<Record<string, unknown>>)) {
    const path = what === "" ? name : `${what}.${name}`;
    const payload = name === "payload" && typeof member === "string" ? payloadOf(member) : null;
    if (payload === null) yield* membersOf(member, path);
    else yield* membersOf(payload, what);
  }
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function payloadOf(text: string): unknown {
  try {
    return JSON.parse(fromUtf8(fromEitherBase64(text)));
  } catch {
    return null;
  }
}

/** A leaf stands in the partial bundles of every size until the full one is there. */
function onlyOnce(found: readonly Disclosed[]): readonly Disclosed[] {
  const known = new Set<string>();
  return found.filter((one) => {
    const text = JSON.stringify(one);
    return known.has(text) ? false : known.add(text) !== undefined;
  });
}
