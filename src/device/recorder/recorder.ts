import { rmSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logger.ts";
import type { NoticeBus } from "../platform/notices.ts";
import { Capture, type CaptureEnd } from "./capture.ts";
import { BLOCK_COLUMNS, BLOCK_FRAME_BYTES, BLOCK_ROWS, type LaneName } from "./capture-plan.ts";
import { RecorderError } from "./errors.ts";
import { whatToDo } from "./failure-reason.ts";
import { FrameReader } from "./frame-reader.ts";
import { chooseEncoder } from "./h264-encoder.ts";
import type { LaneFragment } from "./lane-fragment.ts";
import { Lanes } from "./lanes.ts";
import { LiveFanout } from "./live-fanout.ts";
import { MediaClock } from "./media-clock.ts";
import { Microphone } from "./microphone.ts";
import { MotionDetector } from "./motion/motion-detector.ts";
import { MotionVerifier } from "./motion/motion-verifier.ts";
import { OpenRecording } from "./open-recording.ts";
import { PreRoll } from "./pre-roll.ts";
import type { RecorderConfig } from "./recorder-config.ts";
import type { Recording, Trigger } from "./recording.ts";
import { RestartDelay } from "./restart-delay.ts";
import { liveSocketPath, prepareSocketDir, socketDir } from "./runtime-dir.ts";
import { describeSource } from "./sources/sources.ts";

/** A bell whose pin never rests holds up nothing more often than this. */
const STAND_BACK_EVERY_MS = 1000;
/** While somebody looks at a picture that stands still, a lost camera is tried as often as this. */
const WATCHED_RETRY_MS = 2000;
/** A microphone that came back waits for the end of the clip being recorded. */
const RENEW_AGAIN_MS = 1000;

export interface RecorderPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly notices: Pick<NoticeBus, "emit">;
  /** Something moves, as the configured mode sees it; the place to call {@link Recorder.record}. */
  readonly onMotion: () => void;
}

/** One camera: keeps ffmpeg running, holds the pre-roll, records, watches for motion, serves live viewers. */
export class Recorder {
  readonly #config: RecorderConfig;
  readonly #ports: RecorderPorts;
  readonly #preRoll: PreRoll;
  readonly #mediaClock: MediaClock;
  readonly #live: LiveFanout;
  readonly #restartDelay: RestartDelay;
  readonly #microphone: Microphone;
  #lanes: Lanes | undefined;
  #capture: Capture | undefined;
  #recording: OpenRecording | undefined;
  #verifier: MotionVerifier | undefined;
  #isPrivate = false;
  #isLost = false;
  /** {@link Recorder.isReady} was told, and nothing of its end yet. */
  #isToldReady = false;
  /** Why, as told last. */
  #lostReason: string | undefined;
  #heardAtMs = 0;
  #stoodBackAtMs = Number.NEGATIVE_INFINITY;
  #life: AbortController | undefined;
  #supervision: Promise<void> = Promise.resolve();
  /** One life of ffmpeg, from looking at the source to the process's death. */
  #run: Promise<unknown> = Promise.resolve();
  /** Aborted to end a wait between two starts of ffmpeg. */
  #pause = new AbortController();
  readonly #waitingForPicture = new Set<() => void>();

  constructor(config: RecorderConfig, ports: RecorderPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#preRoll = new PreRoll(config.preRollMs, config.preRollBytes);
    this.#mediaClock = new MediaClock(ports.clock);
    this.#restartDelay = new RestartDelay(ports.clock);
    this.#microphone = new Microphone(config, { ...ports, onBack: () => this.#renew() });
    this.#live = new LiveFanout(liveSocketPath(config), this.#mediaClock, ports.log, (watched) =>
      this.#capture?.setLive(watched),
    );
  }

  /** Where viewers read MPEG-TS, each from the next key frame on. */
  get liveSocketPath(): string {
    return liveSocketPath(this.#config);
  }

  /** Whether {@link record} would record. */
  get isReady(): boolean {
    const lanes = this.#lanes;
    return lanes !== undefined && lanes.video !== null && (this.#capture?.hasSound === false || lanes.audio !== null);
  }

  /**
   * How long supervision has given no sign: no picture, no step from one life of ffmpeg to the next. Stalls end within
   * seconds and waits within half a minute, so minutes mean that something of ours waits for what never comes.
   */
  get silentMs(): number {
    const isResting = this.#life?.signal.aborted !== false || (this.#isPrivate && this.#capture === undefined);
    return isResting ? 0 : this.#ports.clock.monotonicMs() - this.#heardAtMs;
  }

  /**
   * Begins to keep the camera running. A camera that cannot be opened is no failure: it is tried again and again.
   * @throws RecorderError `recorder/runtime-dir`.
   */
  async start(signal?: AbortSignal): Promise<void> {
    // ffmpeg would write its log, and the addresses in it, to a file.
    delete process.env.FFREPORT;
    prepareSocketDir(socketDir(this.#config));
    await this.#live.start();
    const life = new AbortController();
    this.#life = life;
    signal?.addEventListener("abort", () => life.abort(signal.reason), { once: true });
    if (signal?.aborted === true) life.abort(signal.reason);
    // Making the first process takes a while, and whoever starts us has more to do.
    this.#supervision = nextTurn().then(() => this.#supervise(life.signal));
  }

  /** Ends with no process left. */
  async stop(): Promise<void> {
    this.#life?.abort();
    this.#pause.abort();
    this.#microphone.stop();
    await this.#capture?.stop();
    await this.#supervision;
    this.#live.stop();
    rmSync(socketDir(this.#config), { recursive: true, force: true });
  }

  /** Waits until the camera gives pictures. @throws The signal's reason. */
  async ready(signal?: AbortSignal): Promise<void> {
    while (!this.isReady) {
      signal?.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#waitingForPicture.add(resolve);
        signal?.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  /**
   * Reads nothing from ffmpeg for that long, so that the processor is free for something that must not wait; once a second at
   * most. Nothing is lost: its sockets hold far more than that.
   */
  standBack(ms: number): void {
    const { clock } = this.#ports;
    const capture = this.#capture;
    if (capture === undefined || clock.monotonicMs() - this.#stoodBackAtMs < STAND_BACK_EVERY_MS) return;
    this.#stoodBackAtMs = clock.monotonicMs();
    capture.setHeld(true);
    clock.after(ms, () => capture.setHeld(false));
  }

  /**
   * Begins a recording with the pre-roll, or extends the one that runs and returns it.
   * @param signal - Ends the recording early, as `cut`.
   * @returns Null in privacy mode and while the camera gives nothing; a lost camera is tried at once when somebody rings.
   */
  record(trigger: Trigger, signal?: AbortSignal): Recording | null {
    const lanes = this.#lanes;
    if (this.#isPrivate) return null;
    if (!this.isReady || lanes === undefined || lanes.video === null) {
      if (trigger === "ring") this.#pause.abort();
      return null;
    }
    if (this.#recording !== undefined && !this.#recording.isOver) {
      this.#recording.extend();
      return this.#recording;
    }
    const recording = new OpenRecording({
      trigger,
      triggeredAtMs: this.#ports.clock.nowMs(),
      inits: { video: lanes.video, audio: lanes.audio },
      triggerMediaMs: this.#mediaClock.nowMs(),
      firstPictureMs: this.#preRoll.startMs ?? this.#mediaClock.pictureEndMs,
      postRollMs: this.#config.postRollMs,
      maximumMs: this.#config.maximumClipMs,
      mediaNowMs: () => this.#mediaClock.nowMs(),
    });
    this.#recording = recording;
    signal?.addEventListener("abort", () => recording.end("cut"), { once: true });
    for (const fragment of this.#preRoll.take()) recording.accept(fragment);
    return recording;
  }

  /** Ends camera and microphone before it returns; nothing records until it is lifted. */
  async setPrivacy(on: boolean): Promise<void> {
    if (this.#isPrivate === on) return;
    this.#isPrivate = on;
    this.#pause.abort();
    if (!on) return;
    await this.#capture?.stop();
    await this.#run;
  }

  /** The motion sensor fired: counts, counts if the picture agrees, or does not count, as configured. */
  motionSensed(): void {
    if (this.#isPrivate) return;
    const { mode } = this.#config.motion;
    if (mode === "pir") this.#ports.onMotion();
    else if (mode === "pir-verified") this.#verify();
  }

  async #supervise(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#heard();
      this.#pause = new AbortController();
      if (this.#isPrivate) {
        await this.#sleep(Number.POSITIVE_INFINITY);
        continue;
      }
      const run = this.#runOnce(signal);
      this.#run = run;
      const reason = await run;
      this.#heard();
      if (signal.aborted || this.#isPrivate || reason === "renewed") continue;
      if (reason === "microphone") this.#microphone.lost();
      else await this.#sleep(this.#lost(reason));
    }
  }

  /** One line for each cause, however often it is tried. @returns How long to wait before the next start. */
  #lost(reason: string): number {
    // A camera that came back may be lost again before its first fragment is whole: whoever was told of it hears that too.
    if (!this.#isLost || this.#isToldReady) this.#ports.notices.emit("cameraLost", { reason });
    this.#isLost = true;
    this.#isToldReady = false;
    const delayMs = this.#restartDelay.next();
    const retryMs = this.#live.isWatched ? Math.min(delayMs, WATCHED_RETRY_MS) : delayMs;
    const { log } = this.#ports;
    if (reason === this.#lostReason) log.debug("camera still lost", { reason, retryMs });
    else log.warn("camera lost", { reason, todo: whatToDo(reason) });
    this.#lostReason = reason;
    return retryMs;
  }

  /** Between two clips, since each is of one piece. */
  #renew(): void {
    const recording = this.#recording;
    if (recording === undefined || recording.isOver) this.#capture?.renew();
    else
      this.#ports.clock.sleep(RENEW_AGAIN_MS, this.#life?.signal).then(
        () => this.#renew(),
        () => {},
      );
  }

  /** Until told to go on: by time, by {@link setPrivacy} or by {@link stop}. */
  async #sleep(ms: number): Promise<void> {
    const { signal } = this.#pause;
    if (ms === Number.POSITIVE_INFINITY) {
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      return;
    }
    await this.#ports.clock.sleep(ms, signal).catch(() => {});
  }

  async #runOnce(signal: AbortSignal): Promise<CaptureEnd | RecorderError["code"]> {
    try {
      const config = this.#microphone.config;
      const streams = await describeSource(config);
      const encoder = streams.picture.isH264 ? "libx264" : await chooseEncoder(this.#config.ffmpegPath);
      if (signal.aborted || this.#isPrivate) return "stopped";
      const lanes = new Lanes(this.#ports.clock, (fragment) => this.#deliver(fragment));
      const onData = this.#laneHandlers(lanes);
      const capture = new Capture(streams, config, encoder, { onData }, this.#ports.clock);
      this.#lanes = lanes;
      this.#capture = capture;
      capture.setLive(this.#live.isWatched);
      await capture.start();
      return await capture.ended;
    } catch (error) {
      if (error instanceof RecorderError) return error.code;
      throw error;
    } finally {
      this.#forgetCapture();
    }
  }

  #forgetCapture(): void {
    this.#capture = undefined;
    this.#lanes = undefined;
    this.#recording?.end("cut");
    this.#recording = undefined;
    this.#verifier?.stop();
    this.#preRoll.clear();
    this.#mediaClock.reset();
    this.#live.restart();
  }

  #laneHandlers(lanes: Lanes): (lane: LaneName, chunk: Uint8Array) => void {
    const gray = this.#grayReader();
    return (lane, chunk) => {
      if (lane === "live") this.#live.push(chunk.slice());
      else if (lane === "gray") gray.push(chunk);
      else {
        const wasReady = this.isReady;
        const hadBegun = lanes.video !== null;
        lanes.push(lane, chunk);
        if (!hadBegun && lanes.video !== null && this.#mediaClock.nowMs() === undefined) this.#mediaClock.begin();
        if (!wasReady && this.isReady) this.#becameReady();
      }
    };
  }

  #grayReader(): FrameReader {
    const detector = new MotionDetector(BLOCK_COLUMNS, BLOCK_ROWS, this.#config.motion);
    return new FrameReader(BLOCK_FRAME_BYTES, (frame) => {
      if (detector.push(frame, this.#ports.clock.monotonicMs())) this.#ports.onMotion();
    });
  }

  #verify(): void {
    const init = this.#lanes?.video;
    if (init === null || init === undefined || this.#verifier !== undefined) return;
    this.#preRoll.setHeld(true);
    this.#verifier = new MotionVerifier(
      this.#config,
      init.bytes,
      this.#preRoll.pictures,
      this.#ports.clock,
      (moves) => {
        this.#verifier = undefined;
        if (moves) this.#ports.onMotion();
        this.#preRoll.setHeld(false);
      },
    );
  }

  #becameReady(): void {
    this.#isToldReady = true;
    this.#ports.notices.emit("cameraReady", {});
    for (const resume of this.#waitingForPicture) resume();
    this.#waitingForPicture.clear();
  }

  #deliver(fragment: LaneFragment): void {
    if (fragment.lane === "video") this.#sawPicture(fragment);
    this.#verifier?.push(fragment);
    const recording = this.#recording;
    if (recording?.accept(fragment) === true) {
      if (recording.isOver) this.#recording = undefined;
      return;
    }
    this.#recording = undefined;
    this.#preRoll.push(fragment);
  }

  #heard(): void {
    this.#heardAtMs = this.#ports.clock.monotonicMs();
  }

  #sawPicture(fragment: LaneFragment): void {
    this.#heard();
    this.#mediaClock.sawPicture(fragment);
    this.#restartDelay.sawPicture();
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#lostReason = undefined;
    this.#ports.log.info("camera back");
    this.#ports.notices.emit("cameraBack", {});
  }
}
