import type { Crypto } from "../../../../src/protocol/crypto.ts";
import {
  openSelfSigned,
  parseEnvelope,
  seedSigner,
  signStatement,
  statementDigest,
} from "../../../../src/protocol/envelope.ts";
import { NO_FACTS, sealFacts } from "../../../../src/protocol/facts.ts";
import { grantDigest, makeGrant } from "../../../../src/protocol/grant.ts";
import { ownHash } from "../../../../src/protocol/hash.ts";
import { auditPath } from "../../../../src/protocol/merkle.ts";
import type { ShareParts } from "../../../../src/protocol/share.ts";
import { type Consent, consentStatement } from "../../../../src/protocol/statements/consent.ts";
import { recipientCardStatement } from "../../../../src/protocol/statements/recipient-card.ts";
import { type Release, releaseStatement } from "../../../../src/protocol/statements/release.ts";
import { type RecipientSecrets, signCard } from "../../../../src/recipient/card.ts";
import { type SampleClip, type SampleFragment, sampleClip, type Tampering } from "./sample-clip.ts";
import { fixed, fixedId, toHex, utf8 } from "./vector-file.ts";

export const PURPOSE = "for the neighbour's insurance";

export const secrets: RecipientSecrets = {
  signSeed: fixed("recipient signing"),
  boxSecret: fixed("recipient box"),
  inboxSecret: fixed("recipient inbox"),
  version: "doorward-recipient-1",
};

export interface SampleShare {
  readonly sample: SampleClip;
  readonly card: Uint8Array;
  readonly consent: Uint8Array;
  readonly release: Release;
  readonly parts: ShareParts;
  readonly shared: readonly SampleFragment[];
  readonly boxPublic: Uint8Array;
}

export type Lanes = Release["lanes"];

/** Seconds 1 to 4 with the sound that lies inside. */
export const WITH_SOUND: Lanes = [
  { lane: 1, first: 2, end: 5 },
  { lane: 2, first: 3, end: 5 },
];

export const withoutSound: Lanes = WITH_SOUND.slice(0, 1);

export async function sampleShare(
  crypto: Crypto,
  lanes: Lanes,
  withFacts: boolean,
  tamper?: Tampering,
): Promise<SampleShare> {
  const sample = await sampleClip(crypto, tamper);
  const card = await signCard(crypto, { name: "Insurer", url: "mqtt://127.0.0.1:1883", ca: null }, secrets);
  const recipient = openSelfSigned(crypto, recipientCardStatement, card, ({ signKey }) => signKey);
  const shared = sample.fragments.filter(({ lane, index }) =>
    lanes.some((range) => range.lane === lane && (index === 0 || (index >= range.first && index < range.end))),
  );
  const grant = makeGrant(crypto, sample.clip, shared, recipient.payload.boxKey);
  const payload: Consent = {
    token: fixedId("token"),
    device: crypto.signingKeyFromSeed(sample.deviceSeed).publicKey,
    household: 4,
    clip: sample.clip,
    manifest: sample.manifestDigest,
    request: null,
    lanes,
    recipient: recipient.digest,
    purpose: ownHash(crypto, "purpose", utf8(PURPOSE)),
    basis: "own",
    challenge: fixedId("challenge"),
    grant: grantDigest(crypto, grant),
    expires: 1_800_000_000,
  };
  const consent = await signStatement(crypto, consentStatement, payload, seedSigner(crypto, fixed("owner")));
  const release: Release = {
    manifest: sample.manifestDigest,
    lanes,
    recipient: recipient.digest,
    request: null,
    consent: statementDigest(crypto, consentStatement, parseEnvelope(consent).payload),
  };
  const facts = {
    ...NO_FACTS,
    place: "front door, looking south",
    clockErrorMs: -120,
    clipKey: sample.clipKeyStatement,
  };
  const parts: ShareParts = {
    release: await signStatement(crypto, releaseStatement, release, sample.clipSigner),
    manifest: sample.manifest,
    leaves: shared.map(({ leaf }) => ({
      leaf,
      path: auditPath(
        crypto,
        sample.leafHashes,
        sample.fragments.findIndex(({ lane, index }) => lane === leaf.lane && index === leaf.index),
      ),
    })),
    grant,
    facts: withFacts ? sealFacts(crypto, facts, recipient.payload.boxKey) : null,
    fragments: shared.map(({ lane, index, ciphertext }) => ({ lane, index, ciphertext })),
  };
  return { sample, card, consent, release, parts, shared, boxPublic: recipient.payload.boxKey };
}

export const secretsJson = {
  signSeed: toHex(secrets.signSeed),
  boxSecret: toHex(secrets.boxSecret),
  inboxSecret: toHex(secrets.inboxSecret),
};
