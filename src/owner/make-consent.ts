import { equalBytes, utf8, wipe } from "../protocol/bytes.ts";
import { fragmentKeys, fragmentNonce, isLane, keyCommitment } from "../protocol/clip-keys.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { openSelfSigned, readStatement, type Signer, signPayload, signStatement } from "../protocol/envelope.ts";
import { type Facts, sealFacts } from "../protocol/facts.ts";
import { type GrantEntry, grantDigest, makeGrant } from "../protocol/grant.ts";
import { ownHash } from "../protocol/hash.ts";
import { type Consent, consentStatement, type SharedLane } from "../protocol/statements/consent.ts";
import { type RecipientCard, recipientCardStatement } from "../protocol/statements/recipient-card.ts";
import { revocationStatement } from "../protocol/statements/revocation.ts";
import { OwnerError } from "./errors.ts";
import type { VerifiedClip } from "./verify-clip.ts";

/** What goes to the doorbell; several owners' submissions differ in the consent's signature only. */
export interface ConsentSubmission {
  readonly consent: Uint8Array;
  readonly grant: Uint8Array;
  readonly card: Uint8Array;
  readonly facts: Uint8Array | null;
  /** Text whose digest the consent names. */
  readonly purpose: string;
}

export interface ConsentWish {
  readonly deviceKey: Uint8Array;
  /** Version of the household, as the doorbell last said. */
  readonly householdState: number;
  readonly clip: VerifiedClip;
  readonly seed: Uint8Array;
  readonly lanes: readonly SharedLane[];
  /** The recipient's card as it came. */
  readonly card: Uint8Array;
  readonly purpose: string;
  readonly basis: Consent["basis"];
  /** Digest of the request that is answered; there exactly when the basis is `voluntary`. */
  readonly request?: Uint8Array;
  /** Fresh from the doorbell. */
  readonly challenge: Uint8Array;
  /** Unix seconds. */
  readonly expires: number;
  /** Null: nothing but the clip is told. */
  readonly facts: Facts | null;
}

export interface MadeConsent {
  readonly token: Uint8Array;
  readonly submission: ConsentSubmission;
}

/** Reads a recipient's card and checks that it is signed by its own key. @throws ProtocolError `statement/…`. */
export function readCard(
  crypto: Crypto,
  card: Uint8Array,
): { readonly card: RecipientCard; readonly digest: Uint8Array } {
  const { payload, digest } = openSelfSigned(crypto, recipientCardStatement, card, ({ signKey }) => signKey);
  return { card: payload, digest };
}

/**
 * Signs a consent and wraps the keys of exactly the shared fragments for the recipient.
 * @throws OwnerError `owner/clip-damaged`. @throws ProtocolError `statement/…`, `key/weak`; `json/shape` for a request without the
 * basis `voluntary`, or the other way round.
 */
export async function makeConsent(crypto: Crypto, signer: Signer, wish: ConsentWish): Promise<MadeConsent> {
  const { card, digest: recipient } = readCard(crypto, wish.card);
  const entries = grantEntries(crypto, wish);
  const grant = makeGrant(crypto, wish.clip.clip, entries, card.boxKey);
  wipe(...entries.map(({ key }) => key));
  const token = crypto.randomBytes(16);
  const payload: Consent = {
    token,
    device: wish.deviceKey,
    household: wish.householdState,
    clip: wish.clip.clip,
    manifest: wish.clip.manifestDigest,
    request: wish.request ?? null,
    lanes: wish.lanes,
    recipient,
    purpose: ownHash(crypto, "purpose", utf8(wish.purpose)),
    basis: wish.basis,
    challenge: wish.challenge,
    grant: grantDigest(crypto, grant),
    expires: wish.expires,
  };
  const consent = await signStatement(crypto, consentStatement, payload, signer);
  const facts = wish.facts === null ? null : sealFacts(crypto, wish.facts, card.boxKey);
  return { token, submission: { consent, grant, card: wish.card, facts, purpose: wish.purpose } };
}

/**
 * Index 0 of each shared lane goes along: without it nothing plays. Each key is compared with its leaf: fragment keys do not
 * depend on the clip, so a doorbell that put the wraps of one clip into the head of another would get keys of the one by a
 * consent to the other.
 */
function grantEntries(crypto: Crypto, { clip: { clip, leaves }, seed, lanes }: ConsentWish): GrantEntry[] {
  return lanes.flatMap(({ lane, first, end }) => {
    if (!isLane(lane)) throw new RangeError(`no lane ${lane}`);
    const commitments = new Map(
      leaves.filter((leaf) => leaf.lane === lane).map((leaf) => [leaf.index, leaf.keyCommitment]),
    );
    return fragmentKeys(crypto, seed, lane, end).flatMap((key, index) => {
      if (index !== 0 && index < first) {
        wipe(key);
        return [];
      }
      const commitment = commitments.get(index);
      if (!commitment || !equalBytes(keyCommitment(crypto, key, fragmentNonce(clip, lane, index)), commitment)) {
        throw new OwnerError("owner/clip-damaged", "the clip's key is not the one that its fragments were sealed with");
      }
      return [{ lane, index, key }];
    });
  });
}

/** Which consent an owner asked the doorbell for. */
export interface AskedConsent {
  readonly deviceKey: Uint8Array;
  readonly token: Uint8Array;
}

/**
 * What a waiting consent says, for the owner who is asked to sign it too. What is shown is what would be signed: a doorbell
 * that was taken over could put another card, text or grant beside the payload. Its first signature is not checked.
 * @throws OwnerError `owner/mixed-consent`. @throws ProtocolError `statement/…`.
 */
export function readWaitingConsent(
  crypto: Crypto,
  { consent: envelope, card: cardEnvelope, grant, purpose }: ConsentSubmission,
  { deviceKey, token }: AskedConsent,
): { consent: Consent; card: RecipientCard } {
  const { payload: consent } = readStatement(crypto, consentStatement, envelope);
  const { card, digest } = readCard(crypto, cardEnvelope);
  const isWhole =
    equalBytes(consent.token, token) &&
    equalBytes(consent.device, deviceKey) &&
    equalBytes(consent.recipient, digest) &&
    equalBytes(consent.grant, grantDigest(crypto, grant)) &&
    equalBytes(consent.purpose, ownHash(crypto, "purpose", utf8(purpose)));
  if (!isWhole) throw new OwnerError("owner/mixed-consent", "the parts of this consent do not belong together");
  return { consent, card };
}

/** The same consent with this owner's signature: the payload is another owner's, byte for byte. */
export async function coSign(
  crypto: Crypto,
  signer: Signer,
  submission: ConsentSubmission,
): Promise<ConsentSubmission> {
  const { payloadBytes } = readStatement(crypto, consentStatement, submission.consent);
  return { ...submission, consent: await signPayload(crypto, consentStatement, payloadBytes, signer) };
}

/** Forbids a token for good, also when it has not reached the doorbell yet. */
export function makeRevocation(
  crypto: Crypto,
  signer: Signer,
  deviceKey: Uint8Array,
  token: Uint8Array,
): Promise<Uint8Array> {
  return signStatement(crypto, revocationStatement, { device: deviceKey, token }, signer);
}
