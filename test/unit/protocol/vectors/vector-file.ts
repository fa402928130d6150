/** What a vector file is, and the seeds that all makers share. Bytes are lower-case hexadecimal unless a name says `Base64`. */

import { fromHex, toHex, utf8 } from "../../../../src/protocol/bytes.ts";
import type { Json } from "../../../../src/protocol/canonical-json.ts";
import type { Crypto } from "../../../../src/protocol/crypto.ts";
import { portableCrypto } from "../../../../src/protocol/portable-crypto.ts";

export interface VectorFile {
  readonly about: string;
  readonly vectors: readonly Readonly<Record<string, Json>>[];
}

export type MakeVectors = (crypto: Crypto) => VectorFile | Promise<VectorFile>;

/** A fixed secret or id for each name. */
export const fixed = (name: string): Uint8Array => portableCrypto.sha256(utf8(`doorward vector ${name}`));
export const fixedId = (name: string): Uint8Array => fixed(name).slice(0, 16);

export const hexes = (list: readonly Uint8Array[]): string[] => list.map(toHex);

/** A statement's payload as readable JSON. */
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
export const base64Of = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

export { fromHex, toHex, utf8 };
