import type { FfmpegInput } from "../ffmpeg-command.ts";
import type { CameraStreams } from "./camera-streams.ts";
import { probe } from "./probe.ts";
import { soundCard } from "./sound-card.ts";
import type { ConfigFor } from "./sources.ts";
import { IN_PICTURE_ONLY } from "./sub-stream.ts";

/** Microseconds, as ffmpeg wants them: a camera that says nothing for so long is gone. */
const SOCKET_TIMEOUT_US = "4000000";
/**
 * TCP: a lost UDP packet would cost the picture until the next key frame. The frame rate is not waited for: nothing
 * needs it, and the camera is there two seconds sooner.
 */
const TRANSPORT = ["-rtsp_transport", "tcp", "-timeout", SOCKET_TIMEOUT_US, "-fpsprobesize", "0"];

export async function rtspStreams(config: ConfigFor<"rtsp">): Promise<CameraStreams> {
  const { url, subUrl } = config.source;
  const { isH264, sound } = await probe(config, url, TRANSPORT);
  const inputs: FfmpegInput[] = [];
  const card = soundCard(config, 1);
  // Beside a sound card the camera's own clock means nothing: both get the time of arrival.
  const stamp = card === null ? [] : ["-use_wallclock_as_timestamps", "1"];
  inputs.push({ options: [...TRANSPORT, ...stamp], source: url });
  if (card !== null) inputs.push(card.input);
  let motionMap = "0:v:0";
  if (config.motion.mode === "pixels" && subUrl !== null) {
    motionMap = `${inputs.length}:v:0`;
    inputs.push({ options: [...TRANSPORT, ...IN_PICTURE_ONLY], source: subUrl });
  }
  const cameraSound =
    config.sound.kind === "camera" && sound !== null ? { map: "0:a:0", isAac: sound.isAac, mustFlow: true } : null;
  return {
    inputs,
    picture: { map: "0:v:0", isH264 },
    sound: card?.stream ?? cameraSound,
    motionMap,
    keepTimestamps: card !== null,
    companion: null,
  };
}
