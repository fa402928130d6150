import { Doorbell } from "../../owner/doorbell.ts";
import { OwnerError } from "../../owner/errors.ts";
import { LinkClient } from "../../owner/link-client.ts";
import {
  coSignRecovery,
  openSealedDays,
  readRecoveryProposal,
  sealDays,
  signRecovery,
  signRecoveryClaim,
} from "../../owner/recovery.ts";
import { equalBytes, fromBase64url, toBase64url } from "../../protocol/bytes.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { encodeParts, type ResultOf } from "../../protocol/link-ops.ts";
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
  readonly proposals: readonly RecoveryProposal[];
}

/** Words that an owner has made, or would take back, and that more owners have to sign. */
export interface RecoveryProposal {
  readonly payload: Uint8Array;
  readonly signers: readonly Uint8Array[];
  readonly takesBack: boolean;
  readonly footage: boolean;
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

/** @param device - The doorbell's key: what is about another one is left out. */
export async function readRecovery(doorbell: Doorbell, device: Uint8Array): Promise<Recovery> {
  const { registered, footage, claim, proposals } = (await doorbell.ask("recovery", {})).result;
  return {
    registered,
    footage,
    claim: claim && { member: claim.member, endsAt: performance.now() + claim.remainingMs },
    proposals: proposals.flatMap((told) => proposalOf(told, device) ?? []),
  };
}

function proposalOf(
  { payload: text, signers, footage }: ResultOf<"recovery">["proposals"][number],
  ours: Uint8Array,
): RecoveryProposal | null {
  try {
    const payload = fromBase64url(text);
    const { device, key } = readRecoveryProposal(payload);
    return equalBytes(device, ours) ? { payload, signers, takesBack: key === null, footage } : null;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** Those that lack this owner's signature. */
export function recoveryAsked({ ground, recovery }: Home): readonly RecoveryProposal[] {
  const { publicKey } = ground.identity.signer;
  return (recovery.value?.proposals ?? []).filter(({ signers }) => !signers.some((key) => equalBytes(key, publicKey)));
}

/** @returns How many owners more have to sign. */
export async function agreeToRecovery(home: Home, { payload }: RecoveryProposal): Promise<number> {
  const { crypto, identity } = home.ground;
  await confirmPresence(home.ground);
  return home.ask(async (doorbell) => register(home, doorbell, await coSignRecovery(crypto, identity.signer, payload)));
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
 * @returns How many owners more have to sign before it counts.
 */
export async function setRecovery(home: Home, entropy: Uint8Array | null, withFootage: boolean): Promise<number> {
  const { crypto, identity, store } = home.ground;
  await confirmPresence(home.ground);
  const device = await home.deviceKey();
  return home.ask(async (doorbell) => {
    const { state } = await doorbell.household();
    const envelope = await signRecovery(crypto, identity.signer, { device, household: state, entropy });
    const { days } = await store.read();
    const sealedDays = withFootage && entropy !== null ? toBase64url(sealDays(crypto, entropy, days)) : null;
    return register(home, doorbell, envelope, sealedDays);
  });
}

async function register(
  home: Home,
  doorbell: Doorbell,
  envelope: Uint8Array,
  sealedDays: string | null = null,
): Promise<number> {
  const { result } = await doorbell.ask("recovery-register", { sealedDays }, encodeParts([envelope]));
  await home.refresh(doorbell);
  return result.missing;
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
  const { deviceKey, brokers } = await store.device();
  const device = fromBase64url(deviceKey);
  const claim = await signRecoveryClaim(crypto, entropy, { device, member: identity.signer.publicKey });
  // The home's own link is of no use yet: nothing but this is answered.
  const connect = homeConnector(brokers, () => {});
  const link = await LinkClient.open({ crypto, store, connect, timer: browserTimer });
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
