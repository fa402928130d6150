import { nodeCrypto } from "../device/platform/node-crypto.ts";
import type { IndexedClip } from "../owner/clip-index.ts";
import { makeConsent, readCard } from "../owner/make-consent.ts";
import { planShare, type SharePlan, timesOf } from "../owner/plan-share.ts";
import { toHex } from "../protocol/bytes.ts";
import { NO_FACTS } from "../protocol/facts.ts";
import { readClip, withSeed } from "./clip-reading.ts";
import { readFacts, type Seconds } from "./consent-wish.ts";
import type { Invocation, Outcome } from "./definition.ts";
import type { DoorbellSession } from "./doorbell-session.ts";
import { CliError } from "./errors.ts";
import { partText, summaryText, toldText } from "./share-summary.ts";
import { toldOutcome } from "./submitted.ts";

/** What an owner asked for on the command line, before the clip is looked at. */
export interface ConsentOrder {
  readonly clip: IndexedClip["clip"];
  readonly seconds: Seconds;
  /** As it was typed. */
  readonly secondsText: string;
  /** Envelope of the recipient's card. */
  readonly card: Uint8Array;
  readonly because:
    | { readonly basis: "own" | "compelled" }
    /** Digest of the request that is answered. */
    | { readonly basis: "voluntary"; readonly request: Uint8Array };
  readonly purpose: string;
  /** Unix seconds. */
  readonly expires: number;
}

/** Reads the clip, shows exactly what would leave, asks, signs and hands it in. @throws CliError `cli/declined`. */
export async function consentToShare(
  invocation: Invocation,
  session: DoorbellSession,
  { clip: id, seconds, secondsText, card, because, purpose, expires }: ConsentOrder,
): Promise<Outcome> {
  const { options, terminal, signal } = invocation;
  const { doorbell, deviceKey, signer } = session;
  const recipient = readCard(nodeCrypto, card);
  const progress = terminal.progress("Reading the clip");
  const read = readClip(session, id, "all", (done, total) => progress.update(done, total));
  const { clip, opened } = await read.finally(() => progress.end());
  const plan = planShare(timesOf(opened), { ...seconds, sound: options.flag("sound") });
  const facts = readFacts(options, clip);
  const durationMs = opened.closing?.durationMs ?? null;
  terminal.note("This would leave your home:\n");
  terminal.note(
    summaryText({
      clip: toHex(clip.clip),
      startMs: opened.opening?.startMs ?? null,
      trigger: opened.opening?.trigger ?? null,
      part: `${partText(plan.fromSeconds, plan.toSeconds, durationMs)}, whole fragments inside the ${secondsText} you asked for`,
      sound: soundText(plan, options.flag("sound")),
      recipientName: recipient.card.name,
      recipientDigest: toHex(recipient.digest),
      inbox: recipient.card.inbox.url,
      expires,
      purpose,
      basis: because.basis,
      told: toldText(facts ?? NO_FACTS),
    }),
  );
  if (!options.flag("yes") && !(await terminal.confirm("\nShare this?", signal))) {
    throw new CliError("cli/declined", "you did not say yes");
  }
  const { state } = await doorbell.household();
  const challenge = await doorbell.challenge();
  const { token, submission } = await withSeed(session, clip, (seed) =>
    makeConsent(nodeCrypto, signer, {
      deviceKey,
      householdState: state,
      clip,
      seed,
      lanes: plan.lanes,
      card,
      purpose,
      ...because,
      challenge,
      expires,
      facts,
    }),
  );
  const outcome = await doorbell.submit(submission);
  toldOutcome(terminal, token, outcome);
  const { fromSeconds, toSeconds, sound, lanes } = plan;
  const shared = {
    clip: toHex(clip.clip),
    lanes,
    range: [fromSeconds, toSeconds],
    sound,
    recipient: toHex(recipient.digest),
    expires,
  };
  return { json: { ok: true, token: toHex(token), ...outcome, ...shared } };
}

function soundText({ sound }: SharePlan, asked: boolean): string {
  if (sound !== null) return `goes along, ${partText(sound.fromSeconds, sound.toSeconds, null)}`;
  return asked ? "none: no whole fragment of sound lies inside that part" : "stays home";
}
