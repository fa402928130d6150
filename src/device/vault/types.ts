import type { Lane } from "../../protocol/clip-keys.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import type { LeafData } from "../../protocol/fragment.ts";
import type { LeafCounts } from "../../protocol/statements/manifest.ts";
import type { Clock } from "../platform/clock.ts";
import type { AppendFile, DurableOptions } from "../platform/durable-file.ts";
import type { Log } from "../platform/logger.ts";

/** One member's box key of the day: the seed of a clip is wrapped for it. */
export interface DayPublicKey {
  /** UTC day number the key belongs to. */
  readonly day: number;
  readonly publicKey: Uint8Array;
}

export interface VaultConfig {
  /** Folder of the vault; made when missing, readable by this user only. */
  readonly dir: string;
  readonly quotaBytes: number;
  /** Whole days a clip is kept after its own; default 14. Pinned clips stay. */
  readonly retentionDays?: number;
}

export interface VaultPorts {
  readonly crypto: Crypto;
  readonly clock: Pick<Clock, "nowMs" | "synced" | "every">;
  readonly log: Log;
  /** 32 bytes; read, never wiped: it belongs to the caller. */
  readonly deviceSigningSeed: Uint8Array;
  /** How clip files are appended to; default: the platform's. */
  readonly openAppend?: (path: string, options: DurableOptions) => Promise<AppendFile>;
}

export interface ClipOpening {
  /** One key per member; empty is `vault/no-recipient`. */
  readonly recipients: readonly DayPublicKey[];
  /** Plain bytes of meta 0 (protocol/meta.ts); wiped once sealed. */
  readonly meta: Uint8Array;
  /** Of the trigger; wiped once sealed. Can also be appended later. */
  readonly thumbnail?: Uint8Array;
}

export interface FragmentReceipt {
  readonly lane: Lane;
  readonly index: number;
}

export interface ClosedClip {
  /** 16 bytes. */
  readonly id: Uint8Array;
  readonly manifestEnvelope: Uint8Array;
  readonly manifestDigest: Uint8Array;
}

/** A clip being recorded. The seed is already wrapped on disk and wiped from memory. */
export interface OpenClip {
  readonly id: Uint8Array;
  readonly day: number;
  /**
   * Seals a fragment and settles once it survives a power cut: bytes written, file synced, catalog row committed.
   * @param plain - Overwritten with zeros before the promise settles, also when it rejects.
   * @throws {@link VaultError} `vault/full` (the clip is then closed as cut), `vault/closed`, `vault/write-failed`.
   */
  append(lane: Lane, plain: Uint8Array): Promise<FragmentReceipt>;
  /** Seals meta 1, signs the manifest and syncs. A second call returns the first one's result. */
  close(closed: "full" | "cut", meta: Uint8Array): Promise<ClosedClip>;
}

export type ClipState = "open" | "sealed" | "damaged";

export interface ClipRow {
  readonly id: Uint8Array;
  readonly day: number;
  readonly bytes: number;
  readonly pinned: boolean;
  readonly state: ClipState;
  readonly leaves: LeafCounts;
}

export interface ClipHead {
  readonly id: Uint8Array;
  readonly day: number;
  /** 84 bytes each, one per member. */
  readonly wraps: readonly Uint8Array[];
  /** Sorted by lane, then index. */
  readonly leaves: readonly LeafData[];
  /** Envelopes; null while the clip is open. */
  readonly manifest: Uint8Array | null;
  readonly clipKey: Uint8Array | null;
}

export interface VaultUsage {
  readonly clips: number;
  readonly pinnedClips: number;
  readonly bytes: number;
  readonly pinnedBytes: number;
  readonly quotaBytes: number;
}

/** What `check` can find, each with its plain meaning. */
export const checkFindings = {
  "check/catalog-damaged": "the catalog database is damaged",
  "check/file-foreign": "a file that is not a clip lies in the vault",
  "check/head-damaged": "the head of a clip file cannot be read",
  "check/not-closed": "a clip was never closed",
  "check/tail-torn": "a clip file ends in the middle of a record",
  "check/fragment-damaged": "a fragment is not what was written",
  "check/fragment-missing": "a fragment that was acknowledged is not in the file",
  "check/manifest-signature": "the manifest is not signed by the clip's own key",
  "check/manifest-binding": "the manifest belongs to another clip",
  "check/manifest-root": "the manifest does not match the fragments in the file",
  "check/clip-key-signature": "the clip-key statement is not signed by this device",
  "check/row-missing": "a clip file is not in the catalog",
  "check/row-without-file": "the catalog lists a clip whose file is gone",
  "check/row-differs": "the catalog does not match a clip file",
} as const;

export type FindingCode = keyof typeof checkFindings;

export interface Finding {
  readonly code: FindingCode;
  /** Clip id in hex, where the finding is about one clip. */
  readonly clip?: string;
  /** Path of the file it is about. */
  readonly file?: string;
  /** One plain sentence: what is wrong, and what was or can be done. */
  readonly text: string;
  readonly repaired: boolean;
}

export interface CheckReport {
  /** True when nothing was found, or all that was found is repaired. */
  readonly clean: boolean;
  readonly findings: readonly Finding[];
  readonly clips: number;
  readonly fragments: number;
  readonly bytes: number;
}

export interface CheckProgress {
  readonly clipsDone: number;
  readonly clips: number;
  readonly fragments: number;
}

export interface CheckOptions {
  /** Rebuild the catalog from the files and mend what can be mended without deleting anything. */
  readonly repair?: boolean;
  readonly onProgress?: (progress: CheckProgress) => void;
  readonly signal?: AbortSignal;
}
