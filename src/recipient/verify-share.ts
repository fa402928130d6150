import { equalBytes } from "../protocol/bytes.ts";
import { fragmentNonce, isLane, keyCommitment } from "../protocol/clip-keys.ts";
import type { BoxKeyPair, Crypto } from "../protocol/crypto.ts";
import { openStatement, readStatement, type UnverifiedStatement } from "../protocol/envelope.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { type Facts, openFacts } from "../protocol/facts.ts";
import { encodeLeaf } from "../protocol/fragment.ts";
import { openGrant } from "../protocol/grant.ts";
import { leafHash, leafPosition, totalLeaves, verifyPath } from "../protocol/merkle.ts";
import { parseShare, type ShareParts } from "../protocol/share.ts";
import { clipKeyStatement } from "../protocol/statements/clip-key.ts";
import { type Manifest, manifestStatement } from "../protocol/statements/manifest.ts";
import { type Release, releaseStatement } from "../protocol/statements/release.ts";
import { checkCard, type RecipientSecrets, recipientBoxKey } from "./card.ts";
import { LaneExaminer } from "./lane-examiner.ts";
import { type FailedVerdict, failed, type OkVerdict, okText, type Verdict } from "./verdict.ts";

export interface VerifyOptions {
  /** The own card's envelope: then a release made for another card is `binding`. */
  readonly card?: Uint8Array;
}

interface SignedShare {
  readonly parts: ShareParts;
  readonly manifest: UnverifiedStatement<Manifest>;
  readonly release: UnverifiedStatement<Release>;
}

/** What a share holds once its seals are open: the plain bytes of each lane, in order, its init segment first. */
export type OpenedLanes = ReadonlyMap<number, readonly Uint8Array[]>;

/**
 * Tells whether a share is unchanged since the clip's key sealed it. "ok" says nothing about whether the scene is real, nor when it was.
 * @param share - Whole archive; every byte is attacker-controlled. Never copied as a whole.
 * @param secrets - Null: all but the seals themselves is checked.
 */
export function verifyShare(
  crypto: Crypto,
  share: Uint8Array,
  secrets: RecipientSecrets | null,
  options: VerifyOptions = {},
): Verdict {
  return examineShare(crypto, share, secrets, options).verdict;
}

/** @param keepPlain - Plain bytes are dropped as soon as they are looked at, unless they shall be played. */
export function examineShare(
  crypto: Crypto,
  share: Uint8Array,
  secrets: RecipientSecrets | null,
  options: VerifyOptions,
  keepPlain = false,
): { readonly verdict: Verdict; readonly lanes: OpenedLanes } {
  const none: OpenedLanes = new Map();
  const signed = readForm(crypto, share);
  if ("verdict" in signed) return { verdict: signed, lanes: none };
  const failure =
    checkSignatures(crypto, signed) ??
    checkBinding(crypto, signed, options) ??
    checkLeafPaths(crypto, signed) ??
    checkHashes(crypto, signed) ??
    checkSet(signed);
  if (failure !== null) return { verdict: failure, lanes: none };
  if (secrets === null) return { verdict: okVerdict(signed, { opened: false }), lanes: none };

  const boxKey = recipientBoxKey(crypto, secrets);
  const keys = grantedKeys(crypto, signed, boxKey);
  if ("verdict" in keys) return { verdict: keys, lanes: none };
  const opened = openLanes(crypto, signed, keys, keepPlain);
  if ("verdict" in opened) return { verdict: opened, lanes: none };
  const facts = signed.parts.facts === null ? null : readFacts(crypto, signed.parts.facts, boxKey);
  if (facts === "wrong") return { verdict: failed("open", "the owner's additions do not open"), lanes: none };
  const device = facts === null ? null : deviceOf(crypto, facts, signed.manifest.payload);
  if (device === "wrong") {
    return { verdict: failed("binding", "the doorbell's statement is about another clip"), lanes: none };
  }
  const { durationMs, plain } = opened;
  return { verdict: okVerdict(signed, { opened: true, durationMs, facts, device }), lanes: plain };
}

function okVerdict(
  { manifest, release }: SignedShare,
  found: Pick<OkVerdict, "opened"> & Partial<Pick<OkVerdict, "durationMs" | "facts" | "device">>,
): OkVerdict {
  const { clip, clock, closed } = manifest.payload;
  return {
    verdict: "ok",
    text: okText(release.payload, manifest.payload, found.opened),
    clip,
    lanes: release.payload.lanes,
    clock,
    closed,
    durationMs: null,
    facts: null,
    device: null,
    ...found,
  };
}

function readForm(crypto: Crypto, share: Uint8Array): SignedShare | FailedVerdict {
  try {
    const parts = parseShare(share);
    const manifest = readStatement(crypto, manifestStatement, parts.manifest);
    return { parts, manifest, release: readStatement(crypto, releaseStatement, parts.release) };
  } catch (error) {
    if (error instanceof ProtocolError) return failed("shape", error.message);
    throw error;
  }
}

function checkSignatures(crypto: Crypto, { manifest, release }: SignedShare): FailedVerdict | null {
  const { clipKey } = manifest.payload;
  if (!crypto.checkPublicKey(clipKey)) return failed("clip-key", "the clip's key is not a sound Ed25519 key");
  if (!crypto.verify(clipKey, manifest.message, manifest.signature)) {
    return failed("manifest-signature", "the clip's key did not sign this manifest");
  }
  if (!crypto.verify(clipKey, release.message, release.signature)) {
    return failed("release-signature", "the clip's key did not sign this release");
  }
  return null;
}

function checkBinding(
  crypto: Crypto,
  { manifest, release }: SignedShare,
  { card }: VerifyOptions,
): FailedVerdict | null {
  if (!equalBytes(release.payload.manifest, manifest.digest)) {
    return failed("binding", "the release is for another manifest");
  }
  const { video, audio } = manifest.payload.leaves;
  if (release.payload.lanes.some(({ lane, end }) => end > (lane === 1 ? video : audio))) {
    return failed("binding", "the release names fragments that the clip does not have");
  }
  if (card !== undefined && !equalBytes(release.payload.recipient, checkCard(crypto, card).digest)) {
    return failed("binding", "the release is for another recipient's card");
  }
  return null;
}

function checkLeafPaths(crypto: Crypto, { parts, manifest }: SignedShare): FailedVerdict | null {
  const { leaves, root } = manifest.payload;
  const total = totalLeaves(leaves);
  for (const { leaf, path } of parts.leaves) {
    const position = isLane(leaf.lane) ? leafPosition(leaves, leaf.lane, leaf.index) : null;
    const isInTree =
      position !== null && verifyPath(crypto, leafHash(crypto, encodeLeaf(leaf)), position, total, path, root);
    if (!isInTree) return failed("leaf-path", `${nameOf(leaf)} is not in the clip's tree`);
  }
  return null;
}

function checkHashes(crypto: Crypto, { parts }: SignedShare): FailedVerdict | null {
  const leaves = new Map(parts.leaves.map(({ leaf }) => [nameOf(leaf), leaf]));
  for (const fragment of parts.fragments) {
    const leaf = leaves.get(nameOf(fragment));
    if (leaf === undefined) continue; // an extra one: the next check names it
    const { ciphertext } = fragment;
    if (ciphertext.length !== leaf.length || !equalBytes(crypto.sha256(ciphertext), leaf.ciphertextHash)) {
      return failed("ciphertext-hash", `${nameOf(fragment)} was changed`);
    }
  }
  return null;
}

function checkSet({ parts, release }: SignedShare): FailedVerdict | null {
  const expected = release.payload.lanes.flatMap(({ lane, first, end }) => [
    nameOf({ lane, index: 0 }),
    ...Array.from({ length: end - first }, (_, i) => nameOf({ lane, index: first + i })),
  ]);
  const wrong = firstDifference(
    expected,
    parts.leaves.map(({ leaf }) => nameOf(leaf)),
  );
  const wrongFile = wrong ?? firstDifference(expected, parts.fragments.map(nameOf));
  return wrongFile === null ? null : failed("set", `${wrongFile} is missing, extra, doubled or out of order`);
}

function firstDifference(expected: readonly string[], found: readonly string[]): string | null {
  const length = Math.max(expected.length, found.length);
  for (let i = 0; i < length; i += 1) if (expected[i] !== found[i]) return expected[i] ?? found[i] ?? null;
  return null;
}

/** The key of each fragment, in the order of the leaves, once all are the ones that the signed leaves commit to. */
function grantedKeys(
  crypto: Crypto,
  { parts, manifest }: SignedShare,
  boxKey: BoxKeyPair,
): { readonly keys: readonly Uint8Array[] } | FailedVerdict {
  const { clip } = manifest.payload;
  let grant: ReturnType<typeof openGrant>;
  try {
    grant = openGrant(crypto, parts.grant, boxKey);
  } catch (error) {
    if (error instanceof ProtocolError) return failed("key-commitment", error.message);
    throw error;
  }
  if (grant === null) return failed("key-commitment", "the grant is for somebody else, or was changed");
  if (!equalBytes(grant.clip, clip) || grant.entries.length !== parts.leaves.length) {
    return failed("key-commitment", "the grant is for other fragments");
  }
  for (const [i, { leaf }] of parts.leaves.entries()) {
    const entry = grant.entries[i];
    const holds =
      entry?.lane === leaf.lane &&
      entry.index === leaf.index &&
      equalBytes(keyCommitment(crypto, entry.key, fragmentNonce(clip, leaf.lane, leaf.index)), leaf.keyCommitment);
    if (!holds) return failed("key-commitment", `the key of ${nameOf(leaf)} is not the one it was sealed with`);
  }
  return { keys: grant.entries.map(({ key }) => key) };
}

function openLanes(
  crypto: Crypto,
  { parts, manifest }: SignedShare,
  { keys }: { readonly keys: readonly Uint8Array[] },
  keepPlain: boolean,
): { readonly durationMs: number; readonly plain: OpenedLanes } | FailedVerdict {
  const { clip } = manifest.payload;
  const plain = new Map<number, Uint8Array[]>();
  const examiners = new Map<number, LaneExaminer>();
  for (const [i, fragment] of parts.fragments.entries()) {
    const { lane, index, ciphertext } = fragment;
    const key = keys[i];
    const bytes = key && crypto.openSecretbox(ciphertext, fragmentNonce(clip, lane, index), key);
    if (!bytes) return failed("open", `${nameOf(fragment)} does not open with its key`);
    const examiner = examiners.get(lane) ?? new LaneExaminer(lane === 1 ? "video" : "audio");
    examiners.set(lane, examiner);
    const problem = examiner.add(bytes);
    if (problem !== null) return failed("init", `${nameOf(fragment)}: ${problem}`);
    if (keepPlain) {
      const kept = plain.get(lane) ?? [];
      plain.set(lane, kept);
      kept.push(bytes);
    }
  }
  const durationMs = (examiners.get(1) ?? examiners.get(2))?.durationMs ?? 0;
  return { durationMs, plain };
}

function readFacts(crypto: Crypto, sealed: Uint8Array, boxKey: BoxKeyPair): Facts | "wrong" {
  try {
    return openFacts(crypto, sealed, boxKey) ?? "wrong";
  } catch (error) {
    if (error instanceof ProtocolError) return "wrong";
    throw error;
  }
}

function deviceOf(crypto: Crypto, { clipKey }: Facts, manifest: Manifest): Uint8Array | null | "wrong" {
  if (clipKey === null) return null;
  try {
    const claimed = readStatement(crypto, clipKeyStatement, clipKey).payload.device;
    const { payload } = openStatement(crypto, clipKeyStatement, clipKey, claimed);
    const isThisClip = equalBytes(payload.clip, manifest.clip) && equalBytes(payload.clipKey, manifest.clipKey);
    return isThisClip ? payload.device : "wrong";
  } catch (error) {
    if (error instanceof ProtocolError) return "wrong";
    throw error;
  }
}

const nameOf = ({ lane, index }: { readonly lane: number; readonly index: number }): string =>
  `${lane === 1 ? "fragment" : lane === 2 ? "sound" : `lane ${lane}`} ${index}`;
