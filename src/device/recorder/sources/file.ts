import type { CameraStreams } from "./camera-streams.ts";
import { probe } from "./probe.ts";
import { refuseSoundCard } from "./sound-card.ts";
import type { ConfigFor } from "./sources.ts";
import { IN_PICTURE_ONLY } from "./sub-stream.ts";

const LOOPED = ["-re", "-stream_loop", "-1"];

export async function fileStreams(config: ConfigFor<"file">): Promise<CameraStreams> {
  refuseSoundCard(config);
  // Without the prefix a colon in the name would make ffmpeg look for a protocol.
  const source = `file:${config.source.path}`;
  const { isH264, sound } = await probe(config, source, []);
  const hasSubStream = config.motion.mode === "pixels" && config.source.subPath !== null;
  return {
    inputs: [
      { options: LOOPED, source },
      ...(hasSubStream ? [{ options: [...LOOPED, ...IN_PICTURE_ONLY], source: `file:${config.source.subPath}` }] : []),
    ],
    picture: { map: "0:v:0", isH264 },
    sound: config.sound.kind === "off" || sound === null ? null : { map: "0:a:0", isAac: sound.isAac, mustFlow: false },
    motionMap: hasSubStream ? "1:v:0" : "0:v:0",
    keepTimestamps: false,
    companion: null,
  };
}
