import type { ConsentSubmission, HouseholdView } from "../../src/device/consent/ports.ts";
import { utf8 } from "../../src/protocol/bytes.ts";
import { fragmentKeys, isLane } from "../../src/protocol/clip-keys.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import { type Signer, seedSigner, signStatement } from "../../src/protocol/envelope.ts";
import { grantDigest, makeGrant } from "../../src/protocol/grant.ts";
import { ownHash } from "../../src/protocol/hash.ts";
import { type Consent, consentStatement } from "../../src/protocol/statements/consent.ts";
import { revocationStatement } from "../../src/protocol/statements/revocation.ts";
import { checkCard, createCard, type RecipientSecrets } from "../../src/recipient/card.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeShelf, type SealedClip, sealClip, tinyContent } from "./sealed-clip.ts";

export const PURPOSE = "Insurance: the parcel that was dropped";
export const VALID_SECONDS = 24 * 60 * 60;
/** Seconds 3 to 7 of the picture, no sound. */
export const PICTURE_ONLY: Consent["lanes"] = [{ lane: 1, first: 4, end: 9 }];

/** One home, its people, one clip and one recipient: everything a consent needs, honest until a test changes it. */
export interface ConsentWorld {
  readonly crypto: Crypto;
  readonly clock: FakeClock;
  readonly deviceSeed: Uint8Array;
  readonly device: Uint8Array;
  readonly anna: Signer;
  readonly ben: Signer;
  readonly viewer: Signer;
  readonly moved: Signer;
  readonly stranger: Signer;
  readonly shelf: FakeShelf;
  readonly clip: SealedClip;
  readonly card: Uint8Array;
  readonly secrets: RecipientSecrets;
  household: HouseholdView;
  /** A submission that the device accepts, with any field of its payload changed. */
  submission(challenge: Uint8Array, changes?: Partial<Consent>, signer?: Signer): Promise<ConsentSubmission>;
  revocation(token: Uint8Array, signer?: Signer): Promise<Uint8Array>;
}

export async function makeConsentWorld(
  crypto: Crypto,
  options: {
    readonly clip?: SealedClip;
    readonly recipient?: { readonly card: Uint8Array; readonly secrets: RecipientSecrets };
  } = {},
): Promise<ConsentWorld> {
  const clock = new FakeClock();
  const deviceSeed = crypto.randomBytes(32);
  const device = seedSigner(crypto, deviceSeed).publicKey;
  const person = (): Signer => seedSigner(crypto, crypto.randomBytes(32));
  const [anna, ben, viewer, moved, stranger] = [person(), person(), person(), person(), person()];
  const clip = options.clip ?? (await sealClip(crypto, deviceSeed, tinyContent()));
  const shelf = new FakeShelf();
  shelf.clips.push(clip);
  const { card, secrets } =
    options.recipient ?? (await createCard(crypto, { name: "Insurance", url: "mqtt://127.0.0.1:1", ca: null }));
  const { digest: recipient, card: readCard } = checkCard(crypto, card);

  const world: ConsentWorld = {
    crypto,
    clock,
    deviceSeed,
    device,
    anna,
    ben,
    viewer,
    moved,
    stranger,
    shelf,
    clip,
    card,
    secrets,
    household: {
      state: 7,
      quorum: 1,
      members: [
        { signKey: anna.publicKey, role: "owner" },
        { signKey: ben.publicKey, role: "owner" },
        { signKey: viewer.publicKey, role: "viewer" },
      ],
      removed: [moved.publicKey],
    },
    async submission(challenge, changes = {}, signer = anna) {
      const lanes = changes.lanes ?? PICTURE_ONLY;
      const grant = makeGrant(crypto, clip.id, grantEntries(crypto, clip, lanes), readCard.boxKey);
      const consent: Consent = {
        token: crypto.randomBytes(16),
        device,
        household: world.household.state,
        clip: clip.id,
        manifest: clip.manifestDigest,
        request: null,
        lanes,
        recipient,
        purpose: ownHash(crypto, "purpose", utf8(PURPOSE)),
        basis: "own",
        challenge,
        grant: grantDigest(crypto, grant),
        expires: Math.floor(clock.nowMs() / 1000) + VALID_SECONDS,
        ...changes,
      };
      const envelope = await signStatement(crypto, consentStatement, consent, signer);
      return { consent: envelope, grant, card, facts: null, purpose: PURPOSE };
    },
    revocation: (token, signer = anna) => signStatement(crypto, revocationStatement, { device, token }, signer),
  };
  return world;
}

export function grantEntries(crypto: Crypto, { seed }: SealedClip, lanes: Consent["lanes"]) {
  return lanes.flatMap(({ lane, first, end }) => {
    if (!isLane(lane)) throw new Error(`no lane ${lane}`);
    return fragmentKeys(crypto, seed, lane, end)
      .map((key, index) => ({ lane, index, key }))
      .filter(({ index }) => index === 0 || index >= first);
  });
}
