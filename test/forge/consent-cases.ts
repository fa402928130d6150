import type { RefusalReason } from "../../src/device/consent/decision.ts";
import type { ConsentSubmission } from "../../src/device/consent/ports.ts";
import { fromUtf8, utf8 } from "../../src/protocol/bytes.ts";
import { decodeJson, encodeJson } from "../../src/protocol/canonical-json.ts";
import { encodeEnvelope, keyId, readStatement, signPayload } from "../../src/protocol/envelope.ts";
import { isJsonObject } from "../../src/protocol/shape.ts";
import { type Consent, consentStatement } from "../../src/protocol/statements/consent.ts";
import { malleated, mixedOrderKey, smallOrderPoints } from "../unit/protocol/ed25519-points.ts";
import type { ConsentDeskWorld } from "./consent-desk-world.ts";

/** One forgery: what it does to an honest submission, and what the device must call it. */
export interface ConsentCase {
  readonly name: string;
  readonly expected: RefusalReason;
  /** Starts from the world's honest submission, which the control shows to be accepted. */
  forge(world: ConsentDeskWorld, honest: ConsentSubmission): Promise<ConsentSubmission> | ConsentSubmission;
}

const edit = async (
  world: ConsentDeskWorld,
  changes: Partial<Consent>,
  signer = world.anna,
): Promise<ConsentSubmission> => world.submission(world.challenges.issue(), changes, signer);

/** The honest payload as JSON, changed and signed again by its owner. */
async function resigned(
  world: ConsentDeskWorld,
  { consent }: ConsentSubmission,
  change: (text: string) => string,
): Promise<Uint8Array> {
  const { payloadBytes } = readStatement(world.crypto, consentStatement, consent);
  return signPayload(world.crypto, consentStatement, utf8(change(fromUtf8(payloadBytes))), world.anna);
}

const withConsent = (honest: ConsentSubmission, consent: Uint8Array): ConsentSubmission => ({ ...honest, consent });

/** The honest statement's own bytes around another signature. */
function withSignature(
  { crypto, anna }: ConsentDeskWorld,
  honest: ConsentSubmission,
  change: (signature: Uint8Array) => Uint8Array,
): ConsentSubmission {
  const { payloadBytes, signature } = readStatement(crypto, consentStatement, honest.consent);
  return withConsent(
    honest,
    encodeEnvelope(consentStatement, payloadBytes, keyId(crypto, anna.publicKey), change(signature)),
  );
}

const relabelled = (bytes: Uint8Array, kind: string): Uint8Array => {
  const json = decodeJson(bytes);
  if (!isJsonObject(json)) throw new Error("not an envelope");
  return encodeJson({ ...json, payloadType: `application/vnd.doorward.${kind}.v1+json` });
};

export const consentCases: readonly ConsentCase[] = [
  {
    name: "an envelope above 16 KiB",
    expected: "size",
    forge: (_world, honest) => withConsent(honest, new Uint8Array(16_385).fill(0x20)),
  },
  {
    name: "a grant larger than any clip needs",
    expected: "size",
    forge: (_world, honest) => ({ ...honest, grant: new Uint8Array(256 * 1024 + 1) }),
  },
  {
    name: "white space in a signed payload",
    expected: "encoding",
    forge: async (world, honest) =>
      withConsent(honest, await resigned(world, honest, (text) => text.replace("{", "{ "))),
  },
  {
    name: "a member doubled in a signed payload",
    expected: "encoding",
    forge: async (world, honest) =>
      withConsent(honest, await resigned(world, honest, (text) => text.replace("{", '{"basis":"own",'))),
  },
  {
    name: "an unknown member",
    expected: "shape",
    forge: async (world, honest) =>
      withConsent(honest, await resigned(world, honest, (text) => text.replace('"basis"', '"aside":1,"basis"'))),
  },
  {
    name: "another kind's label on a consent",
    expected: "shape",
    forge: (_world, honest) => withConsent(honest, relabelled(honest.consent, "release")),
  },
  {
    name: "a revocation labelled as a consent",
    expected: "shape",
    forge: async (world, honest) =>
      withConsent(honest, relabelled(await world.revocation(new Uint8Array(16)), "consent")),
  },
  {
    name: "a voluntary basis without a request",
    expected: "shape",
    forge: async (world, honest) =>
      withConsent(honest, await resigned(world, honest, (text) => text.replace('"own"', '"voluntary"'))),
  },
  {
    name: "another purpose than the signed one",
    expected: "shape",
    forge: (_world, honest) => ({ ...honest, purpose: `${honest.purpose}!` }),
  },
  {
    name: "version 2",
    expected: "version",
    forge: async (world, honest) =>
      withConsent(honest, await resigned(world, honest, (text) => text.replace('"version":1', '"version":2'))),
  },
  {
    name: "a consent for another doorbell",
    expected: "wrong-device",
    forge: (world) => edit(world, { device: world.stranger.publicKey }),
  },
  {
    name: "signed by a stranger",
    expected: "unknown-signer",
    forge: (world) => edit(world, {}, world.stranger),
  },
  {
    name: "signed by who moved out",
    expected: "revoked-signer",
    forge: (world) => edit(world, {}, world.moved),
  },
  {
    name: "signed by a viewer",
    expected: "role",
    forge: (world) => edit(world, {}, world.viewer),
  },
  {
    name: "a stranger's signature under an owner's key id",
    expected: "signature",
    forge: async (world, honest) => {
      const { payloadBytes } = readStatement(world.crypto, consentStatement, honest.consent);
      const forged = await signPayload(world.crypto, consentStatement, payloadBytes, world.stranger);
      const { signature } = readStatement(world.crypto, consentStatement, forged);
      return withSignature(world, honest, () => signature);
    },
  },
  {
    name: "S + L in the place of S",
    expected: "signature",
    forge: (world, honest) => withSignature(world, honest, malleated),
  },
  {
    name: "a signature of zeros",
    expected: "signature",
    forge: (world, honest) => withSignature(world, honest, () => new Uint8Array(64)),
  },
  {
    name: "the identity point and zero, which a key of small order signs everything with",
    expected: "signature",
    forge: (world, honest) => withSignature(world, honest, () => Uint8Array.of(1, ...new Uint8Array(63))),
  },
  {
    name: "signed for the household as it was",
    expected: "household-state",
    forge: (world) => edit(world, { household: world.household.state - 1 }),
  },
  {
    name: "a challenge that the device never gave",
    expected: "challenge",
    forge: (world) => world.submission(world.crypto.randomBytes(16)),
  },
  {
    name: "a challenge that another consent used up",
    expected: "challenge",
    forge: async (world) => {
      const challenge = world.challenges.issue();
      await world.accept(await world.submission(challenge));
      return world.submission(challenge);
    },
  },
  {
    name: "a challenge of a day ago",
    expected: "challenge",
    forge: async (world) => {
      const challenge = world.challenges.issue();
      await world.clock.advance(24 * 60 * 60 * 1000);
      return world.submission(challenge);
    },
  },
  {
    name: "expired this second",
    expected: "expired",
    forge: (world) => edit(world, { expires: Math.floor(world.clock.nowMs() / 1000) }),
  },
  {
    name: "valid for longer than any consent may be",
    expected: "clock",
    forge: (world) => edit(world, { expires: Math.floor(world.clock.nowMs() / 1000) + 31 * 86_400 }),
  },
  {
    name: "sent while the device's clock is not set",
    expected: "clock",
    forge: (world, honest) => {
      world.clock.isSynced = false;
      return honest;
    },
  },
  {
    name: "another recipient's card",
    expected: "recipient",
    forge: async (world, honest) => ({ ...honest, card: (await world.otherCard()).card }),
  },
  {
    name: "a card whose inbox somebody changed",
    expected: "recipient",
    forge: async (world) => {
      const card = await world.cardSignedByAnother();
      return { ...(await edit(world, { recipient: card.digest })), card: card.envelope };
    },
  },
  ...smallOrderPoints.map((point, i) => ({
    name: `a card that signs itself with the key of small order ${i}`,
    expected: "recipient" as const,
    forge: async (world: ConsentDeskWorld) => {
      const card = world.cardUnderKey(point);
      return { ...(await edit(world, { recipient: card.digest })), card: card.envelope };
    },
  })),
  {
    name: "a card under a key with torsion",
    expected: "recipient",
    forge: async (world) => {
      const torsion = smallOrderPoints[1] ?? new Uint8Array(32);
      const card = world.cardUnderKey(mixedOrderKey(world.anna.publicKey, torsion));
      return { ...(await edit(world, { recipient: card.digest })), card: card.envelope };
    },
  },
  {
    name: "a card whose box key is of small order",
    expected: "recipient",
    forge: async (world) => {
      const card = await world.cardWithBoxKey(new Uint8Array(32));
      return { ...(await edit(world, { recipient: card.digest })), card: card.envelope };
    },
  },
  {
    name: "a clip that retention took",
    expected: "clip-gone",
    forge: (world, honest) => {
      world.shelf.erase(world.clip.id);
      return honest;
    },
  },
  {
    name: "a clip that is still being recorded",
    expected: "clip-gone",
    forge: (world, honest) => {
      world.shelf.stillOpen.push(world.clip.id);
      return honest;
    },
  },
  {
    name: "another manifest for the same clip",
    expected: "manifest",
    forge: (world) => edit(world, { manifest: world.crypto.randomBytes(32) }),
  },
  {
    name: "one fragment more than the clip has",
    expected: "range",
    forge: (world) => edit(world, { lanes: [{ lane: 1, first: 4, end: world.clip.manifest.leaves.video + 1 }] }),
  },
  {
    name: "a grant that holds other keys than the signed one",
    expected: "grant-digest",
    forge: async (world, honest) => ({ ...honest, grant: (await edit(world, {})).grant }),
  },
  {
    name: "a token that an owner revoked before it came",
    expected: "revoked",
    forge: (world) => {
      const token = world.crypto.randomBytes(16);
      world.revoked.push(token);
      return edit(world, { token });
    },
  },
  {
    name: "an accepted token id under a fresh challenge",
    expected: "replay",
    forge: async (world) => {
      const token = world.crypto.randomBytes(16);
      await world.accept(await edit(world, { token }));
      return edit(world, { token });
    },
  },
  {
    name: "the very consent that is in its undo window",
    expected: "replay",
    forge: async (world, honest) => {
      await world.accept(honest);
      return honest;
    },
  },
];
