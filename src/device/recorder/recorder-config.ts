/** What the recorder is told. Plain values: the configuration schema fills them, nothing here reads a file. */

/** Size and rate asked of the camera or of the encoder; a stream that is copied keeps its own. */
export interface PictureFormat {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** Only where we encode: H.264 of the camera is copied as it is. */
  readonly bitrateKbps: number;
}

/** A picture that moves and a tone, made by ffmpeg: everything works without any hardware. */
export interface TestPatternSource {
  readonly kind: "test-pattern";
}

/** A video file, looped in real time. */
export interface FileSource {
  readonly kind: "file";
  readonly path: string;
  /** The same scene in low resolution, for motion in pixels; null: the file itself is decoded. */
  readonly subPath: string | null;
}

export interface V4l2Source {
  readonly kind: "v4l2";
  readonly device: string;
  /** A second node of the same camera that gives a low resolution (an ISP's second output); null: the main one. */
  readonly subDevice: string | null;
}

export interface RtspSource {
  readonly kind: "rtsp";
  readonly url: string;
  /** The camera's low-resolution stream; null: the main stream is decoded for motion in pixels, which is dear. */
  readonly subUrl: string | null;
}

/** A Raspberry Pi camera through `rpicam-vid`, which encodes. */
export interface RpicamSource {
  readonly kind: "rpicam";
  readonly program: string;
  /** Further arguments for the program, such as `--rotation 180`. */
  readonly extraArguments: readonly string[];
}

export type CameraSource = TestPatternSource | FileSource | V4l2Source | RtspSource | RpicamSource;

/** Where sound comes from: with the picture (file, RTSP, test tone), from a sound card, or nowhere. */
export type SoundSource =
  | { readonly kind: "camera" }
  | { readonly kind: "alsa"; readonly device: string }
  | { readonly kind: "off" };

/**
 * Who says that something moves.
 * - `off`: only the bell records.
 * - `pir`: the sensor alone. Nothing is decoded, so this is by far the cheapest.
 * - `pixels`: the picture alone, decoded all the time in low resolution.
 * - `pir-verified`: the sensor, when the picture agrees; decoded only while it is asked.
 */
export type MotionMode = "off" | "pir" | "pixels" | "pir-verified";

/** A corner of a zone, as parts of width and height: 0,0 is top left, 1,1 bottom right. */
export type ZoneCorner = readonly [x: number, y: number];

export interface MotionConfig {
  readonly mode: MotionMode;
  /** Polygons of at least three corners in which motion counts; none: the whole picture. */
  readonly zones: readonly (readonly ZoneCorner[])[];
  /** Smallest thing that counts, as a part of the picture's area. */
  readonly minimumArea: number;
  /** After a motion event, none for this long (the clip is being recorded anyway). */
  readonly quietMs: number;
}

export interface RecorderConfig {
  readonly source: CameraSource;
  readonly sound: SoundSource;
  readonly picture: PictureFormat;
  readonly motion: MotionConfig;
  readonly preRollMs: number;
  /** Upper bound of the pre-roll in RAM, whatever the bit rate. */
  readonly preRollBytes: number;
  readonly postRollMs: number;
  /** Longest clip, pre-roll included, however often it is extended. */
  readonly maximumClipMs: number;
  /** Folder of ours alone (mode 0700) for sockets; made if missing. Short: a socket's path has at most 107 bytes. */
  readonly runtimeDir: string;
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
}

export const recorderDefaults = {
  source: { kind: "test-pattern" },
  sound: { kind: "camera" },
  picture: { width: 1280, height: 720, framesPerSecond: 15, bitrateKbps: 2000 },
  motion: { mode: "pir", zones: [], minimumArea: 0.002, quietMs: 5000 },
  preRollMs: 5000,
  preRollBytes: 16 * 1024 * 1024,
  postRollMs: 10_000,
  maximumClipMs: 120_000,
  ffmpegPath: "ffmpeg",
  ffprobePath: "ffprobe",
} as const satisfies Omit<RecorderConfig, "runtimeDir">;
