import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { OwnerError } from "../../owner/errors.ts";
import { coSign, readWaitingConsent } from "../../owner/make-consent.ts";
import { timesOf } from "../../owner/plan-share.ts";
import { equalBytes, toHex } from "../../protocol/bytes.ts";
import { LANES } from "../../protocol/clip-keys.ts";
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
    const { consent, card } = readWaitingConsent(nodeCrypto, submission, { deviceKey: session.deviceKey, token });
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
