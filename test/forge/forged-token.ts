import type { ConsentSubmission } from "../../src/device/consent/ports.ts";
import { equalBytes, fromUtf8, utf8 } from "../../src/protocol/bytes.ts";
import {
  encodeEnvelope,
  encodePayload,
  keyId,
  parseEnvelope,
  readStatement,
  type Signer,
  type UnverifiedStatement,
} from "../../src/protocol/envelope.ts";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { type Consent, consentStatement } from "../../src/protocol/statements/consent.ts";
import { malleated } from "../unit/protocol/ed25519-points.ts";
import type { ConsentDeskWorld } from "./consent-desk-world.ts";
import type { Dice } from "./dice.ts";

/** Two honest submissions that the device never saw, and one that it accepted: what a forger may have in hand. */
export interface Material {
  readonly fresh: ConsentSubmission;
  readonly other: ConsentSubmission;
  readonly accepted: ConsentSubmission;
}

type Forge = (
  world: ConsentDeskWorld,
  material: Material,
  dice: Dice,
) => ConsentSubmission | Promise<ConsentSubmission>;

const KINDS = ["manifest", "clip-key", "member", "pairing", "release", "revocation", "receipt", "request"] as const;

/** Every way of forging that is drawn from; none of its results may be accepted. */
const forges: Readonly<Record<string, Forge>> = {
  mutatedEnvelope: (_world, { fresh }, dice) => ({ ...fresh, consent: mutated(fresh.consent, dice) }),
  mutatedPayload(world, { fresh }, dice) {
    const { payloadBytes, signature } = read(world, fresh);
    return { ...fresh, consent: envelope(world, mutated(payloadBytes, dice), signature, world.anna) };
  },
  mutatedSignature(world, { fresh }, dice) {
    const { payloadBytes, signature } = read(world, fresh);
    return { ...fresh, consent: envelope(world, payloadBytes, mutated(signature, dice), world.anna) };
  },
  changedField(world, { fresh }, dice) {
    const { payload, signature } = read(world, fresh);
    const bytes = encodePayload(consentStatement, changed(payload, world, dice));
    return { ...fresh, consent: envelope(world, bytes, signature, world.anna) };
  },
  async resignedByAnother(world, { fresh }, dice) {
    const { payload } = read(world, fresh);
    const bytes = encodePayload(consentStatement, dice.chance(2) ? payload : changed(payload, world, dice));
    const signer = dice.pick([world.viewer, world.moved, world.stranger]);
    const signature = await signatureOf(world, bytes, signer);
    return { ...fresh, consent: envelope(world, bytes, signature, dice.chance(2) ? signer : world.anna) };
  },
  mixedParts(_world, { fresh, other }, dice) {
    const part = dice.pick(["consent", "grant", "purpose"] as const);
    if (part === "purpose") return { ...fresh, purpose: `${fresh.purpose} ` };
    return { ...fresh, [part]: other[part] };
  },
  mixedSignatures(world, { fresh, other }) {
    const { payloadBytes } = read(world, fresh);
    return { ...fresh, consent: envelope(world, payloadBytes, read(world, other).signature, world.anna) };
  },
  mutatedGrant: (_world, { fresh }, dice) => ({ ...fresh, grant: mutated(fresh.grant, dice) }),
  mutatedCard: (_world, { fresh }, dice) => ({ ...fresh, card: mutated(fresh.card, dice) }),
  relabelled(_world, { fresh }, dice) {
    const text = fromUtf8(fresh.consent).replace("doorward.consent.", `doorward.${dice.pick(KINDS)}.`);
    return { ...fresh, consent: utf8(text) };
  },
  malleated(world, { fresh }) {
    const { payloadBytes, signature } = read(world, fresh);
    return { ...fresh, consent: envelope(world, payloadBytes, malleated(signature), world.anna) };
  },
  replayed: (_world, { accepted }) => accepted,
  replayedUnderAnotherName(world, { accepted, fresh }) {
    const { payload, signature } = read(world, accepted);
    const bytes = encodePayload(consentStatement, { ...payload, challenge: read(world, fresh).payload.challenge });
    return { ...accepted, consent: envelope(world, bytes, signature, world.anna) };
  },
  truncated: (_world, { fresh }, dice) => ({
    ...fresh,
    consent: fresh.consent.subarray(0, dice.below(fresh.consent.length)),
  }),
};

const names = Object.keys(forges);

/** One forgery. It is drawn again when chance made bytes that say and sign exactly what the honest owner signed. */
export async function forgedToken(
  world: ConsentDeskWorld,
  material: Material,
  dice: Dice,
): Promise<{ readonly kind: string; readonly submission: ConsentSubmission }> {
  for (;;) {
    const kind = dice.pick(names);
    const forge = forges[kind];
    if (forge === undefined) throw new Error(`no forge ${kind}`);
    const submission = await forge(world, material, dice);
    if (kind === "replayed" || !isHonest(submission, material)) return { kind, submission };
  }
}

/** DSSE allows two base64 alphabets, and a card has them too: another spelling of the same signed bytes is no forgery. */
function isHonest(submission: ConsentSubmission, { fresh, other }: Material): boolean {
  return [fresh, other].some(
    (honest) =>
      isSameStatement(submission.consent, honest.consent) &&
      isSameStatement(submission.card, honest.card) &&
      equalBytes(submission.grant, honest.grant) &&
      submission.purpose === honest.purpose,
  );
}

function isSameStatement(a: Uint8Array, b: Uint8Array): boolean {
  if (equalBytes(a, b)) return true;
  try {
    const [one, two] = [parseEnvelope(a), parseEnvelope(b)];
    return (
      one.payloadType === two.payloadType &&
      equalBytes(one.payload, two.payload) &&
      equalBytes(one.signature, two.signature)
    );
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}

const read = ({ crypto }: ConsentDeskWorld, { consent }: ConsentSubmission): UnverifiedStatement<Consent> =>
  readStatement(crypto, consentStatement, consent);

const envelope = (world: ConsentDeskWorld, payload: Uint8Array, signature: Uint8Array, named: Signer): Uint8Array =>
  encodeEnvelope(consentStatement, payload, keyId(world.crypto, named.publicKey), signature);

async function signatureOf(world: ConsentDeskWorld, payload: Uint8Array, signer: Signer): Promise<Uint8Array> {
  const unsigned = envelope(world, payload, new Uint8Array(64), signer);
  return signer.sign(readStatement(world.crypto, consentStatement, unsigned).message);
}

function mutated(bytes: Uint8Array, dice: Dice): Uint8Array {
  const copy = [...bytes];
  const edits = 1 + dice.below(3);
  for (let i = 0; i < edits; i += 1) {
    const at = dice.below(copy.length);
    const how = dice.below(4);
    if (how === 0) copy[at] = (copy[at] ?? 0) ^ (1 << dice.below(8));
    else if (how === 1) copy[at] = dice.below(256);
    else if (how === 2) copy.splice(at, 1 + dice.below(4));
    else copy.splice(at, 0, dice.below(256));
  }
  const result = Uint8Array.from(copy);
  return equalBytes(result, bytes) ? mutated(bytes, dice) : result;
}

/** The payload with one field that matters made the forger's. */
function changed(payload: Consent, { crypto, clip, stranger }: ConsentDeskWorld, dice: Dice): Consent {
  const [lane] = payload.lanes;
  const end = clip.manifest.leaves.video;
  return dice.pick<Consent>([
    { ...payload, token: crypto.randomBytes(16) },
    { ...payload, device: stranger.publicKey },
    { ...payload, household: payload.household + 1 },
    { ...payload, clip: crypto.randomBytes(16) },
    { ...payload, manifest: crypto.randomBytes(32) },
    { ...payload, lanes: [{ lane: 1, first: 1, end }] },
    { ...payload, lanes: [...(lane ? [lane] : []), { lane: 2, first: 1, end }] },
    { ...payload, recipient: crypto.randomBytes(32) },
    { ...payload, purpose: crypto.randomBytes(32) },
    { ...payload, basis: "compelled" },
    { ...payload, basis: "voluntary", request: crypto.randomBytes(32) },
    { ...payload, challenge: crypto.randomBytes(16) },
    { ...payload, grant: crypto.randomBytes(32) },
    { ...payload, expires: payload.expires + 3600 },
  ]);
}
