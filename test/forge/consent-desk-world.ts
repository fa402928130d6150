import { Challenges } from "../../src/device/consent/challenges.ts";
import { type Decision, decide } from "../../src/device/consent/decide.ts";
import type { PendingConsent } from "../../src/device/consent/pending-file.ts";
import type { ConsentSubmission } from "../../src/device/consent/ports.ts";
import { equalBytes } from "../../src/protocol/bytes.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import {
  encodeEnvelope,
  encodePayload,
  keyId,
  readStatement,
  signStatement,
  statementDigest,
} from "../../src/protocol/envelope.ts";
import { consentStatement } from "../../src/protocol/statements/consent.ts";
import { type RecipientCard, recipientCardStatement } from "../../src/protocol/statements/recipient-card.ts";
import { checkCard, createCard, recipientSigner } from "../../src/recipient/card.ts";
import { type ConsentWorld, makeConsentWorld } from "../fakes/consent-world.ts";

interface ForgedCard {
  readonly envelope: Uint8Array;
  readonly digest: Uint8Array;
}

/** A home with a consent desk in memory: `decide` with real checks, and stores that forget with the test. */
export interface ConsentDeskWorld extends ConsentWorld {
  readonly challenges: Challenges;
  readonly pending: Map<string, PendingConsent>;
  readonly revoked: Uint8Array[];
  decide(submission: ConsentSubmission): Promise<Decision>;
  /** Decides and, like the desk, keeps it and uses its challenge up. @throws unless it is accepted or waits. */
  accept(submission: ConsentSubmission): Promise<void>;
  otherCard(): ReturnType<typeof createCard>;
  cardSignedByAnother(): Promise<ForgedCard>;
  /** A card with this key, and the signature that verifies under small-order keys in careless code. */
  cardUnderKey(signKey: Uint8Array): ForgedCard;
  cardWithBoxKey(boxKey: Uint8Array): Promise<ForgedCard>;
}

export async function makeConsentDeskWorld(crypto: Crypto): Promise<ConsentDeskWorld> {
  const base = await makeConsentWorld(crypto);
  const challenges = new Challenges(crypto, base.clock);
  const pending = new Map<string, PendingConsent>();
  const revoked: Uint8Array[] = [];
  const tokenOf = ({ consent }: ConsentSubmission): Uint8Array =>
    readStatement(crypto, consentStatement, consent).payload.token;
  const honest = checkCard(crypto, base.card).card;
  const forged = (envelope: Uint8Array): ForgedCard => ({
    envelope,
    digest: readStatement(crypto, recipientCardStatement, envelope).digest,
  });
  const world = Object.assign(base, {
    challenges,
    pending,
    revoked,
    decide: (submission: ConsentSubmission) =>
      decide(submission, {
        crypto,
        device: base.device,
        clock: base.clock,
        household: base.household,
        vault: base.shelf,
        challenges,
        pending: {
          isFull: false,
          find: (token) => pending.get(String(token)),
          isRevoked: (token) => revoked.some((other) => equalBytes(other, token)),
        },
        accepted: { has: () => false },
      }),
    async accept(submission: ConsentSubmission) {
      const decision = await world.decide(submission);
      if (decision.outcome === "refused") throw new Error(`refused as ${decision.reason}`);
      const { consent, envelopes } = decision.checked;
      const { grant, card, facts, purpose } = submission;
      const token = tokenOf(submission);
      pending.set(String(token), { token, envelopes, grant, card, facts, purpose, state: decision.outcome });
      challenges.useUp(consent.challenge);
    },
    otherCard: () => createCard(crypto, { name: "Insurance", url: "mqtt://127.0.0.1:1", ca: null }),
    async cardSignedByAnother() {
      const card: RecipientCard = { ...honest, inbox: { ...honest.inbox, url: "mqtt://elsewhere.example:1883" } };
      const signer = recipientSigner(crypto, (await world.otherCard()).secrets);
      return forged(await signStatement(crypto, recipientCardStatement, card, signer));
    },
    cardUnderKey(signKey: Uint8Array) {
      const payload = encodePayload(recipientCardStatement, { ...honest, signKey });
      const signature = Uint8Array.of(1, ...new Uint8Array(63));
      const envelope = encodeEnvelope(recipientCardStatement, payload, keyId(crypto, signKey), signature);
      return { envelope, digest: statementDigest(crypto, recipientCardStatement, payload) };
    },
    async cardWithBoxKey(boxKey: Uint8Array) {
      const signer = recipientSigner(crypto, base.secrets);
      return forged(await signStatement(crypto, recipientCardStatement, { ...honest, boxKey }, signer));
    },
  });
  return world;
}
