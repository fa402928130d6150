import type { FfmpegInput } from "../ffmpeg-command.ts";

/** A program that gives the picture to ffmpeg through a named pipe. */
export interface Companion {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly pipePath: string;
}

/** A stream among the inputs, in ffmpeg's words: `0:v:0`. */
export interface PictureStream {
  readonly map: string;
  /** H.264 is copied; anything else is encoded, once. */
  readonly isH264: boolean;
}

export interface SoundStream {
  readonly map: string;
  /** AAC with its decoder configuration at hand, so that it can be copied. */
  readonly isAac: boolean;
  /** Silence of the lane means a fault; not so for a file whose sound may be shorter than its picture. */
  readonly mustFlow: boolean;
}

/** What a source gives: how ffmpeg opens it and what is in it. */
export interface CameraStreams {
  readonly inputs: readonly FfmpegInput[];
  readonly picture: PictureStream;
  readonly sound: SoundStream | null;
  /** What motion in pixels is looked for in: the sub-stream where there is one. */
  readonly motionMap: string;
  /** Picture and sound come from separate devices and are both stamped with the time of day. */
  readonly keepTimestamps: boolean;
  readonly companion: Companion | null;
}
