import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logger.ts";
import type { NoticeBus } from "../platform/notices.ts";
import type { RecorderConfig } from "./recorder-config.ts";

const run = promisify(execFile);
const LOOK_AGAIN_MS = 60_000;
const LOOK_WITHIN_MS = 10_000;
const REMEDY =
  "Recording goes on without sound. Plug the microphone in, or set `device` in [sound] to a name from `arecord -L`; `off` says that there is none.";

export interface MicrophonePorts {
  readonly clock: Pick<Clock, "after">;
  readonly log: Log;
  readonly notices: Pick<NoticeBus, "emit">;
  /** It can be opened again; the camera has to begin anew with it. */
  readonly onBack: () => void;
}

/** A sound card that is missing must not cost the picture: clips are silent until it is there. */
export class Microphone {
  readonly #config: RecorderConfig;
  readonly #ports: MicrophonePorts;
  #isLost = false;
  #cancel: () => void = () => {};

  constructor(config: RecorderConfig, ports: MicrophonePorts) {
    this.#config = config;
    this.#ports = ports;
  }

  /** What can be recorded now. */
  get config(): RecorderConfig {
    return this.#isLost ? { ...this.#config, sound: { kind: "off" } } : this.#config;
  }

  lost(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#ports.log.warn("microphone lost", { todo: REMEDY });
    this.#ports.notices.emit("microphoneLost", {});
    this.#lookLater();
  }

  stop(): void {
    this.#cancel();
  }

  #lookLater(): void {
    this.#cancel = this.#ports.clock.after(LOOK_AGAIN_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    let isStopped = false;
    this.#cancel = () => {
      isStopped = true;
    };
    const isThere = await this.#opens();
    if (isStopped) return;
    if (!isThere) {
      this.#lookLater();
      return;
    }
    this.#isLost = false;
    this.#ports.log.info("microphone back");
    this.#ports.notices.emit("microphoneBack", {});
    this.#ports.onBack();
  }

  async #opens(): Promise<boolean> {
    const { sound, ffmpegPath } = this.#config;
    if (sound.kind !== "alsa") return true;
    const listen = ["-nostdin", "-loglevel", "error", "-f", "alsa", "-i", sound.device, "-t", "0.1", "-f", "null", "-"];
    return run(ffmpegPath, listen, { timeout: LOOK_WITHIN_MS }).then(
      () => true,
      () => false,
    );
  }
}
