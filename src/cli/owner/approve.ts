import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { OwnerError } from "../../owner/errors.ts";
import { type ConsentSubmission, coSign, readCard, readWaitingConsent } from "../../owner/make-consent.ts";
import { timesOf } from "../../owner/plan-share.ts";
import { equalBytes, toHex, utf8 } from "../../protocol/bytes.ts";
import { LANES } from "../../protocol/clip-keys.ts";
import { grantDigest } from "../../protocol/grant.ts";
import { ownHash } from "../../protocol/hash.ts";
import type { Consent } from "../../protocol/statements/consent.ts";
import { chooseByHex } from "../clip-choice.ts";
import { readClip } from "../clip-reading.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { type DoorbellSession, withDoorbell } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";
import { partText, type ShareSummary, summaryText } from "../share-summary.ts";
import { toldOutcome } from "../submitted.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, options, terminal, signal } = invocation;
  return withDoorbell(invocation, async (session) => {
    const { doorbell, signer } = session;
    const waiting = (await doorbell.shares()).filter(({ state }) => state === "waiting");
    const { token } = chooseByHex(waiting, (share) => share.token, args[0], "waiting share");
    const submission = await doorbell.waitingConsent(token);
    const { consent, card } = readWaitingConsent(nodeCrypto, submission);
    refuseMixedParts(session, token, consent, submission);
    terminal.note("Another owner wants this to leave your home:\n");
    const { startMs, trigger, part } = await clipWords(session, consent);
    terminal.note(
      summaryText({
        clip: toHex(consent.clip),
        startMs,
        trigger,
        part,
        sound: consent.lanes.some(({ lane }) => lane === LANES.audio) ? "goes along" : "stays home",
        recipientName: card.name,
        recipientDigest: toHex(consent.recipient),
        inbox: card.inbox.url,
        expires: consent.expires,
        purpose: submission.purpose,
        basis: consent.basis,
        told: submission.facts === null ? "nothing" : "what the other owner added, sealed to the recipient",
      }),
    );
    if (!options.flag("yes") && !(await terminal.confirm("\nSign it too?", signal))) {
      throw new CliError("cli/declined", "you did not say yes");
    }
    const outcome = await doorbell.submit(await coSign(nodeCrypto, signer, submission));
    toldOutcome(terminal, token, outcome);
    return { json: { ok: true, token: toHex(token), ...outcome } };
  });
}

type ClipWords = Pick<ShareSummary, "startMs" | "trigger" | "part">;

/** What is shown must be what is signed: a doorbell that was taken over could pair a consent with another card or text. */
function refuseMixedParts(
  { deviceKey }: DoorbellSession,
  token: Uint8Array,
  consent: Consent,
  { card, grant, purpose }: ConsentSubmission,
): void {
  const isWhole =
    equalBytes(consent.token, token) &&
    equalBytes(consent.device, deviceKey) &&
    equalBytes(consent.recipient, readCard(nodeCrypto, card).digest) &&
    equalBytes(consent.grant, grantDigest(nodeCrypto, grant)) &&
    equalBytes(consent.purpose, ownHash(nodeCrypto, "purpose", utf8(purpose)));
  if (!isWhole) {
    throw new CliError("cli/wrong-file", "the parts of this consent do not belong together", {
      hint: "Do not sign it. Ask the other owner, and look at the doorbell: it should never offer such a thing.",
    });
  }
}

async function clipWords(session: DoorbellSession, consent: Consent): Promise<ClipWords> {
  const range = consent.lanes.find(({ lane }) => lane === LANES.video);
  const fragments = range === undefined ? "sound only" : `fragments ${range.first} to ${range.end - 1} of the picture`;
  try {
    const { opened, clip } = await readClip(session, consent.clip, "all");
    if (!equalBytes(clip.manifestDigest, consent.manifest)) {
      throw new CliError("cli/wrong-file", "the consent names another version of the clip");
    }
    const { video } = timesOf(opened);
    const [first, last] = [video[(range?.first ?? 0) - 1], video[(range?.end ?? 0) - 2]];
    const durationMs = opened.closing?.durationMs ?? null;
    const part = first && last ? partText(first.startMs / 1000, last.endMs / 1000, durationMs) : fragments;
    return { startMs: opened.opening?.startMs ?? null, trigger: opened.opening?.trigger ?? null, part };
  } catch (error) {
    if (!(error instanceof OwnerError && error.code === "owner/no-key")) throw error;
    return {
      startMs: null,
      trigger: null,
      part: `${fragments}; you cannot look at this clip: your keys do not open it`,
    };
  }
}
