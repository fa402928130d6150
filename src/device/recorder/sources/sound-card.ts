import { RecorderError } from "../errors.ts";
import type { FfmpegInput } from "../ffmpeg-command.ts";
import type { RecorderConfig } from "../recorder-config.ts";
import type { SoundStream } from "./camera-streams.ts";

export interface SoundCard {
  readonly input: FfmpegInput;
  readonly stream: SoundStream;
}

/** A microphone on a sound card; ffmpeg stamps its samples with the time of day. */
export function soundCard(config: RecorderConfig, inputIndex: number): SoundCard | null {
  if (config.sound.kind !== "alsa") return null;
  return {
    // ALSA overruns while ffmpeg opens the camera, unless the queue is long.
    input: { options: ["-f", "alsa", "-thread_queue_size", "1024"], source: config.sound.device },
    stream: { map: `${inputIndex}:a:0`, isAac: false, mustFlow: true },
  };
}

/** Files and test patterns have times of their own, which no sound card shares. */
export function refuseSoundCard(config: RecorderConfig): void {
  if (config.sound.kind === "alsa") {
    throw new RecorderError(
      "recorder/config",
      "a sound card goes with a real camera only: set the sound to camera or off",
    );
  }
}
