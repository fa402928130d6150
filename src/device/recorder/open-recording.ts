import { convertTicks } from "../../protocol/fmp4.ts";
import { onePictureMp4 } from "../../protocol/one-picture.ts";
import { FragmentQueue } from "./fragment-queue.ts";
import type { LaneFragment, LaneInit, MediaLane } from "./lane-fragment.ts";
import type { Fragment, Recording, Trigger } from "./recording.ts";
import { type Loan, ReusedMemory } from "./reused-memory.ts";

export interface RecordingPlan {
  readonly trigger: Trigger;
  readonly triggeredAtMs: number;
  readonly inits: { readonly video: LaneInit; readonly audio: LaneInit | null };
  /** The trigger in the media's time; undefined when no picture has come yet. */
  readonly triggerMediaMs: number | undefined;
  /** Start of the first picture to come, in the media's time, as far as known. */
  readonly firstPictureMs: number | undefined;
  readonly postRollMs: number;
  readonly maximumMs: number;
  /** The media's time now. */
  readonly mediaNowMs: () => number | undefined;
}

/** Where time zero lies: the first picture's decode time. */
interface Origin {
  readonly ticks: number;
  readonly timescale: number;
  readonly ms: number;
}

/** A recording from trigger to end: decides what belongs to it, moves it to time zero, queues it. */
export class OpenRecording implements Recording {
  readonly trigger: Trigger;
  readonly triggeredAtMs: number;
  readonly inits: { readonly video: Uint8Array; readonly audio?: Uint8Array };
  readonly preRollMs: number;
  readonly #plan: RecordingPlan;
  readonly #queue = new FragmentQueue();
  readonly #sequence: Record<MediaLane, number> = { video: 0, audio: 0 };
  readonly #thumbnail: Promise<Uint8Array | null>;
  #settleThumbnail: ((fragment: Uint8Array | null) => void) | undefined;
  readonly #memory = new ReusedMemory();
  /** A copy of the last fragment of pictures, for whoever rings before the next comes: what was handed on gets sealed. */
  #newest: Loan | undefined;
  readonly #waitForNewest = new Set<(newest: Uint8Array | null) => void>();
  /** Begins where no picture is yet: one that begins earlier may still come, since it comes when it is complete. */
  readonly #soundAhead: LaneFragment[] = [];
  #origin: Origin | undefined;
  /** From time zero. Where the planned end lies, as far as known before the first picture. */
  #endAfterMs: number;
  #pictureEndMs = 0;
  #soundEndMs = 0;
  #closed: "full" | "cut" = "cut";
  #isOver = false;

  constructor(plan: RecordingPlan) {
    this.#plan = plan;
    this.trigger = plan.trigger;
    this.triggeredAtMs = plan.triggeredAtMs;
    this.preRollMs = Math.max(0, (plan.triggerMediaMs ?? 0) - (plan.firstPictureMs ?? plan.triggerMediaMs ?? 0));
    this.#endAfterMs = Math.min(this.preRollMs + plan.postRollMs, plan.maximumMs);
    const { video, audio } = plan.inits;
    this.inits = audio === null ? { video: video.bytes } : { video: video.bytes, audio: audio.bytes };
    this.#thumbnail = new Promise((resolve) => {
      this.#settleThumbnail = (fragment) => resolve(fragment && this.#pictureOf(fragment));
    });
    this.#pushInit("video", video);
    if (audio !== null) this.#pushInit("audio", audio);
  }

  get fragments(): AsyncIterable<Fragment> {
    return this.#queue;
  }

  get durationSoFarMs(): number {
    return this.#pictureEndMs;
  }

  get closed(): "full" | "cut" {
    return this.#closed;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  thumbnail(): Promise<Uint8Array | null> {
    return this.#thumbnail;
  }

  async newestPicture(): Promise<Uint8Array | null> {
    if (this.#isOver) return null;
    const fragment =
      this.#newest?.bytes ?? (await new Promise<Uint8Array | null>((resolve) => this.#waitForNewest.add(resolve)));
    return fragment && this.#pictureOf(fragment);
  }

  extend(): void {
    const nowMs = this.#plan.mediaNowMs();
    const soFarMs = nowMs === undefined || this.#origin === undefined ? this.preRollMs : nowMs - this.#origin.ms;
    this.#endAfterMs = Math.min(Math.max(this.#endAfterMs, soFarMs + this.#plan.postRollMs), this.#plan.maximumMs);
  }

  /** Takes the next fragment. @returns Whether it was taken; if not, the recording is over and it is the caller's. */
  accept(fragment: LaneFragment): boolean {
    if (this.#isOver) return false;
    return fragment.lane === "video" ? this.#acceptPicture(fragment) : this.#acceptSound(fragment);
  }

  end(closed: "full" | "cut"): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#closed = closed;
    for (const sound of this.#soundAhead.splice(0)) sound.wipe();
    this.#settleThumbnail?.(this.#newest?.bytes ?? null);
    this.#tellNewest(null);
    this.#newest?.giveBack();
    this.#queue.end();
  }

  #acceptPicture(fragment: LaneFragment): boolean {
    if (this.#isComplete) {
      this.end("full");
      return false;
    }
    this.#origin ??= { ticks: fragment.timing.baseDecodeTime, timescale: fragment.timescale, ms: fragment.startMs };
    const startMs = this.#push(fragment, this.#origin);
    if (startMs === null) return true;
    this.#pictureEndMs = startMs + fragment.timing.durationMs;
    for (const sound of this.#soundAhead.splice(0)) if (!this.#acceptSound(sound)) sound.wipe();
    if (this.#isOver) return true;
    if (this.#isComplete && (this.#plan.inits.audio === null || this.#soundEndMs >= this.#pictureEndMs)) {
      this.end("full");
    }
    return true;
  }

  #acceptSound(fragment: LaneFragment): boolean {
    if (this.#isOver) return false;
    const origin = this.#origin;
    // Sound from before the first picture belongs to no clip, nor does sound after its last one.
    if (origin !== undefined && fragment.startMs < origin.ms) {
      fragment.wipe();
      return true;
    }
    if (origin === undefined || fragment.startMs - origin.ms >= this.#pictureEndMs) {
      if (this.#isComplete) {
        this.end("full");
        return false;
      }
      this.#soundAhead.push(fragment);
      return true;
    }
    const startMs = this.#push(fragment, origin);
    if (startMs === null) return true;
    this.#soundEndMs = startMs + fragment.timing.durationMs;
    if (this.#isComplete && this.#soundEndMs >= this.#pictureEndMs) this.end("full");
    return true;
  }

  /** All pictures are there; the sound to go with the last ones may still be on its way. */
  get #isComplete(): boolean {
    return this.#origin !== undefined && this.#pictureEndMs >= this.#endAfterMs;
  }

  /** @returns Where the fragment lies from time zero; null when it ended the recording. */
  #push(fragment: LaneFragment, origin: Origin): number | null {
    const { lane, timescale } = fragment;
    const { baseDecodeTime, durationMs, startsWithKeyFrame: keyFrame } = fragment.timing;
    const subtractTicks = convertTicks(origin.ticks, origin.timescale, timescale);
    if (baseDecodeTime < subtractTicks) {
      // The camera's time jumped back: what follows fits no more.
      fragment.wipe();
      this.end("cut");
      return null;
    }
    const startMs = ((baseDecodeTime - subtractTicks) * 1000) / timescale;
    const loan = fragment.takeRetimed(++this.#sequence[lane], subtractTicks);
    if (lane === "video") {
      this.#offerForThumbnail(fragment, loan.bytes);
      this.#keepNewest(loan.bytes);
    }
    if (this.#queue.push({ ...loan, lane, startMs, durationMs, init: false, keyFrame })) return startMs;
    this.end("cut");
    return null;
  }

  /** Of the key frame of the trigger's own second, or of the newest where that never comes. */
  #offerForThumbnail({ endMs }: LaneFragment, bytes: Uint8Array): void {
    const settle = this.#settleThumbnail;
    if (settle === undefined || endMs <= (this.#plan.triggerMediaMs ?? 0)) return;
    this.#settleThumbnail = undefined;
    settle(bytes);
  }

  /** Null where the camera's bytes hold none: a clip without such a picture is still a clip. */
  #pictureOf(fragment: Uint8Array): Uint8Array | null {
    try {
      return onePictureMp4(this.#plan.inits.video.bytes, fragment);
    } catch {
      return null;
    }
  }

  #keepNewest(bytes: Uint8Array): void {
    this.#newest?.giveBack();
    this.#newest = this.#memory.lend(bytes.length);
    this.#newest.bytes.set(bytes);
    this.#tellNewest(this.#newest.bytes);
  }

  #tellNewest(newest: Uint8Array | null): void {
    for (const tell of this.#waitForNewest) tell(newest);
    this.#waitForNewest.clear();
  }

  #pushInit(lane: MediaLane, init: LaneInit): void {
    const bytes = init.bytes.slice();
    const giveBack = (): void => void bytes.fill(0);
    this.#queue.push({ lane, bytes, giveBack, startMs: 0, durationMs: 0, init: true, keyFrame: false });
  }
}
