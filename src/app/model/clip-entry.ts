import { OwnerError } from "../../owner/errors.ts";
import type { OpenedClip } from "../../owner/open-clip.ts";
import type { VerifiedClip } from "../../owner/verify-clip.ts";
import { toHex } from "../../protocol/bytes.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import type { ClipIndexRow } from "../../protocol/link-ops.ts";

/** What the app knows of a clip without opening it again. Plain JSON: it rests sealed, by day. */
export interface ClipEntry {
  /** Hex. */
  readonly id: string;
  readonly day: number;
  /** Of its ciphertexts; 0 while it has not been read. */
  readonly bytes: number;
  readonly pinned: boolean;
  readonly state: ClipIndexRow["state"];
  readonly trigger: "ring" | "motion" | null;
  /** Of the trigger, unix milliseconds by the doorbell's clock. */
  readonly startMs: number | null;
  readonly preRollMs: number;
  readonly durationMs: number | null;
  readonly clockSet: boolean;
  readonly closed: "full" | "cut" | null;
  readonly hasStill: boolean;
  /** `unread`: not looked at yet; `no-key`: sealed for others, or its day is over. */
  readonly reading: "unread" | "read" | "no-key" | "damaged";
}

const UNREAD = {
  bytes: 0,
  trigger: null,
  startMs: null,
  preRollMs: 0,
  durationMs: null,
  clockSet: true,
  closed: null,
  hasStill: false,
  reading: "unread",
} as const;

export function entryOfRow({ clip, day, pinned, state }: ClipIndexRow): ClipEntry {
  return { id: toHex(clip), day, pinned, state, ...UNREAD };
}

export function readEntry(entry: ClipEntry, { manifest, leaves }: VerifiedClip, opened: OpenedClip): ClipEntry {
  const { opening, closing, thumbnail } = opened;
  return {
    ...entry,
    bytes: leaves.reduce((sum, { length }) => sum + length, 0),
    trigger: opening?.trigger ?? null,
    startMs: opening?.startMs ?? null,
    preRollMs: opening?.preRollMs ?? 0,
    durationMs: closing?.durationMs ?? null,
    clockSet: opening?.clock !== "unsynced",
    closed: manifest.closed,
    hasStill: thumbnail !== null,
    reading: "read",
  };
}

/** Null: the doorbell is away, so nothing is known yet. */
export function unreadable(entry: ClipEntry, error: unknown): ClipEntry | null {
  if (error instanceof ProtocolError) return { ...entry, reading: "damaged" };
  if (!(error instanceof OwnerError)) throw error;
  if (error.code === "owner/no-key") return { ...entry, reading: "no-key" };
  if (error.code === "owner/clip-damaged") return { ...entry, reading: "damaged" };
  return null;
}

const MS_PER_DAY = 86_400_000;

/** When it happened, as well as it is known. */
export const momentOf = ({ startMs, day }: Pick<ClipEntry, "startMs" | "day">): number => startMs ?? day * MS_PER_DAY;

/** Newest first. */
export function byNewest(a: ClipEntry, b: ClipEntry): number {
  return momentOf(b) - momentOf(a) || (a.id < b.id ? 1 : -1);
}
