import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child, until } from "./child.ts";

export interface MotionStreams {
  readonly sub: string;
  /** Recorded as it comes; null where only detection is looked at. */
  readonly main: string | null;
}

/**
 * Debian's `motion` 4.5 as well as we know how to run it: it watches the sub-stream, passes the main stream through, takes
 * no pictures, serves no pages, and is tuned to the scenes of this benchmark (its own threshold misses every event on a sub-stream).
 */
const TUNED = {
  threshold: 80,
  noise_tune: "on",
  despeckle_filter: "EedDl",
  minimum_motion_frames: 2,
  lightswitch_percent: 15,
  lightswitch_frames: 10,
  pre_capture: 5,
  post_capture: 0,
  event_gap: 10,
} as const;

export class MotionPeer {
  readonly #dir: string;
  #child: Child | undefined;
  constructor(dir: string) {
    this.#dir = dir;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async start(streams: MotionStreams, settings: Readonly<Record<string, string | number>> = {}): Promise<void> {
    mkdirSync(this.#dir, { recursive: true });
    const configPath = join(this.#dir, "motion.conf");
    appendFileSync(this.#eventsPath, "");
    // A script of its own, because motion expands the percent signs of a command line itself.
    const stampPath = join(this.#dir, "stamp");
    writeFileSync(stampPath, `echo "$1 $(date +%s%3N)" >> ${this.#eventsPath}\n`);
    const stamp = (what: string): string => `sh ${stampPath} ${what}`;
    const all = {
      daemon: "off",
      log_level: 6,
      log_file: this.#logPath,
      target_dir: join(this.#dir, "films"),
      netcam_url: streams.sub,
      netcam_params: "rtsp_transport = tcp, capture_rate = 10",
      ...(streams.main === null
        ? { movie_output: "off" }
        : { netcam_high_url: streams.main, netcam_high_params: "rtsp_transport = tcp", movie_output: "on" }),
      movie_passthrough: "on",
      picture_output: "off",
      width: 320,
      height: 184,
      framerate: 5,
      webcontrol_port: 0,
      stream_port: 0,
      text_left: "",
      text_right: "",
      on_event_start: stamp("start"),
      on_event_end: stamp("end"),
      ...TUNED,
      ...settings,
    };
    writeFileSync(
      configPath,
      Object.entries(all)
        .map(([name, value]) => `${name} ${value}\n`)
        .join(""),
    );
    const child = new Child("motion", ["-n", "-c", configPath], { cwd: this.#dir });
    this.#child = child;
    await until("motion connects to the camera", 60_000, () => {
      if (child.hasEnded) throw new Error(`motion ended: ${child.output}${this.log()}`);
      return this.log().includes("Camera (");
    });
  }

  /** Unix milliseconds at which an event began. */
  eventStartsMs(): readonly number[] {
    return [...readFileSync(this.#eventsPath, "utf8").matchAll(/^start (\d+)/gm)].map(([, at]) => Number(at));
  }

  log(): string {
    return existsSync(this.#logPath) ? readFileSync(this.#logPath, "utf8") : "";
  }

  async stop(): Promise<void> {
    await this.#child?.stop();
  }

  get #logPath(): string {
    return join(this.#dir, "motion.log");
  }

  get #eventsPath(): string {
    return join(this.#dir, "events");
  }
}
