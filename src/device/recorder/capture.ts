import type { ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import type { FfmpegCommand } from "fluent-ffmpeg";
import type { Cancel, Clock } from "../platform/clock.ts";
import { capturePlan, type H264Encoder, type LaneName } from "./capture-plan.ts";
import { makePipe, startCompanion } from "./companion.ts";
import { failureReason, refusesSoundCard } from "./failure-reason.ts";
import { addInput, addOutput, makeCommand } from "./ffmpeg-command.ts";
import { LaneSocket } from "./lane-socket.ts";
import type { RecorderConfig } from "./recorder-config.ts";
import { laneSocketPaths, socketDir } from "./runtime-dir.ts";
import type { CameraStreams } from "./sources/camera-streams.ts";
import { StallWatch } from "./stall-watch.ts";

export interface CaptureHandlers {
  /** @param chunk - Overwritten by the next one. May throw: then the capture ends with reason `stream`. */
  onData(lane: LaneName, chunk: Uint8Array): void;
}

/** Why a capture ended; `stopped` and `renewed` when we asked. */
export type CaptureEnd =
  | "stopped"
  | "renewed"
  | "ended"
  | "stalled"
  | "stream"
  | "ffmpeg-missing"
  | "program-missing"
  /** The camera may be well: the sound card is not there, or somebody else has it. */
  | "microphone"
  | CameraFault;
export type CameraFault = "not-found" | "busy" | "refused" | "unreachable" | "failed";

/** ffmpeg gets this long to say goodbye to the camera (an RTSP session) before it is killed. */
const FAREWELL_MS = 500;

/** One running ffmpeg with its sockets, from start to its certain death. */
export class Capture {
  readonly hasSound: boolean;
  /** Settles once, when nothing of this capture runs any more. Never rejects. */
  readonly ended: Promise<CaptureEnd>;
  readonly #streams: CameraStreams;
  readonly #clock: Clock;
  readonly #sockets = new Map<LaneName, LaneSocket>();
  readonly #command: FfmpegCommand;
  readonly #watch: StallWatch;
  #settle: (end: CaptureEnd) => void = () => {};
  #cause: CaptureEnd | undefined;
  #hasSoundCard = true;
  #companion: ChildProcess | undefined;
  #killTimer: Cancel | undefined;

  constructor(
    streams: CameraStreams,
    config: RecorderConfig,
    encoder: H264Encoder,
    handlers: CaptureHandlers,
    clock: Clock,
  ) {
    this.#streams = streams;
    this.#clock = clock;
    this.hasSound = streams.sound !== null;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const socketPath = laneSocketPaths(config);
    const plan = capturePlan(streams, config, encoder, socketPath);
    const watched: LaneName[] = plan.lanes.includes("gray") ? ["gray"] : [];
    if (streams.sound?.mustFlow === true) watched.push("audio");
    this.#watch = new StallWatch(clock, watched, () => this.#end("stalled"));
    for (const lane of plan.lanes) {
      const onData = (chunk: Uint8Array): void => {
        this.#watch.sawData(lane);
        try {
          handlers.onData(lane, chunk);
        } catch {
          this.#end("stream");
        }
      };
      this.#sockets.set(lane, new LaneSocket(socketPath(lane), clock, onData));
    }
    this.#sockets.get("live")?.setPaused(true);
    this.#command = makeCommand(config, { workingDir: socketDir(config) });
    for (const input of plan.inputs) addInput(this.#command, input);
    for (const output of plan.outputs) addOutput(this.#command, output);
  }

  async start(): Promise<void> {
    try {
      await this.#startCompanion();
    } catch {
      this.#finish("failed");
      return;
    }
    if (this.#cause !== undefined) {
      this.#finish(this.#cause);
      return;
    }
    // Asked to stop while fluent-ffmpeg was still looking for the program.
    this.#command.once("start", () => {
      if (this.#cause !== undefined) this.#command.kill("SIGKILL");
    });
    this.#command.on("stderr", (line: string) => {
      this.#watch.sawLine(line);
      if (refusesSoundCard(line)) this.#hasSoundCard = false;
    });
    this.#command.once("end", () => this.#finish("ended"));
    this.#command.once("error", (error: Error) =>
      this.#finish(this.#hasSoundCard ? failureReason(error.message) : "microphone"),
    );
    this.#watch.start();
    this.#command.run();
    for (const socket of this.#sockets.values()) void socket.connect();
  }

  /** Reads the live stream only while somebody watches. */
  setLive(on: boolean): void {
    this.#sockets.get("live")?.setPaused(!on);
  }

  /** Reads nothing for a moment. */
  setHeld(held: boolean): void {
    for (const socket of this.#sockets.values()) socket.setHeld(held);
  }

  /** Ends this life of ffmpeg so that another begins. */
  renew(): void {
    this.#end("renewed");
  }

  async stop(): Promise<void> {
    this.#end("stopped");
    await this.ended;
  }

  #end(cause: CaptureEnd): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    this.#watch.stop();
    // The live queue blocks in a full socket: only a closed one lets ffmpeg end.
    for (const socket of this.#sockets.values()) socket.close();
    this.#companion?.kill();
    this.#command.kill(cause === "stalled" ? "SIGKILL" : "SIGTERM");
    this.#killTimer = this.#clock.after(FAREWELL_MS, () => this.#command.kill("SIGKILL"));
  }

  #finish(reason: CaptureEnd): void {
    this.#killTimer?.();
    this.#watch.stop();
    for (const socket of this.#sockets.values()) socket.remove();
    this.#companion?.kill("SIGKILL");
    if (this.#streams.companion !== null) rmSync(this.#streams.companion.pipePath, { force: true });
    this.#settle(this.#cause ?? reason);
  }

  async #startCompanion(): Promise<void> {
    const { companion } = this.#streams;
    if (companion === null) return;
    rmSync(companion.pipePath, { force: true });
    await makePipe(companion);
    this.#companion = startCompanion(companion, () => this.#end("program-missing"));
  }
}
