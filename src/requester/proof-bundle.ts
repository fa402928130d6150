/**
 * What a requester hands on so that anyone can check, offline and without keys: this clip's key released these fragments to this
 * recipient as an answer to this request, and the request stands in the register's log.
 */

import { equalBytes } from "../protocol/bytes.ts";
import { decodeJson, encodeJson } from "../protocol/canonical-json.ts";
import { isLane } from "../protocol/clip-keys.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { openSelfSigned, readStatement, type UnverifiedStatement, verifyStatement } from "../protocol/envelope.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { encodeLeaf } from "../protocol/fragment.ts";
import { leafHash, leafPosition, totalLeaves, verifyPath } from "../protocol/merkle.ts";
import { RequestError } from "../protocol/register/errors.ts";
import { readLeaf } from "../protocol/register/leaf.ts";
import { cardEnvelopeOf, type Request } from "../protocol/register/statements/request.ts";
import { array, integer, object, text, type ValueOf } from "../protocol/shape.ts";
import { decodeShareLeaves, encodeShareLeaves, parseShare } from "../protocol/share.ts";
import { type Manifest, manifestStatement } from "../protocol/statements/manifest.ts";
import { recipientCardStatement } from "../protocol/statements/recipient-card.ts";
import { type Release, releaseStatement } from "../protocol/statements/release.ts";
import { readTar, writeTar } from "../protocol/tar.ts";
import { parseLogPolicy } from "../protocol/tlog/checkpoint.ts";
import { LogError } from "../protocol/tlog/errors.ts";
import { verifyInclusionFile } from "../protocol/tlog/inclusion-file.ts";
import { RequesterError } from "./errors.ts";

const registerShape = object({
  version: integer(1, 1),
  logKey: text(400),
  witnesses: array(text(400), 32),
  quorum: integer(0, 32),
});

/** Whom to believe about the log. */
export type RegisterKeys = Omit<ValueOf<typeof registerShape>, "version">;

const FILES = [
  "register.json",
  "request.json",
  "request.tlog-proof",
  "manifest.json",
  "release.json",
  "leaves.bin",
] as const;
type FileName = (typeof FILES)[number];

export interface BundledProof {
  readonly keys: RegisterKeys;
  /** The request's entry as it stands in the log. */
  readonly leaf: Uint8Array;
  /** c2sp.org/tlog-proof of it. */
  readonly inclusion: Uint8Array;
}

/**
 * Takes the signed parts out of a share; picture, sound and keys stay behind.
 * @throws RequesterError `requester/share-damaged`.
 */
export function makeProofBundle(share: Uint8Array, { keys, leaf, inclusion }: BundledProof): Uint8Array {
  const { manifest, release, leaves } = readShare(share);
  const content: Readonly<Record<FileName, Uint8Array>> = {
    "register.json": encodeJson(registerShape.write({ version: 1, ...keys })),
    "request.json": leaf,
    "request.tlog-proof": inclusion,
    "manifest.json": manifest,
    "release.json": release,
    "leaves.bin": encodeShareLeaves(leaves),
  };
  return writeTar(FILES.map((name) => ({ name, content: content[name] })));
}

/** Digest of the request that a share answers, or null. Nothing is verified. @throws RequesterError `requester/share-damaged`. */
export function requestOfShare(crypto: Crypto, share: Uint8Array): Uint8Array | null {
  try {
    return readStatement(crypto, releaseStatement, readShare(share).release).payload.request;
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new RequesterError("requester/share-damaged", "the share holds no release", { cause });
  }
}

function readShare(share: Uint8Array): ReturnType<typeof parseShare> {
  try {
    return parseShare(share);
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new RequesterError("requester/share-damaged", "not a share", { cause });
  }
}

/** What can be wrong with a bundle, in the order in which it is looked for. */
export const bundleFailures = {
  shape: "It is not a proof bundle, or it is cut short.",
  log: "The request is not in a log that is signed and witnessed as it should be.",
  request: "The request's own signature, or that of its card, does not hold.",
  "clip-key": "The clip's public key is one under which a signature proves nothing.",
  "manifest-signature": "The list of the clip's fragments is not signed by the clip's key.",
  "release-signature": "The release is not signed by the clip's key.",
  binding: "The release is for another clip, another recipient or another request.",
  "leaf-path": "A fragment is not one of this clip's, or not one that was released.",
} as const;
export type BundleFailure = keyof typeof bundleFailures;

export type BundleVerdict =
  | { readonly verdict: BundleFailure; readonly text: string }
  | {
      readonly verdict: "ok";
      readonly text: string;
      readonly request: Request;
      readonly digest: Uint8Array;
      /** Place in the log, and when the register took it, in unix seconds. */
      readonly index: number;
      readonly at: number;
      readonly keys: RegisterKeys;
      /** Names of the witnesses that vouched, with unix seconds. */
      readonly cosignatures: readonly { readonly name: string; readonly time: number }[];
      readonly clip: Uint8Array;
      readonly lanes: Release["lanes"];
    };

/**
 * Checks a bundle with nothing but itself, and with the keys of a register that the checker trusts.
 * @param trusted - Null: the keys in the bundle, which only its maker vouches for; say so to whoever reads the verdict.
 */
export function verifyProofBundle(crypto: Crypto, bytes: Uint8Array, trusted: RegisterKeys | null): BundleVerdict {
  try {
    return judge(crypto, bytes, trusted);
  } catch (error) {
    if (error instanceof Failed) return { verdict: error.verdict, text: `${error.verdict}: ${error.message}` };
    throw error;
  }
}

class Failed extends Error {
  readonly verdict: BundleFailure;
  constructor(verdict: BundleFailure, message: string) {
    super(message);
    this.verdict = verdict;
  }
}

function judge(crypto: Crypto, bytes: Uint8Array, trusted: RegisterKeys | null): BundleVerdict {
  const files = filesOf(bytes);
  const parts = failing("shape", () => ({
    keys: keysOf(files["register.json"]),
    leaf: readLeaf(crypto, files["request.json"]),
    manifest: readStatement(crypto, manifestStatement, files["manifest.json"]),
    release: readStatement(crypto, releaseStatement, files["release.json"]),
    leaves: decodeShareLeaves(files["leaves.bin"]),
  }));
  const { manifest, release, leaves } = parts;
  const keys = trusted ?? parts.keys;
  const { index, checkpoint } = failing("log", () =>
    verifyInclusionFile(crypto, parseLogPolicy(crypto, keys), files["request.json"], files["request.tlog-proof"]),
  );
  const { at, entry } = parts.leaf;
  if (entry.kind !== "request") throw new Failed("request", `the entry is a statement of the kind ${entry.kind}`);
  const { payload: request, digest } = entry.statement;
  if (request.register !== checkpoint.origin) throw new Failed("request", `it was made for ${request.register}`);
  failing("request", () => verifyStatement(crypto, entry.statement, request.requester));
  const card = failing("request", () =>
    openSelfSigned(crypto, recipientCardStatement, cardEnvelopeOf(request), ({ signKey }) => signKey),
  );
  checkSignatures(crypto, manifest, release);
  if (!equalBytes(release.payload.manifest, manifest.digest)) throw new Failed("binding", "it is for another manifest");
  if (release.payload.request === null || !equalBytes(release.payload.request, digest)) {
    throw new Failed("binding", "it does not answer this request");
  }
  if (!equalBytes(release.payload.recipient, card.digest)) {
    throw new Failed("binding", "it is for another recipient than the request names");
  }
  checkLeaves(crypto, manifest.payload, release.payload, leaves);
  const { clip } = manifest.payload;
  const { lanes } = release.payload;
  const { cosignatures } = checkpoint;
  const text = `ok: entry ${index} of ${checkpoint.size}, ${cosignatures.length} witness${cosignatures.length === 1 ? "" : "es"}, ${lanesText(release.payload)}`;
  return { verdict: "ok", text, request, digest, index, at, keys, cosignatures, clip, lanes };
}

function filesOf(bytes: Uint8Array): Readonly<Record<FileName, Uint8Array>> {
  const files = readTar(bytes);
  if (files?.length !== FILES.length || files.some(({ name }, i) => name !== FILES[i])) {
    throw new Failed("shape", "not a canonical ustar archive of a bundle's files");
  }
  return Object.fromEntries(files.map(({ name, content }) => [name, content])) as Record<FileName, Uint8Array>;
}

function keysOf(bytes: Uint8Array): RegisterKeys {
  const { version: _version, ...keys } = registerShape.read(decodeJson(bytes));
  return keys;
}

function checkSignatures(
  crypto: Crypto,
  manifest: UnverifiedStatement<Manifest>,
  release: UnverifiedStatement<Release>,
): void {
  const { clipKey } = manifest.payload;
  if (!crypto.checkPublicKey(clipKey)) throw new Failed("clip-key", "not a sound Ed25519 key");
  failing("manifest-signature", () => verifyStatement(crypto, manifest, clipKey));
  failing("release-signature", () => verifyStatement(crypto, release, clipKey));
}

/** Exactly the fragments that the release names, each in the clip's tree. */
function checkLeaves(
  crypto: Crypto,
  { leaves: counts, root }: Manifest,
  { lanes }: Release,
  leaves: ReturnType<typeof decodeShareLeaves>,
): void {
  const expected = lanes.flatMap(({ lane, first, end }) => [
    `${lane}/0`,
    ...Array.from({ length: end - first }, (_, i) => `${lane}/${first + i}`),
  ]);
  const found = leaves.map(({ leaf }) => `${leaf.lane}/${leaf.index}`);
  if (expected.join() !== found.join()) throw new Failed("leaf-path", "other fragments than were released");
  const total = totalLeaves(counts);
  for (const { leaf, path } of leaves) {
    const position = isLane(leaf.lane) ? leafPosition(counts, leaf.lane, leaf.index) : null;
    const hash = leafHash(crypto, encodeLeaf(leaf));
    if (position === null || !verifyPath(crypto, hash, position, total, path, root)) {
      throw new Failed("leaf-path", `fragment ${leaf.lane}/${leaf.index} is not in the clip's tree`);
    }
  }
}

function lanesText({ lanes }: Release): string {
  const names: Readonly<Record<number, string>> = { 1: "fragments", 2: "sound" };
  return lanes.map(({ lane, first, end }) => `${names[lane]} ${first}-${end - 1}`).join(", ");
}

function failing<T>(verdict: BundleFailure, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof RequestError || error instanceof LogError) {
      throw new Failed(verdict, `${error.message} (${error.code})`);
    }
    throw error;
  }
}
