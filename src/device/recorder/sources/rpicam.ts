import { join } from "node:path";
import { socketDir } from "../runtime-dir.ts";
import type { CameraStreams } from "./camera-streams.ts";
import { soundCard } from "./sound-card.ts";
import type { ConfigFor } from "./sources.ts";

/** rpicam-vid encodes and writes raw H.264 into a named pipe, which ffmpeg reads: no byte passes through us. */
export function rpicamStreams(config: ConfigFor<"rpicam">): CameraStreams {
  const { width, height, framesPerSecond, bitrateKbps } = config.picture;
  const pipePath = join(socketDir(config), "camera.pipe");
  const card = soundCard(config, 1);
  return {
    inputs: [
      {
        // Raw H.264 carries no times: each picture gets that of its arrival.
        options: ["-use_wallclock_as_timestamps", "1", "-f", "h264", "-framerate", String(framesPerSecond)],
        source: `file:${pipePath}`,
      },
      ...(card === null ? [] : [card.input]),
    ],
    picture: { map: "0:v:0", isH264: true },
    sound: card?.stream ?? null,
    motionMap: "0:v:0",
    keepTimestamps: true,
    companion: {
      program: config.source.program,
      arguments: [
        ...["--timeout", "0", "--nopreview", "--codec", "h264", "--flush"],
        // A key frame a second with its parameter sets, so that every fragment opens on its own.
        ...["--inline", "--intra", String(framesPerSecond)],
        ...["--width", String(width), "--height", String(height), "--framerate", String(framesPerSecond)],
        ...["--bitrate", String(bitrateKbps * 1000)],
        ...config.source.extraArguments,
        ...["--output", pipePath],
      ],
      pipePath,
    },
  };
}
