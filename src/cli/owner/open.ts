import { type Gap, type OpenedClip, playableClip } from "../../owner/open-clip.ts";
import type { VerifiedClip } from "../../owner/verify-clip.ts";
import { toHex } from "../../protocol/bytes.ts";
import { LANES } from "../../protocol/clip-keys.ts";
import { chooseClip } from "../clip-choice.ts";
import { readClip } from "../clip-reading.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { EXIT } from "../errors.ts";
import { writeOutputFile } from "../private-dir.ts";
import { fields } from "../table.ts";
import { byteSize, clipLength, localTime } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, options, terminal } = invocation;
  const out = options.needed("out");
  return withDoorbell(invocation, async (session) => {
    const row = await chooseClip(session.doorbell, args[0]);
    const progress = terminal.progress("Opening");
    const read = readClip(session, row.clip, "all", (done, total) => progress.update(done, total));
    const { clip, opened } = await read.finally(() => progress.end());
    const film = playableClip(opened);
    await writeOutputFile(out, film);
    const { opening, closing, gaps } = opened;
    terminal.say(
      fields([
        ["clip", toHex(clip.clip)],
        ["when", opening === null ? "unknown" : localTime(opening.startMs)],
        ["what", opening?.trigger ?? "unknown"],
        ["length", closing === null ? "unknown: the recording was cut short" : clipLength(closing.durationMs)],
        ["film", `${out} (${byteSize(film.length)})`],
        ...(gaps.length === 0 ? [] : [["missing", gapText(gaps)] as const]),
      ]),
    );
    return { json: clipJson(clip, opened, out), exit: gaps.length === 0 ? EXIT.ok : EXIT.notVerified };
  });
}

function clipJson({ clip, manifest }: VerifiedClip, { opening, closing, gaps, video }: OpenedClip, file: string) {
  return {
    ok: gaps.length === 0,
    clip: toHex(clip),
    file,
    startMs: opening?.startMs ?? null,
    trigger: opening?.trigger ?? null,
    clock: opening?.clock ?? null,
    preRollMs: opening?.preRollMs ?? null,
    durationMs: closing?.durationMs ?? null,
    retriggersMs: closing?.retriggers ?? null,
    closed: manifest.closed,
    fragments: video.fragments.length,
    gaps,
  };
}

const laneWords: Readonly<Record<number, string>> = {
  [LANES.video]: "picture",
  [LANES.audio]: "sound",
  [LANES.thumbnail]: "still",
  [LANES.meta]: "times",
};

function gapText(gaps: readonly Gap[]): string {
  return gaps.map(({ lane, index, reason }) => `${laneWords[lane]} ${index} (${reason})`).join(", ");
}
