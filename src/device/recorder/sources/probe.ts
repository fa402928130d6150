import { RecorderError } from "../errors.ts";
import { type FfmpegPaths, makeCommand } from "../ffmpeg-command.ts";

export interface ProbedStreams {
  readonly isH264: boolean;
  readonly sound: { readonly isAac: boolean } | null;
}

/** Asks ffprobe what a file or address holds. */
export function probe(paths: FfmpegPaths, source: string, options: readonly string[]): Promise<ProbedStreams> {
  return new Promise((resolve, reject) => {
    makeCommand(paths)
      .input(source)
      .ffprobe([...options], (error: unknown, data) => {
        if (error !== null && error !== undefined) {
          reject(failure(error));
          return;
        }
        const picture = data.streams.find((stream) => stream.codec_type === "video");
        const sound = data.streams.find((stream) => stream.codec_type === "audio");
        if (picture === undefined) {
          reject(new RecorderError("recorder/source", "the source has no picture"));
          return;
        }
        resolve({
          isH264: picture.codec_name === "h264",
          sound: sound === undefined ? null : { isAac: sound.codec_name === "aac" && hasDecoderConfiguration(sound) },
        });
      });
  });
}

/** AAC in MPEG-TS describes itself in every frame and has none; MP4 wants it before the first. */
function hasDecoderConfiguration(stream: object): boolean {
  return "extradata_size" in stream && Number(stream.extradata_size) > 0;
}

function failure(cause: unknown): RecorderError {
  const text = String(cause);
  if (text.includes("ENOENT") || text.includes("Cannot find ffprobe")) {
    return new RecorderError("recorder/ffmpeg-missing", "ffprobe was not found", { cause });
  }
  return new RecorderError("recorder/source", "ffprobe cannot read the source", { cause });
}
