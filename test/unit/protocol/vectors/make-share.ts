import { concatBytes } from "../../../../src/protocol/bytes.ts";
import { fragmentNonce } from "../../../../src/protocol/clip-keys.ts";
import type { Crypto } from "../../../../src/protocol/crypto.ts";
import {
  CHUNK_BYTES,
  chunkCount,
  inboxId,
  inboxTopic,
  receiptTopic,
  sealChunk,
  sealOffer,
} from "../../../../src/protocol/delivery.ts";
import {
  encodeEnvelope,
  encodePayload,
  keyId,
  parseEnvelope,
  seedSigner,
  signStatement,
} from "../../../../src/protocol/envelope.ts";
import { grantDigest, makeGrant, openGrant } from "../../../../src/protocol/grant.ts";
import { sealTo } from "../../../../src/protocol/sealed-message.ts";
import { buildShare, type ShareParts } from "../../../../src/protocol/share.ts";
import { manifestStatement } from "../../../../src/protocol/statements/manifest.ts";
import { receiptStatement } from "../../../../src/protocol/statements/receipt.ts";
import { releaseStatement } from "../../../../src/protocol/statements/release.ts";
import { inboxLogin } from "../../../../src/recipient/card.ts";
import { openShare } from "../../../../src/recipient/open-share.ts";
import { verifyShare } from "../../../../src/recipient/verify-share.ts";
import { malleated, smallOrderPoints } from "../ed25519-points.ts";
import { withSeededRandomness } from "../seeded-crypto.ts";
import { twoKeySecretbox } from "../two-key-secretbox.ts";
import type { SampleFragment } from "./sample-clip.ts";
import {
  PURPOSE,
  type SampleShare,
  sampleShare,
  secrets,
  secretsJson,
  WITH_SOUND,
  withoutSound,
} from "./sample-share.ts";
import { base64Of, fixed, fixedId, textOf, toHex, utf8, type VectorFile } from "./vector-file.ts";

export async function makeGrants(crypto: Crypto): Promise<VectorFile> {
  const seeded = withSeededRandomness(crypto, "grants");
  const { sample, shared, boxPublic } = await sampleShare(seeded, WITH_SOUND, false);
  const grant = makeGrant(seeded, sample.clip, shared, boxPublic);
  const opened = openGrant(crypto, grant, crypto.boxKeyFromSecret(secrets.boxSecret));
  return {
    about: "A grant: fragment keys sealed to a recipient's X25519 key, and its digest",
    vectors: [
      {
        boxSecret: secretsJson.boxSecret,
        grant: toHex(grant),
        digest: toHex(grantDigest(crypto, grant)),
        clip: toHex(sample.clip),
        entries: (opened?.entries ?? []).map(({ lane, index, key }) => ({ lane, index, key: toHex(key) })),
      },
    ],
  };
}

export function makeSealedMessages(crypto: Crypto): VectorFile {
  const seeded = withSeededRandomness(crypto, "sealed messages");
  const { publicKey, secretKey } = crypto.boxKeyFromSecret(fixed("recipient box"));
  return {
    about: "Sealed messages: ephemeral key 32, box with a zero nonce",
    vectors: ["", "facts", "x".repeat(100)].map((plain) => ({
      boxSecret: toHex(secretKey),
      boxPublic: toHex(publicKey),
      plain: toHex(utf8(plain)),
      sealed: toHex(sealTo(seeded, publicKey, utf8(plain))),
    })),
  };
}

type Change = (share: SampleShare, crypto: Crypto) => Promise<ShareParts> | ShareParts;

const stranger = (crypto: Crypto) => seedSigner(crypto, fixed("stranger"));

/** Parts with another clip key and all signatures of it. */
async function resigned(
  { parts, release }: SampleShare,
  crypto: Crypto,
  change: Partial<typeof release>,
): Promise<ShareParts> {
  return {
    ...parts,
    release: await signStatement(crypto, releaseStatement, { ...release, ...change }, clipSigner(crypto)),
  };
}

const clipSigner = (crypto: Crypto) =>
  seedSigner(crypto, crypto.hmac(fixed("device"), utf8("clip-key"), fixedId("clip")));

function withManifestOf(share: SampleShare, crypto: Crypto, clipKey: Uint8Array, signature: Uint8Array): ShareParts {
  const payload = { ...manifestPayload(share), clipKey };
  const payloadBytes = encodePayload(manifestStatement, payload);
  const manifest = encodeEnvelope(manifestStatement, payloadBytes, keyId(crypto, clipKey), signature);
  return { ...share.parts, manifest };
}

function manifestPayload({ sample }: SampleShare) {
  const json = JSON.parse(textOf(parseEnvelope(sample.manifest).payload)) as object;
  const { version: _, ...members } = json as Record<string, never>;
  return manifestStatement.shape.read(members);
}

function respelled(
  envelope: Uint8Array,
  kind: "manifest" | "release",
  change: (signature: Uint8Array) => Uint8Array,
): Uint8Array {
  const { payload, keyid, signature } = parseEnvelope(envelope);
  return encodeEnvelope({ kind }, payload, keyid, change(signature));
}

const without = <T>(list: readonly T[], at: number): T[] => list.filter((_, i) => i !== at);
const doubled = <T>(list: readonly T[], at: number): T[] =>
  list.flatMap((item, i) => (i === at ? [item, item] : [item]));
const flipped = (bytes: Uint8Array): Uint8Array => bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1);

function swapped<T>(list: readonly T[], a: number, b: number): T[] {
  const copy = [...list];
  const [first, second] = [copy[a], copy[b]];
  if (first !== undefined && second !== undefined) {
    copy[a] = second;
    copy[b] = first;
  }
  return copy;
}

/** Name, what is done to the parts; the verdict is what the reader says, and the test pins it. */
const CHANGES: readonly (readonly [name: string, change: Change])[] = [
  [
    "manifest with a clip key of small order",
    (share, crypto) => {
      const identity = smallOrderPoints[0] ?? new Uint8Array();
      return withManifestOf(share, crypto, identity, concatBytes(identity, new Uint8Array(32)));
    },
  ],
  [
    "manifest signed by another key",
    async (share, crypto) => ({
      ...share.parts,
      manifest: await signStatement(crypto, manifestStatement, manifestPayload(share), stranger(crypto)),
    }),
  ],
  [
    "manifest with S + L for S",
    ({ parts }) => ({ ...parts, manifest: respelled(parts.manifest, "manifest", (signature) => malleated(signature)) }),
  ],
  [
    "release signed by another key",
    async ({ parts, release }, crypto) => ({
      ...parts,
      release: await signStatement(crypto, releaseStatement, release, stranger(crypto)),
    }),
  ],
  [
    "release with S + L for S",
    ({ parts }) => ({ ...parts, release: respelled(parts.release, "release", (signature) => malleated(signature)) }),
  ],
  ["release and manifest exchanged", ({ parts }) => ({ ...parts, release: parts.manifest, manifest: parts.release })],
  ["release of another manifest", (share, crypto) => resigned(share, crypto, { manifest: fixed("other") })],
  [
    "release beyond the clip's end",
    (share, crypto) => resigned(share, crypto, { lanes: [{ lane: 1, first: 2, end: 99 }] }),
  ],
  [
    "release to another recipient's card",
    (share, crypto) => resigned(share, crypto, { recipient: fixed("other card") }),
  ],
  [
    "leaf data of two fragments exchanged but for their places",
    ({ parts }) => ({
      ...parts,
      leaves: swapped(parts.leaves, 1, 2).map(({ leaf, path }, i) => ({
        leaf: { ...leaf, index: parts.leaves[i]?.leaf.index ?? 0, lane: parts.leaves[i]?.leaf.lane ?? 1 },
        path,
      })),
    }),
  ],
  [
    "a Merkle path one hash too long",
    ({ parts }) => ({
      ...parts,
      leaves: parts.leaves.map(({ leaf, path }, i) => ({ leaf, path: i === 1 ? [...path, fixed("more")] : path })),
    }),
  ],
  [
    "a fragment changed in its last byte",
    ({ parts }) => ({
      ...parts,
      fragments: parts.fragments.map((part, i) => (i === 2 ? { ...part, ciphertext: flipped(part.ciphertext) } : part)),
    }),
  ],
  [
    "two fragments' ciphertexts exchanged",
    ({ parts }) => ({
      ...parts,
      fragments: swapped(parts.fragments, 1, 2).map(({ ciphertext }, i) => ({
        lane: parts.fragments[i]?.lane ?? 1,
        index: parts.fragments[i]?.index ?? 0,
        ciphertext,
      })),
    }),
  ],
  ["the last fragment missing", ({ parts }) => ({ ...parts, fragments: parts.fragments.slice(0, -1) })],
  [
    "a fragment missing with its leaf",
    ({ parts }) => ({ ...parts, fragments: without(parts.fragments, 2), leaves: without(parts.leaves, 2) }),
  ],
  ["a fragment doubled", ({ parts }) => ({ ...parts, fragments: doubled(parts.fragments, 2) })],
  ["two fragments in each other's place", ({ parts }) => ({ ...parts, fragments: swapped(parts.fragments, 1, 2) })],
  [
    "a release that is narrower than what is there",
    (share, crypto) => resigned(share, crypto, { lanes: [{ lane: 1, first: 2, end: 4 }] }),
  ],
  [
    "a grant with another key",
    ({ parts, sample, shared, boxPublic }, crypto) => ({
      ...parts,
      grant: makeGrant(
        crypto,
        sample.clip,
        shared.map((entry) => (entry.index === 3 ? { ...entry, key: fixed("other key") } : entry)),
        boxPublic,
      ),
    }),
  ],
  [
    "a grant of too few keys",
    ({ parts, sample, shared, boxPublic }, crypto) => ({
      ...parts,
      grant: makeGrant(crypto, sample.clip, shared.slice(1), boxPublic),
    }),
  ],
  [
    "a grant for another clip",
    ({ parts, shared, boxPublic }, crypto) => ({
      ...parts,
      grant: makeGrant(crypto, fixedId("other clip"), shared, boxPublic),
    }),
  ],
  [
    "a grant sealed to somebody else",
    ({ parts, sample, shared }, crypto) => ({
      ...parts,
      grant: makeGrant(crypto, sample.clip, shared, crypto.boxKeyFromSecret(fixed("somebody else")).publicKey),
    }),
  ],
];

type Tampered = readonly [
  name: string,
  tamper: (fragment: SampleFragment, crypto: Crypto) => SampleFragment,
  grantKey?: Uint8Array,
];

const isVideo = ({ lane, index }: SampleFragment, at: number): boolean => lane === 1 && index === at;

function resealed(crypto: Crypto, fragment: SampleFragment, ciphertext: Uint8Array): SampleFragment {
  const leaf = { ...fragment.leaf, length: ciphertext.length, ciphertextHash: crypto.sha256(ciphertext) };
  return { ...fragment, ciphertext, leaf };
}

const nonceOf = ({ lane, index }: SampleFragment): Uint8Array => fragmentNonce(fixedId("clip"), lane, index);

/** Clips that their own device spoilt before signing. */
const TAMPERED: readonly Tampered[] = [
  [
    "a fragment that opens under two keys, granted with the one that is not committed to",
    (fragment, crypto) =>
      isVideo(fragment, 3)
        ? resealed(crypto, fragment, twoKeySecretbox(fragment.key, fixed("second key"), nonceOf(fragment)))
        : fragment,
    fixed("second key"),
  ],
  [
    "a fragment sealed with another key than it commits to",
    (fragment, crypto) =>
      isVideo(fragment, 3)
        ? resealed(crypto, fragment, crypto.secretbox(fragment.plain, nonceOf(fragment), fixed("other key")))
        : fragment,
  ],
  [
    "an init segment that is no MP4",
    (fragment, crypto) =>
      isVideo(fragment, 0)
        ? resealed(crypto, fragment, crypto.secretbox(utf8("not an MP4"), nonceOf(fragment), fragment.key))
        : fragment,
  ],
];

/** One share in the form that a vector has, with the verdict that the reference reader gives. */
function shareVector(crypto: Crypto, name: string, archive: Uint8Array, card: Uint8Array) {
  const verdict = verifyShare(crypto, archive, secrets, { card });
  const opened = openShare(crypto, archive, secrets, { card });
  return {
    name,
    shareBase64: base64Of(archive),
    card: textOf(card),
    ...secretsJson,
    verdict: verdict.verdict,
    text: verdict.text,
    ...(opened.verdict === "ok" ? { mp4Sha256: toHex(crypto.sha256(opened.mp4)) } : {}),
  };
}

export async function makeShares(crypto: Crypto): Promise<VectorFile> {
  const seeded = withSeededRandomness(crypto, "shares");
  const full = await sampleShare(seeded, WITH_SOUND, true);
  const silent = await sampleShare(seeded, withoutSound, false);
  const vectors: ReturnType<typeof shareVector>[] = [];
  const add = (name: string, archive: Uint8Array): void => {
    vectors.push(shareVector(crypto, name, archive, silent.card));
  };
  add("picture and sound, with facts", buildShare(full.parts));
  const archive = buildShare(silent.parts);
  add("picture alone", archive);
  add("cut short by a block", archive.subarray(0, -512));
  add("a header with another owner", archive.with(108 + 6, 0x31));
  for (const [name, change] of CHANGES) add(name, buildShare(await change(silent, seeded)));
  for (const [name, tamper, grantKey] of TAMPERED) {
    const spoilt = await sampleShare(seeded, withoutSound, false, (fragment) => tamper(fragment, seeded));
    const { sample, shared, boxPublic, parts } = spoilt;
    const entries = shared.map((entry) =>
      grantKey !== undefined && entry.index === 3 ? { ...entry, key: grantKey } : entry,
    );
    const grant = makeGrant(seeded, sample.clip, entries, boxPublic);
    add(name, buildShare({ ...parts, grant }));
  }
  return {
    about:
      "Shares with the recipient's keys and card, and the verdict on each; mp4Sha256 is of this implementation's playable file",
    vectors,
  };
}

export async function makeConsents(crypto: Crypto): Promise<VectorFile> {
  const { consent, card, parts, sample } = await sampleShare(
    withSeededRandomness(crypto, "consents"),
    WITH_SOUND,
    true,
  );
  return {
    about: "A consent with all that goes with it: each digest in it can be recomputed",
    vectors: [
      {
        owner: toHex(crypto.signingKeyFromSeed(fixed("owner")).publicKey),
        purpose: PURPOSE,
        consent: textOf(consent),
        card: textOf(card),
        grant: toHex(parts.grant),
        facts: parts.facts === null ? null : toHex(parts.facts),
        manifest: textOf(sample.manifest),
        release: textOf(parts.release),
      },
    ],
  };
}

export async function makeDelivery(crypto: Crypto): Promise<VectorFile> {
  const seeded = withSeededRandomness(crypto, "delivery");
  const { parts, boxPublic } = await sampleShare(seeded, withoutSound, false);
  const archive = buildShare(parts);
  const long = new Uint8Array(CHUNK_BYTES + 10).map((_, i) => i % 253);
  const delivery = fixedId("delivery");
  const login = inboxLogin(crypto, secrets);
  const vectors = await Promise.all(
    [
      { name: "one chunk", share: archive, index: 0 },
      { name: "second of two chunks", share: long, index: 1 },
    ].map(async ({ name, share, index }) => {
      const offered = { length: share.length, digest: crypto.sha256(share) };
      const chunks = chunkCount(share.length);
      const chunk = share.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
      const receipt = { delivery, share: offered.digest, next: index + 1, chunks, complete: true };
      return {
        name,
        ...secretsJson,
        inbox: toHex(inboxId(crypto, secrets.inboxSecret)),
        username: login.username,
        password: login.password,
        delivery: toHex(delivery),
        inboxTopic: inboxTopic(inboxId(crypto, secrets.inboxSecret), delivery),
        receiptTopic: receiptTopic(delivery),
        shareLength: share.length,
        shareDigest: toHex(offered.digest),
        chunks,
        offer: toHex(sealOffer(seeded, boxPublic, offered)),
        index,
        chunkBytes: toHex(chunk),
        chunk: toHex(sealChunk(seeded, boxPublic, offered, index, chunk)),
        receipt: textOf(await signStatement(crypto, receiptStatement, receipt, seedSigner(crypto, secrets.signSeed))),
      };
    }),
  );
  return { about: "Messages of a delivery: sealed offer, sealed chunk, signed receipt, topics and login", vectors };
}
