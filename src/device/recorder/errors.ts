import { CodedError } from "../../protocol/errors.ts";

/** What each error of the recorder means and what to do. */
export const recorderErrors = {
  "recorder/ffmpeg-missing": "The ffmpeg program was not found: install ffmpeg, or give its path in the configuration.",
  "recorder/program-missing":
    "The camera's program (such as rpicam-vid) was not found: install it, or choose another source.",
  "recorder/runtime-dir":
    "The folder for sockets is not ours alone (mode 0700), or its path is too long: use a shorter data directory, or set `runtime_dir` in [device].",
  "recorder/source":
    "The camera or file cannot be opened or has no picture: check path, address, cable and permissions.",
  "recorder/config": "Two settings of the recorder do not fit together: change one of them as the message says.",
  "recorder/stream":
    "ffmpeg wrote something that is not the fragmented MP4 asked for: check its version (5 to 7 work).",
} as const;

export type RecorderErrorCode = keyof typeof recorderErrors;

export class RecorderError extends CodedError<RecorderErrorCode> {
  override readonly name = "RecorderError";
}
