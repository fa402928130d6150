/** What a recording gives to whoever seals it. */

export interface Fragment {
  readonly lane: "video" | "audio";
  /** Plain init segment, or moof and mdat. The consumer's until it calls {@link giveBack}. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Overwrites the bytes and lets their memory be used again. */
  giveBack(): void;
  /** From the first picture of the recording. */
  readonly startMs: number;
  readonly durationMs: number;
  /** The lane's first: its init segment. */
  readonly init: boolean;
  readonly keyFrame: boolean;
}

export type Trigger = "ring" | "motion";

export interface Recording {
  readonly trigger: Trigger;
  /** Unix time. */
  readonly triggeredAtMs: number;
  /** Copies of what `fragments` begins with, for codec and size. */
  readonly inits: { readonly video: Uint8Array; readonly audio?: Uint8Array };
  /** From the first picture to the trigger. */
  readonly preRollMs: number;
  /**
   * One init segment per lane, then fragments as they come; ends when the recording does. To be read once.
   * A consumer that falls {@link QUEUE_LIMIT_BYTES} behind ends the recording as `cut`.
   */
  readonly fragments: AsyncIterable<Fragment>;
  /**
   * An MP4 of one picture: the key frame that begins the trigger's fragment, or the newest where the recording ends before
   * that; null when no picture came. Nothing is decoded for it. The caller's, to overwrite.
   */
  thumbnail(): Promise<Uint8Array | null>;
  /** The same of the newest key frame, or of the first to come; null when it is over. */
  newestPicture(): Promise<Uint8Array | null>;
  /** The post-roll begins anew, up to the maximum length. */
  extend(): void;
  /** Pictures so far. */
  readonly durationSoFarMs: number;
  /** `cut`: ended before its planned end. Final once `fragments` has ended. */
  readonly closed: "full" | "cut";
}

/** Two minutes at 4 Mbit/s. */
export const QUEUE_LIMIT_BYTES = 64 * 1024 * 1024;
