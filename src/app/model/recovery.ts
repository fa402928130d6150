import { Doorbell } from "../../owner/doorbell.ts";
import { OwnerError } from "../../owner/errors.ts";
import { LinkClient } from "../../owner/link-client.ts";
import { openSealedDays, sealDays, signRecovery, signRecoveryClaim } from "../../owner/recovery.ts";
import { fromBase64url, toBase64url } from "../../protocol/bytes.ts";
import { encodeParts } from "../../protocol/link-ops.ts";
import { RECOVERY_ENTROPY_BYTES } from "../../protocol/recovery-keys.ts";
import { browserTimer } from "../ground/browser-timer.ts";
import type { Ground } from "../ground/ground.ts";
import { homeConnector } from "../ground/home-connector.ts";
import { confirmPresence } from "../ground/passkey.ts";
import { AppError } from "./errors.ts";
import type { Home } from "./home.ts";
import { entropyOf } from "./recovery-words.ts";

/** Whether a new phone could claim this household by words, and whether one does. */
export interface Recovery {
  readonly registered: boolean;
  /** The words open recordings too. */
  readonly footage: boolean;
  readonly claim: Claim | null;
}

export interface Claim {
  readonly member: Uint8Array;
  /** When the phone becomes an owner, of `performance.now()`. */
  readonly endsAt: number;
}

/** This phone's own claim. The words stay, sealed, until they have opened what they open. */
export interface OwnClaim {
  readonly entropy: string;
  /** Unix milliseconds by this phone's clock; the doorbell counts by its own. */
  readonly endsAtMs: number;
}

const RECORD = "recovery-claim";

export async function readRecovery(doorbell: Doorbell): Promise<Recovery> {
  const { registered, footage, claim } = (await doorbell.ask("recovery", {})).result;
  return {
    registered,
    footage,
    claim: claim && { member: claim.member, endsAt: performance.now() + claim.remainingMs },
  };
}

/** An owner's no to whoever claims; needs no passkey, since it has to be quick. */
export function refuseClaim(home: Home): Promise<void> {
  return home.ask(async (doorbell) => {
    await doorbell.ask("recovery-cancel", {});
    await home.refresh(doorbell);
  });
}

export const newEntropy = ({ crypto }: Ground): Uint8Array => crypto.randomBytes(RECOVERY_ENTROPY_BYTES);

/**
 * @param entropy - What the words stand for; null takes them back.
 * @param withFootage - They also open recordings, from the first day that this phone still opens.
 * @throws AppError `app/recovery-quorum` where one signature is not enough.
 */
export async function setRecovery(home: Home, entropy: Uint8Array | null, withFootage: boolean): Promise<void> {
  const { crypto, identity, store } = home.ground;
  await confirmPresence(home.ground);
  const device = await home.deviceKey();
  await home.ask(async (doorbell) => {
    const { state, quorum } = await doorbell.household();
    if (quorum > 1) throw new AppError("app/recovery-quorum", `this household wants ${quorum} signatures`);
    const envelope = await signRecovery(crypto, identity.signer, { device, household: state, entropy });
    const { days } = await store.read();
    const sealedDays = withFootage && entropy !== null ? toBase64url(sealDays(crypto, entropy, days)) : null;
    await doorbell.ask("recovery-register", { sealedDays }, encodeParts([envelope]));
    await home.refresh(doorbell);
  });
}

export async function ownClaim({ database, box }: Ground): Promise<OwnClaim | null> {
  const sealed = await database.get("records", RECORD);
  return sealed === undefined ? null : box.openJson<OwnClaim>(RECORD, sealed).catch(() => null);
}

/**
 * Claims the household for this phone, which has paired and waits.
 * @param words - Text, or what an earlier claim kept of it.
 * @throws AppError `app/not-recovery-words`, `app/recovery-refused`. @throws OwnerError `owner/broker-away`.
 */
export async function claimByWords(ground: Ground, words: string | OwnClaim): Promise<OwnClaim> {
  const { crypto, store, identity, database, box } = ground;
  const entropy = typeof words === "string" ? await entropyOf(words) : fromBase64url(words.entropy);
  const device = fromBase64url((await store.device()).deviceKey);
  const claim = await signRecoveryClaim(crypto, entropy, { device, member: identity.signer.publicKey });
  // The home's own link is of no use yet: nothing but this is answered.
  const link = await LinkClient.open({ crypto, store, connect: homeConnector(() => {}), timer: browserTimer });
  try {
    const { result } = await new Doorbell(link).ask("recovery-claim", {}, claim);
    const own = { entropy: toBase64url(entropy), endsAtMs: Date.now() + result.remainingMs };
    await database.put("records", await box.sealJson(RECORD, own), RECORD);
    return own;
  } catch (error) {
    if (!(error instanceof OwnerError) || error.code !== "owner/no-answer") throw error;
    throw new AppError("app/recovery-refused", "the doorbell did not take these words", { cause: error });
  } finally {
    await link.close();
  }
}

/**
 * Once this phone belongs to the household its words have done their work: what they open becomes this phone's own.
 * To be called before day keys are uploaded, since these replace the doorbell's.
 */
export async function finishClaim(ground: Ground, doorbell: Doorbell): Promise<void> {
  const { crypto, store, database } = ground;
  const own = await ownClaim(ground);
  if (own === null) return;
  const { sealedDays } = (await doorbell.ask("recovery", {})).result;
  const days = sealedDays && openSealedDays(crypto, fromBase64url(own.entropy), fromBase64url(sealedDays));
  if (days) await store.update((state) => ({ ...state, days }));
  await database.delete("records", RECORD);
}
