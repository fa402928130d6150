import type { CameraSource, RecorderConfig } from "../recorder-config.ts";
import type { CameraStreams } from "./camera-streams.ts";
import { fileStreams } from "./file.ts";
import { rpicamStreams } from "./rpicam.ts";
import { rtspStreams } from "./rtsp.ts";
import { testPatternStreams } from "./test-pattern.ts";
import { v4l2Streams } from "./v4l2.ts";

type SourceOf<Kind extends CameraSource["kind"]> = Extract<CameraSource, { kind: Kind }>;
export type ConfigFor<Kind extends CameraSource["kind"]> = RecorderConfig & { readonly source: SourceOf<Kind> };

/**
 * Finds out what the configured source gives. May run programs and take seconds.
 * @throws RecorderError `recorder/source`, `recorder/config`, `recorder/ffmpeg-missing`.
 */
export async function describeSource(config: RecorderConfig): Promise<CameraStreams> {
  const { source } = config;
  switch (source.kind) {
    case "test-pattern":
      return testPatternStreams({ ...config, source });
    case "file":
      return fileStreams({ ...config, source });
    case "v4l2":
      return v4l2Streams({ ...config, source });
    case "rtsp":
      return rtspStreams({ ...config, source });
    case "rpicam":
      return rpicamStreams({ ...config, source });
  }
}
