import { readFile } from "node:fs/promises";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { makeConsent, readCard } from "../../owner/make-consent.ts";
import { planShare, type SharePlan, timesOf } from "../../owner/plan-share.ts";
import { toHex } from "../../protocol/bytes.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { NO_FACTS } from "../../protocol/facts.ts";
import { chooseClip } from "../clip-choice.ts";
import { readClip, withSeed } from "../clip-reading.ts";
import { readBasis, readExpiry, readFacts, readSeconds } from "../consent-wish.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";
import { partText, summaryText, toldText } from "../share-summary.ts";
import { toldOutcome } from "../submitted.ts";

const MOST_PURPOSE_CHARACTERS = 2000;

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, options, terminal, signal } = invocation;
  const seconds = readSeconds(options.needed("seconds"));
  const expires = Math.floor(Date.now() / 1000) + readExpiry(options.needed("expires"));
  const basis = readBasis(options.needed("basis"));
  const purpose = options.text("purpose") ?? "";
  if (purpose.length > MOST_PURPOSE_CHARACTERS) {
    throw new CliError("cli/usage", `--purpose has at most ${MOST_PURPOSE_CHARACTERS} characters`);
  }
  const cardFile = options.needed("to");
  const card = await readCardFile(cardFile);
  return withDoorbell(invocation, async (session) => {
    const { doorbell, deviceKey, signer } = session;
    const row = await chooseClip(doorbell, args[0]);
    const progress = terminal.progress("Reading the clip");
    const read = readClip(session, row.clip, "all", (done, total) => progress.update(done, total));
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
        part: `${partText(plan.fromSeconds, plan.toSeconds, durationMs)}, whole fragments inside the ${options.needed("seconds")} you asked for`,
        sound: soundText(plan, options.flag("sound")),
        recipientName: card.name,
        recipientDigest: card.digest,
        inbox: card.inbox,
        expires,
        purpose,
        basis,
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
        card: card.envelope,
        purpose,
        basis,
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
      recipient: card.digest,
      expires,
    };
    return { json: { ok: true, token: toHex(token), ...outcome, ...shared } };
  });
}

interface CardFile {
  readonly envelope: Uint8Array;
  readonly name: string;
  readonly inbox: string;
  readonly digest: string;
}

async function readCardFile(file: string): Promise<CardFile> {
  const envelope = new Uint8Array(await readFile(file));
  try {
    const { card, digest } = readCard(nodeCrypto, envelope);
    return { envelope, name: card.name, inbox: card.inbox.url, digest: toHex(digest) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new CliError("cli/wrong-file", `${file} is no recipient's card, or was changed on its way`, {
      cause: error,
      hint: "The recipient makes one with `doorward recipient card --out FILE`.",
    });
  }
}

function soundText({ sound }: SharePlan, asked: boolean): string {
  if (sound !== null) return `goes along, ${partText(sound.fromSeconds, sound.toSeconds, null)}`;
  return asked ? "none: no whole fragment of sound lies inside that part" : "stays home";
}
