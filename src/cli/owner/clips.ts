import { OwnerError } from "../../owner/errors.ts";
import { toHex } from "../../protocol/bytes.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import type { ClosingMeta, OpeningMeta } from "../../protocol/meta.ts";
import type { ClipRow } from "../clip-choice.ts";
import { readClip } from "../clip-reading.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { type DoorbellSession, withDoorbell } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";
import { table } from "../table.ts";
import { byteSize, clipLength, localTime, shortId } from "../words.ts";

const MOST_CLIPS = 1000;
/** Clips whose times are asked for at once. */
const AT_ONCE = 4;
const MS_PER_DAY = 86_400_000;

interface Listed {
  readonly row: ClipRow;
  readonly opening: OpeningMeta | null;
  readonly closing: ClosingMeta | null;
  readonly closed: "full" | "cut" | null;
  /** Why there is no more to say about it. */
  readonly note: string;
}

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal } = invocation;
  const limit = options.integer("limit", { min: 1, max: MOST_CLIPS }) ?? MOST_CLIPS;
  const sinceDay = dayNumber(options.text("since"));
  return withDoorbell(invocation, async (session) => {
    const rows = await session.doorbell.clips(sinceDay, limit);
    if (rows.length === 0) terminal.say("No clips yet.");
    if (rows.length === 0) return { json: [] };
    const listed: Listed[] = [];
    const progress = terminal.progress("Reading times");
    for (let at = 0; at < rows.length; at += AT_ONCE) {
      listed.push(...(await Promise.all(rows.slice(at, at + AT_ONCE).map((row) => look(session, row)))));
      progress.update(listed.length, rows.length);
    }
    progress.end();
    terminal.say(clipTable(listed));
    return { json: listed.map(clipJson) };
  });
}

async function look(session: DoorbellSession, row: ClipRow): Promise<Listed> {
  const nothing = { row, opening: null, closing: null, closed: null };
  if (row.state === "open") return { ...nothing, note: "recording" };
  try {
    const { clip, opened } = await readClip(session, row.clip, "times");
    const { closed } = clip.manifest;
    return { row, opening: opened.opening, closing: opened.closing, closed, note: noteOf(row, opened.opening, closed) };
  } catch (error) {
    if (error instanceof ProtocolError) return { ...nothing, note: "damaged" };
    if (!(error instanceof OwnerError) || error.code === "owner/no-answer") throw error;
    return { ...nothing, note: error.code === "owner/no-key" ? "not sealed for you" : "damaged" };
  }
}

function noteOf({ pinned, state }: ClipRow, opening: OpeningMeta | null, closed: "full" | "cut"): string {
  const notes = [
    ...(pinned ? ["pinned"] : []),
    ...(state === "damaged" ? ["damaged"] : []),
    ...(closed === "cut" ? ["cut short"] : []),
    ...(opening?.clock === "unsynced" ? ["clock not set"] : []),
  ];
  return notes.join(", ");
}

function clipTable(listed: readonly Listed[]): string {
  const columns = [
    { title: "CLIP" },
    { title: "WHEN" },
    { title: "WHAT" },
    { title: "LENGTH", align: "right" },
    { title: "SIZE", align: "right" },
    { title: "NOTE" },
  ] as const;
  const rows = listed.map(({ row, opening, closing, note }) => [
    shortId(toHex(row.clip)),
    opening === null ? dayText(row.day) : localTime(opening.startMs),
    opening?.trigger ?? "?",
    closing === null ? "?" : clipLength(closing.durationMs),
    byteSize(row.bytes),
    note,
  ]);
  return table(columns, rows);
}

function clipJson({ row, opening, closing, closed, note }: Listed) {
  const { clip, day, bytes, pinned, state, leaves } = row;
  return {
    clip: toHex(clip),
    day,
    startMs: opening?.startMs ?? null,
    trigger: opening?.trigger ?? null,
    clock: opening?.clock ?? null,
    preRollMs: opening?.preRollMs ?? null,
    durationMs: closing?.durationMs ?? null,
    bytes,
    pinned,
    state,
    closed,
    fragments: Math.max(0, leaves.video - 1),
    note,
  };
}

/** A UTC day, since that is all that is known of a clip that this owner cannot open. */
const dayText = (day: number): string => new Date(day * MS_PER_DAY).toISOString().slice(0, 10);

function dayNumber(date: string | undefined): number | null {
  if (date === undefined) return null;
  const at = /^\d{4}-\d\d-\d\d$/.test(date) ? new Date(`${date}T00:00:00`).getTime() : Number.NaN;
  if (Number.isNaN(at)) throw new CliError("cli/usage", `--since takes a date such as 2026-03-01, not "${date}"`);
  return Math.max(0, Math.floor(at / MS_PER_DAY));
}
