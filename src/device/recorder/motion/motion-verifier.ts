import { PassThrough } from "node:stream";
import type { FfmpegCommand } from "fluent-ffmpeg";
import type { Cancel, Clock } from "../../platform/clock.ts";
import {
  BLOCK_COLUMNS,
  BLOCK_FRAME_BYTES,
  BLOCK_FRAMES,
  BLOCK_FRAMES_PER_SECOND,
  BLOCK_ROWS,
} from "../capture-plan.ts";
import { makeCommand } from "../ffmpeg-command.ts";
import { FrameReader } from "../frame-reader.ts";
import type { LaneFragment } from "../lane-fragment.ts";
import type { RecorderConfig } from "../recorder-config.ts";
import { MotionDetector } from "./motion-detector.ts";

/** How long after the sensor the picture may take to agree. */
const VERIFY_MS = 8000;
const FRAME_MS = 1000 / BLOCK_FRAMES_PER_SECOND;

/**
 * Looks whether something moves in the pre-roll and in what comes after it. The pre-roll shows what the place looked
 * like before; decoding runs only while it is asked.
 */
export class MotionVerifier {
  readonly #input = new PassThrough();
  readonly #command: FfmpegCommand;
  readonly #cancel: Cancel;
  #onAnswer: ((moves: boolean) => void) | undefined;

  constructor(
    config: RecorderConfig,
    init: Uint8Array,
    preRoll: readonly LaneFragment[],
    clock: Clock,
    onAnswer: (moves: boolean) => void,
  ) {
    this.#onAnswer = onAnswer;
    const detector = new MotionDetector(BLOCK_COLUMNS, BLOCK_ROWS, config.motion);
    let atMs = 0;
    const frames = new FrameReader(BLOCK_FRAME_BYTES, (frame) => {
      atMs += FRAME_MS;
      if (detector.push(frame, atMs)) this.#answer(true);
    });
    const gray = new PassThrough();
    gray.on("data", (chunk: Buffer) => frames.push(chunk));
    this.#command = makeCommand(config)
      .input(this.#input)
      .inputOptions("-loglevel", "error", "-threads", "1", "-skip_loop_filter", "all", "-f", "mp4")
      .outputOptions(...BLOCK_FRAMES, "-flush_packets", "1")
      .on("error", () => this.#answer(false))
      .on("end", () => this.#answer(false));
    this.#command.pipe(gray);
    this.#cancel = clock.after(VERIFY_MS, () => this.#answer(false));
    this.#input.write(init.slice());
    for (const fragment of preRoll) this.push(fragment);
  }

  push({ lane, bytes }: LaneFragment): void {
    // A copy: ring and consumer overwrite theirs at any time.
    if (lane === "video") this.#input.write(bytes.slice());
  }

  stop(): void {
    this.#answer(false);
  }

  #answer(moves: boolean): void {
    const onAnswer = this.#onAnswer;
    if (onAnswer === undefined) return;
    this.#onAnswer = undefined;
    this.#cancel();
    this.#input.destroy();
    this.#command.kill("SIGKILL");
    onAnswer(moves);
  }
}
