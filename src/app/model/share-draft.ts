import { makeConsent } from "../../owner/make-consent.ts";
import { type ClipTimes, planShare, type SharePlan } from "../../owner/plan-share.ts";
import { toHex } from "../../protocol/bytes.ts";
import type { Facts } from "../../protocol/facts.ts";
import { confirmPresence } from "../ground/passkey.ts";
import { withSeed } from "./clip-reading.ts";
import type { Film } from "./film.ts";
import type { Home } from "./home.ts";
import type { Recipient } from "./recipient.ts";
import { expectClock, submitConsent } from "./submit-consent.ts";

/** What an owner has chosen so far. */
export interface ShareDraft {
  /** Seams of the picture: 0 is its beginning, n its end. */
  readonly fromSeam: number;
  readonly toSeam: number;
  readonly sound: boolean;
  readonly name: string;
  readonly contact: string;
  readonly place: string;
  readonly sameDoorbell: boolean;
  readonly purpose: string;
  readonly validHours: number;
  readonly basis: "own" | "compelled";
}

export const newDraft = (seams: number): ShareDraft => ({
  fromSeam: 0,
  toSeam: seams,
  sound: false,
  name: "",
  contact: "",
  place: "",
  sameDoorbell: false,
  purpose: "",
  validHours: 24,
  basis: "own",
});

/** Milliseconds of each seam from the clip's first picture: as many as fragments, and the end. */
export function seamsOf({ video }: ClipTimes): number[] {
  const seams: number[] = [];
  let endMs = 0;
  for (const span of video) {
    seams.push(span?.startMs ?? endMs);
    endMs = span?.endMs ?? endMs;
  }
  return [...seams, endMs];
}

/** @throws OwnerError `owner/damaged-range`, `owner/no-whole-fragment`. */
export function planOf(times: ClipTimes, { fromSeam, toSeam, sound }: ShareDraft): SharePlan {
  const seams = seamsOf(times);
  const [from, to] = [
    times.video[fromSeam]?.startMs ?? seams[fromSeam],
    times.video[toSeam - 1]?.endMs ?? seams[toSeam],
  ];
  return planShare(times, { fromSeconds: (from ?? 0) / 1000, toSeconds: (to ?? 0) / 1000, sound });
}

const given = (text: string): string | null => (text.trim() === "" ? null : text.trim());

/** Null when nothing is told. */
function factsOf({ name, contact, place, sameDoorbell }: ShareDraft, clipKey: Uint8Array): Facts | null {
  const facts: Facts = {
    name: given(name),
    contact: given(contact),
    place: given(place),
    clockErrorMs: null,
    clipKey: sameDoorbell ? clipKey : null,
  };
  return Object.values(facts).every((fact) => fact === null) ? null : facts;
}

/**
 * Signs, and hands the consent to the doorbell. Once it settles the share stands in the list of shares, with what is known of it:
 * after a signature that the doorbell took, or may have taken, nothing here fails, so that nobody signs a second one.
 * @param request - Digest of the request that is answered; null for a share of one's own.
 * @throws AppError `app/doorbell-clock`, `app/consent-refused`, `app/not-present`. @throws OwnerError, ProtocolError.
 */
export async function signShare(
  home: Home,
  film: Film,
  recipient: Recipient,
  draft: ShareDraft,
  plan: SharePlan,
  request: Uint8Array | null = null,
): Promise<void> {
  const { ground } = home;
  const { clip } = film;
  await home.ask((doorbell) => expectClock(home, doorbell));
  await confirmPresence(ground);
  const deviceKey = await home.deviceKey();
  const expires = Math.floor(Date.now() / 1000) + draft.validHours * 3600;
  await home.ask(async (doorbell) => {
    const { state } = await doorbell.household();
    const challenge = await doorbell.challenge();
    const { token: tokenBytes, submission } = await withSeed(ground, clip, (seed) =>
      makeConsent(ground.crypto, ground.identity.signer, {
        deviceKey,
        householdState: state,
        clip,
        seed,
        lanes: plan.lanes,
        card: recipient.envelope,
        purpose: draft.purpose.trim(),
        ...(request === null ? { basis: draft.basis } : { basis: "voluntary" as const, request }),
        challenge,
        expires,
        facts: factsOf(draft, clip.clipKeyEnvelope),
      }),
    );
    const token = toHex(tokenBytes);
    await home.shares.begin({
      token,
      clip: film.id,
      recipient: recipient.name,
      recipientDigest: recipient.digest,
      fromSeconds: plan.fromSeconds,
      toSeconds: plan.toSeconds,
      sound: plan.sound !== null,
      purpose: draft.purpose.trim(),
      expires,
    });
    const submit = () => doorbell.submit(submission).finally(() => home.shares.waited(token));
    const outcome = await submitConsent(home, submit, () => home.shares.has(token)).catch(async (error: unknown) => {
      await home.shares.drop(token).catch(() => undefined);
      throw error;
    });
    if (outcome === "unknown") return;
    await home.shares.taken(token).catch(() => undefined);
    await home.shares.refresh(doorbell).catch(() => undefined);
  });
}
