import type { CameraStreams } from "./camera-streams.ts";
import { refuseSoundCard } from "./sound-card.ts";
import type { ConfigFor } from "./sources.ts";

const SAMPLE_RATE = 48_000;

/** One graph makes picture and tone, so both count from the same zero. */
export function testPatternStreams(config: ConfigFor<"test-pattern">): CameraStreams {
  refuseSoundCard(config);
  const { width, height, framesPerSecond } = config.picture;
  const picture = `testsrc2=size=${width}x${height}:rate=${framesPerSecond}[out0]`;
  const tone = `sine=frequency=440:beep_factor=4:sample_rate=${SAMPLE_RATE}[out1]`;
  const hasSound = config.sound.kind === "camera";
  return {
    inputs: [{ options: ["-re", "-f", "lavfi"], source: hasSound ? `${picture};${tone}` : picture }],
    picture: { map: "0:v:0", isH264: false },
    sound: hasSound ? { map: "0:a:0", isAac: false, mustFlow: true } : null,
    motionMap: "0:v:0",
    keepTimestamps: false,
    companion: null,
  };
}
