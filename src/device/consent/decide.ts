import { equalBytes, fromUtf8, utf8 } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { keyId, openSelfSigned, readStatement, type UnverifiedStatement } from "../../protocol/envelope.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { grantDigest } from "../../protocol/grant.ts";
import { ownHash } from "../../protocol/hash.ts";
import { type Consent, consentStatement } from "../../protocol/statements/consent.ts";
import { type LeafCounts, manifestStatement } from "../../protocol/statements/manifest.ts";
import { type RecipientCard, recipientCardStatement } from "../../protocol/statements/recipient-card.ts";
import { VaultError } from "../vault/errors.ts";
import type { RefusalReason } from "./decision.ts";
import type { PendingConsent } from "./pending-file.ts";
import type { AcceptedTokens, ClipShelf, ConsentClock, ConsentSubmission, HouseholdView } from "./ports.ts";

/** The statement and the card are bounded by the protocol itself. A grant of this size names seven thousand fragments. */
const MAX_GRANT_BYTES = 256 * 1024;
const MAX_CARD_BYTES = 16 * 1024;
const MAX_FACTS_BYTES = 16 * 1024;
/** UTF-16 units. */
const MAX_PURPOSE_LENGTH = 2048;

/** A token that expires further ahead is refused as `clock`: one of the two clocks must be wrong. */
export const MAX_EXPIRY_AHEAD_SECONDS = 30 * 24 * 60 * 60;

export interface DecisionPorts {
  readonly crypto: Crypto;
  /** The device's public key. */
  readonly device: Uint8Array;
  readonly clock: Pick<ConsentClock, "nowMs" | "synced">;
  readonly household: HouseholdView;
  readonly vault: ClipShelf;
  readonly challenges: { holds(challenge: Uint8Array): boolean };
  readonly pending: {
    readonly isFull: boolean;
    find(token: Uint8Array): PendingConsent | undefined;
    isRevoked(token: Uint8Array): boolean;
  };
  readonly accepted: Pick<AcceptedTokens, "has">;
}

/** A consent that passed every check, with every envelope over its payload so far. */
export interface CheckedConsent {
  readonly consent: Consent;
  /** Digest of the one payload that all signers sign. */
  readonly digest: Uint8Array;
  readonly card: RecipientCard;
  readonly envelopes: readonly Uint8Array[];
}

export type Decision =
  | { readonly outcome: "refused"; readonly reason: RefusalReason }
  | { readonly outcome: "waiting"; readonly checked: CheckedConsent; readonly missingSigners: number }
  | { readonly outcome: "accepted"; readonly checked: CheckedConsent };

const refused = (reason: RefusalReason): Decision => ({ outcome: "refused", reason });

/**
 * Checks a submission in the order of docs/protocol.md, cheap before dear; the first failure is the reason.
 * Changes nothing: whoever calls makes the accepting or waiting transaction, one submission at a time.
 */
export async function decide(submission: ConsentSubmission, ports: DecisionPorts): Promise<Decision> {
  const { crypto, household } = ports;
  if (isTooLong(submission)) return refused("size");

  const read = readConsent(crypto, submission.consent);
  if ("reason" in read) return refused(read.reason);
  const { statement } = read;
  const consent = statement.payload;
  if (!isPurpose(crypto, submission.purpose, consent.purpose)) return refused("shape");
  if (!equalBytes(consent.device, ports.device)) return refused("wrong-device");

  const signer = findSigner(crypto, household, statement.keyid);
  if (signer === "unknown") return refused("unknown-signer");
  if (signer === "removed") return refused("revoked-signer");
  if (signer.role !== "owner") return refused("role");
  // The key itself was checked when its member joined.
  if (!crypto.verify(signer.signKey, statement.message, statement.signature)) return refused("signature");
  if (consent.household !== household.state) return refused("household-state");

  const pending = ports.pending.find(consent.token);
  if (!ports.challenges.holds(consent.challenge) && !(pending && isChallengeOf(crypto, pending, consent.challenge))) {
    return refused("challenge");
  }
  const clockReason = clockRefusal(ports.clock, consent.expires);
  if (clockReason !== null) return refused(clockReason);

  const card = openCard(crypto, submission.card, consent.recipient);
  if (card === null) return refused("recipient");

  const manifest = await clipManifest(ports.vault, consent.clip);
  if (manifest === null) return refused("clip-gone");
  const leaves = leavesOf(crypto, manifest, consent.manifest);
  if (leaves === null) return refused("manifest");
  if (!consent.lanes.every(({ lane, end }) => end <= (lane === 1 ? leaves.video : leaves.audio))) {
    return refused("range");
  }
  if (!equalBytes(grantDigest(crypto, submission.grant), consent.grant)) return refused("grant-digest");

  if (ports.pending.isRevoked(consent.token)) return refused("revoked");
  if (ports.accepted.has(consent.token) || (pending !== undefined && !canSign(crypto, pending, statement))) {
    return refused("replay");
  }
  if (pending === undefined && ports.pending.isFull) return refused("size");

  const envelopes = withSigner(crypto, pending?.envelopes ?? [], submission.consent, statement.keyid);
  const checked: CheckedConsent = { consent, digest: statement.digest, card, envelopes };
  const missingSigners = household.quorum - envelopes.length;
  return missingSigners > 0 ? { outcome: "waiting", checked, missingSigners } : { outcome: "accepted", checked };
}

function isTooLong({ grant, card, facts, purpose }: ConsentSubmission): boolean {
  return (
    grant.length > MAX_GRANT_BYTES ||
    card.length > MAX_CARD_BYTES ||
    (facts?.length ?? 0) > MAX_FACTS_BYTES ||
    purpose.length > MAX_PURPOSE_LENGTH
  );
}

type ReadConsent = { readonly statement: UnverifiedStatement<Consent> } | { readonly reason: RefusalReason };

function readConsent(crypto: Crypto, envelope: Uint8Array): ReadConsent {
  try {
    return { statement: readStatement(crypto, consentStatement, envelope) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    switch (error.code) {
      case "statement/size":
        return { reason: "size" };
      case "statement/shape":
        return { reason: "shape" };
      case "statement/version":
        return { reason: "version" };
      default:
        return { reason: "encoding" };
    }
  }
}

/** Encoding replaces a lone surrogate, so text that does not come back the same is not what was signed. */
function isPurpose(crypto: Crypto, purpose: string, digest: Uint8Array): boolean {
  const bytes = utf8(purpose);
  return fromUtf8(bytes) === purpose && equalBytes(ownHash(crypto, "purpose", bytes), digest);
}

function findSigner(
  crypto: Crypto,
  household: HouseholdView,
  keyid: string,
): HouseholdView["members"][number] | "removed" | "unknown" {
  const member = household.members.find(({ signKey }) => keyId(crypto, signKey) === keyid);
  if (member !== undefined) return member;
  return household.removed.some((key) => keyId(crypto, key) === keyid) ? "removed" : "unknown";
}

/** A waiting token used its challenge up, and holds it for the other owners who sign the same payload. */
function isChallengeOf(crypto: Crypto, pending: PendingConsent, challenge: Uint8Array): boolean {
  const [first] = pending.envelopes;
  if (first === undefined) return false;
  return equalBytes(readStatement(crypto, consentStatement, first).payload.challenge, challenge);
}

/** Only further signers of exactly the same payload may come back with a token id, and only while it waits. */
function canSign(crypto: Crypto, pending: PendingConsent, statement: UnverifiedStatement<Consent>): boolean {
  const [first] = pending.envelopes;
  if (first === undefined || pending.state !== "waiting") return false;
  return equalBytes(readStatement(crypto, consentStatement, first).digest, statement.digest);
}

function clockRefusal(clock: DecisionPorts["clock"], expires: number): RefusalReason | null {
  const nowSeconds = clock.nowMs() / 1000;
  if (clock.synced() && expires <= nowSeconds) return "expired";
  return !clock.synced() || expires > nowSeconds + MAX_EXPIRY_AHEAD_SECONDS ? "clock" : null;
}

/** The card, when it is the one that the consent names and is signed by its own key. */
function openCard(crypto: Crypto, envelope: Uint8Array, digest: Uint8Array): RecipientCard | null {
  try {
    const card = openSelfSigned(crypto, recipientCardStatement, envelope, ({ signKey }) => signKey);
    if (!equalBytes(card.digest, digest)) return null;
    // A box key of small order would let anybody open what is sealed to it; the agreement throws for one.
    crypto.agree(crypto.randomBytes(32), card.payload.boxKey);
    return card.payload;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** The manifest's envelope, or null when the clip is gone, not closed yet, or its file cannot be read any more. */
async function clipManifest(vault: ClipShelf, clip: Uint8Array): Promise<Uint8Array | null> {
  const row = vault.find(clip);
  if (row === null || row.state === "open") return null;
  try {
    return (await vault.head(clip)).manifest;
  } catch (error) {
    if (error instanceof VaultError) return null;
    throw error;
  }
}

/** Leaves per lane, when the clip's manifest is the one that the consent names. */
function leavesOf(crypto: Crypto, manifest: Uint8Array, digest: Uint8Array): LeafCounts | null {
  const statement = readStatement(crypto, manifestStatement, manifest);
  return equalBytes(statement.digest, digest) ? statement.payload.leaves : null;
}

function withSigner(
  crypto: Crypto,
  envelopes: readonly Uint8Array[],
  envelope: Uint8Array,
  keyid: string,
): readonly Uint8Array[] {
  const isThere = envelopes.some((other) => readStatement(crypto, consentStatement, other).keyid === keyid);
  return isThere ? envelopes : [...envelopes, envelope];
}
