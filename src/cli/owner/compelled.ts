import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import type { IndexedClip } from "../../owner/clip-index.ts";
import { clipsOfOrder, planOrderedClip } from "../../owner/compelled.ts";
import { OwnerError } from "../../owner/errors.ts";
import { makeConsent, readCard } from "../../owner/make-consent.ts";
import { type SharePlan, timesOf } from "../../owner/plan-share.ts";
import { equalBytes, toHex } from "../../protocol/bytes.ts";
import { indexClips } from "../clip-indexing.ts";
import { readClip, verifiedClip, withSeed } from "../clip-reading.ts";
import { readCardFile, readExpiry, readPurpose } from "../consent-wish.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { type DoorbellSession, withDoorbell } from "../doorbell-session.ts";
import { CliError, EXIT } from "../errors.ts";
import { inboxWords } from "../inbox-words.ts";
import { writeOutputFile } from "../private-dir.ts";
import { fields, table } from "../table.ts";
import { rangeText, readRange } from "../time-range.ts";
import { clipLength, duration, fingerprint, foreignText, localTime, shortId } from "../words.ts";

/** The doorbell lets no more consents wait at once. */
const MOST_WAITING = 32;
const LOOK_EVERY_MS = 500;

interface Part {
  readonly clip: IndexedClip;
  readonly plan: SharePlan;
}

interface Signed extends Part {
  readonly token: Uint8Array;
  readonly waitsForOwners: boolean;
}

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal, signal } = invocation;
  const range = readRange(options, Date.now());
  const expires = Math.floor(Date.now() / 1_000) + readExpiry(options.needed("expires"));
  const purpose = readPurpose(options);
  const card = await readCardFile(options.needed("to"));
  const recipient = readCard(nodeCrypto, card);
  return withDoorbell(invocation, async (session) => {
    const { inside, unknown } = clipsOfOrder(await indexClips(terminal, session), range);
    const { parts, damaged } = await planParts(invocation, session, inside, range);
    const left = [...damaged, ...unknown];
    if (parts.length === 0) {
      throw new CliError("cli/nothing-in-range", `no whole fragment was filmed from ${rangeText(range)}`, {
        hint: left.length === 0 ? "Nothing was recorded then." : `${left.length} clips of those days cannot be read.`,
      });
    }
    terminal.note("This would leave your home, and not one key more:\n");
    terminal.note(partsText(parts));
    terminal.note(
      `\n${fields([
        ["filmed", rangeText(range)],
        ["sound", options.flag("sound") ? "goes along" : "stays home"],
        ["to", `${foreignText(recipient.card.name)}  (the name that the card gives itself)`],
        ["fingerprint", fingerprint(toHex(recipient.digest))],
        ["inbox", inboxWords(recipient.card.inbox.url)],
        ["until", localTime(expires * 1_000)],
        ["purpose", purpose === "" ? "none given" : foreignText(purpose)],
        ["because of", "a legal order"],
      ])}`,
    );
    if (left.length > 0) terminal.note(`\nLeft out, since they cannot be read: ${left.map(nameOf).join(", ")}`);
    if (!options.flag("yes") && !(await terminal.confirm("\nHand this over?", signal))) {
      throw new CliError("cli/declined", "you did not say yes");
    }
    const signed: Signed[] = [];
    for (const part of parts) signed.push(await signPart(session, part, { card, purpose, expires }, signal));
    const out = options.text("out");
    const files = out === undefined ? [] : await saveAll(invocation, session, signed, out);
    tell(invocation, signed, files);
    const shares = signed.map(({ clip: { clip }, plan: { lanes }, token }) => ({
      clip: toHex(clip),
      lanes,
      token: toHex(token),
    }));
    const json = { ok: left.length === 0, ...range, shares, leftOut: left.map(({ clip }) => toHex(clip)), files };
    return { json, exit: left.length === 0 ? EXIT.ok : EXIT.notVerified };
  });
}

async function planParts(
  { options, terminal }: Invocation,
  session: DoorbellSession,
  clips: readonly IndexedClip[],
  range: { readonly fromMs: number; readonly toMs: number },
): Promise<{ readonly parts: readonly Part[]; readonly damaged: readonly IndexedClip[] }> {
  const parts: Part[] = [];
  const damaged: IndexedClip[] = [];
  const progress = terminal.progress("Reading the clips");
  try {
    for (const [done, clip] of clips.entries()) {
      progress.update(done, clips.length);
      const { opened } = await readClip(session, clip.clip, "all");
      try {
        const plan = planOrderedClip(timesOf(opened), clip, range, options.flag("sound"));
        if (plan !== null) parts.push({ clip, plan });
      } catch (error) {
        if (!(error instanceof OwnerError && error.code === "owner/damaged-range")) throw error;
        damaged.push(clip);
      }
    }
  } finally {
    progress.end();
  }
  return { parts, damaged };
}

async function signPart(
  session: DoorbellSession,
  part: Part,
  order: { readonly card: Uint8Array; readonly purpose: string; readonly expires: number },
  signal: AbortSignal,
): Promise<Signed> {
  const { doorbell, deviceKey, signer } = session;
  await roomForOneMore(session, signal);
  const clip = await verifiedClip(session, part.clip.clip);
  const { state } = await doorbell.household();
  const challenge = await doorbell.challenge();
  const wish = { deviceKey, householdState: state, clip, lanes: part.plan.lanes, challenge, facts: null, ...order };
  const { token, submission } = await withSeed(session, clip, (seed) =>
    makeConsent(nodeCrypto, signer, { ...wish, seed, basis: "compelled" }),
  );
  const { outcome } = await doorbell.submit(submission);
  return { ...part, token, waitsForOwners: outcome === "waiting" };
}

async function roomForOneMore({ doorbell }: DoorbellSession, signal: AbortSignal): Promise<void> {
  for (;;) {
    const waiting = (await doorbell.shares()).filter(({ state }) => state === "waiting" || state === "undo-window");
    if (waiting.length < MOST_WAITING) return;
    const soonest = Math.min(
      ...waiting.flatMap((share) => (share.state === "undo-window" ? [share.undoRemainingMs] : [])),
    );
    if (!Number.isFinite(soonest)) {
      throw new CliError("cli/too-early", `${MOST_WAITING} shares wait for other owners to sign: they have to, first`);
    }
    await sleep(soonest + LOOK_EVERY_MS, undefined, { signal });
  }
}

/** Each share as a file, once its undo window is over: for a recipient to whom it is carried by hand. */
async function saveAll(
  { terminal, signal }: Invocation,
  { doorbell }: DoorbellSession,
  signed: readonly Signed[],
  out: string,
): Promise<string[]> {
  await mkdir(out, { recursive: true });
  const files: string[] = [];
  const progress = terminal.progress("Waiting out the undo window");
  try {
    for (const { clip, token, waitsForOwners } of signed) {
      if (waitsForOwners) continue;
      for (;;) {
        const share = (await doorbell.shares()).find((row) => equalBytes(row.token, token));
        if (share?.state !== "undo-window") break;
        progress.update(files.length, signed.length, `${duration(share.undoRemainingMs)} left to undo`);
        await sleep(Math.min(share.undoRemainingMs + LOOK_EVERY_MS, 10_000), undefined, { signal });
      }
      const file = join(out, `${toHex(clip.clip)}.tar`);
      await writeOutputFile(file, await doorbell.share(token));
      files.push(file);
      progress.update(files.length, signed.length);
    }
  } finally {
    progress.end();
  }
  return files;
}

function tell({ terminal }: Invocation, signed: readonly Signed[], files: readonly string[]): void {
  const count = `${signed.length} share${signed.length === 1 ? "" : "s"}`;
  const waiting = signed.filter(({ waitsForOwners }) => waitsForOwners).length;
  if (waiting > 0) terminal.say(`${waiting} of ${count} wait for other owners: \`doorward owner approve\`.`);
  else if (files.length > 0) terminal.say(`${count} saved. Only the recipient can open them; anyone can carry them.`);
  else terminal.say(`${count} signed. Each leaves after its undo window: \`doorward owner shares\`.`);
}

function partsText(parts: readonly Part[]): string {
  const columns = [
    { title: "CLIP" },
    { title: "FROM" },
    { title: "LENGTH", align: "right" },
    { title: "FRAGMENTS" },
  ] as const;
  return table(
    columns,
    parts.map(({ clip, plan }) => [
      nameOf(clip),
      localTime((clip.times?.fromMs ?? 0) + plan.fromSeconds * 1_000),
      clipLength((plan.toSeconds - plan.fromSeconds) * 1_000),
      plan.lanes.map(({ first, end }) => `${first}-${end - 1}`).join(" and "),
    ]),
  );
}

const nameOf = ({ clip }: IndexedClip): string => shortId(toHex(clip));
