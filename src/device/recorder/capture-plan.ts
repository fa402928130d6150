import type { FfmpegInput, FfmpegOutput } from "./ffmpeg-command.ts";
import type { PictureFormat, RecorderConfig } from "./recorder-config.ts";
import type { CameraStreams } from "./sources/camera-streams.ts";
import { nestedOptions, type TeeBranch, teeTarget } from "./tee-target.ts";

/** What the detector looks at: the picture in blocks of about 8 × 8 pixels of 320 × 180, each its mean brightness. */
export const BLOCK_COLUMNS = 40;
export const BLOCK_ROWS = 22;
/** 16 bits, little-endian: the mean of 64 pixels is finer than the brightness of one. */
export const BLOCK_FRAME_BYTES = BLOCK_COLUMNS * BLOCK_ROWS * 2;
export const BLOCK_FRAMES_PER_SECOND = 5;

const AUDIO_FRAGMENT_US = "500000";
const AUDIO_BITRATE = "64k";
/** ffmpeg's muxer gathers sound for half of it: as much as a packet of Opus holds, since less would wake the view in vain. */
const LIVE_SOUND_US = "240000";

export type LaneName = "video" | "audio" | "gray" | "live";
export type H264Encoder = "libx264" | "h264_v4l2m2m";

export interface CapturePlan {
  readonly inputs: readonly FfmpegInput[];
  readonly outputs: readonly FfmpegOutput[];
  readonly lanes: readonly LaneName[];
}

/** One ffmpeg: picture, sound and live stream from one tee, gray frames beside it where pixels are watched. */
export function capturePlan(
  streams: CameraStreams,
  config: RecorderConfig,
  encoder: H264Encoder,
  socketPath: (lane: LaneName) => string,
): CapturePlan {
  const target = (lane: LaneName): string => `unix:${socketPath(lane)}`;
  const hasGray = config.motion.mode === "pixels";
  const branches: TeeBranch[] = [{ options: videoBranch, target: target("video") }];
  if (streams.sound !== null) branches.push({ options: audioBranch, target: target("audio") });
  branches.push({ options: liveBranch(streams.picture.isH264), target: target("live") });

  const outputs: FfmpegOutput[] = [
    {
      options: [
        ...["-map", streams.picture.map],
        ...(streams.picture.isH264 ? COPIED_PICTURE : encoderOptions(encoder, config.picture)),
        ...soundOptions(streams),
        ...(streams.keepTimestamps ? ["-copyts"] : []),
        // One shift for both lanes, so that sound before zero does not move against the picture.
        ...["-avoid_negative_ts", "make_non_negative"],
        // Where sound pauses, the picture waits for it half a second at most.
        ...["-max_interleave_delta", "500000"],
        ...["-f", "tee"],
      ],
      target: teeTarget(branches),
    },
  ];
  if (hasGray) outputs.push({ options: grayOptions(streams.motionMap), target: target("gray") });

  const lanes: LaneName[] = ["video", "live"];
  if (streams.sound !== null) lanes.push("audio");
  if (hasGray) lanes.push("gray");
  return { inputs: streams.inputs.map(withManners), outputs, lanes };
}

/**
 * With times as fine as the camera's: in steps of a frame, which is ffmpeg's choice, sound that begins a little before zero
 * (an encoder's lead-in) would move the picture by a whole frame and itself by its lead-in.
 */
const COPIED_PICTURE = ["-c:v", "copy", "-copytb", "1"];
/** Of sound that we encode, the lead-in is left out for the same cause: a picture that we encode has steps of a frame. */
const WITHOUT_LEAD_IN = ["-bsf:a", "noise=drop=lt(pts\\,0)"];

/** Quiet but for warnings and a line of statistics now and then, which is the sign of life. */
const ffmpegManners = ["-hide_banner", "-nostdin", "-loglevel", "warning", "-stats", "-stats_period", "1.5"];

/** ffmpeg opens the lane's socket and waits for us to connect: in milliseconds, in case we died meanwhile. */
const listening = { listen: "1", timeout: "10000" };

/** `frag_discont` makes decode times absolute, so that the lanes can be laid side by side. */
const fragmented = { ...listening, f: "mp4", avoid_negative_ts: "disabled", use_editlist: "0", flush_packets: "1" };
const videoBranch = {
  select: "v",
  ...fragmented,
  movflags: "+frag_keyframe+empty_moov+default_base_moof+frag_discont",
};
const audioBranch = {
  select: "a",
  ...fragmented,
  movflags: "+empty_moov+default_base_moof+frag_discont",
  frag_duration: AUDIO_FRAGMENT_US,
};

/**
 * Behind a queue that drops what nobody reads, so that without viewers the stream costs nothing and with a slow one
 * the recording loses nothing. It begins again at a key frame.
 */
function liveBranch(isCopied: boolean): Readonly<Record<string, string>> {
  return {
    f: "fifo",
    fifo_format: "mpegts",
    queue_size: "120",
    drop_pkts_on_overflow: "1",
    restart_with_keyframe: "1",
    // What we encode has its parameter sets outside the stream; copied H.264 gets them from ffmpeg by itself.
    ...(isCopied ? {} : { "bsfs/v": "dump_extra=freq=keyframe" }),
    format_opts: nestedOptions({
      ...listening,
      flush_packets: "1",
      mpegts_copyts: "1",
      mpegts_flags: "+pat_pmt_at_frames",
      max_delay: LIVE_SOUND_US,
      // A reader knows then when a picture is whole, and need not wait for the next.
      omit_video_pes_length: "0",
    }),
  };
}

function encoderOptions(encoder: H264Encoder, { bitrateKbps, framesPerSecond }: PictureFormat): string[] {
  const rate = ["-b:v", `${bitrateKbps}k`, "-g", String(framesPerSecond), "-bf", "0", "-flags", "+global_header"];
  if (encoder === "h264_v4l2m2m") return ["-c:v", encoder, "-pix_fmt", "yuv420p", ...rate];
  return [
    ...["-c:v", encoder, "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", ...rate],
    ...["-maxrate", `${bitrateKbps}k`, "-bufsize", `${bitrateKbps}k`],
    // By time, as a file's frame rate is its own. Relative, as time may be that of the day.
    ...["-force_key_frames", "expr:if(isnan(prev_forced_t),1,gte(t,prev_forced_t+0.99))"],
  ];
}

function soundOptions({ sound }: CameraStreams): string[] {
  if (sound === null) return ["-an"];
  const codec = sound.isAac ? ["-c:a", "copy"] : ["-c:a", "aac", "-b:a", AUDIO_BITRATE, "-ac", "1", ...WITHOUT_LEAD_IN];
  return ["-map", sound.map, ...codec];
}

/**
 * Luma alone goes through the scaler: a third less work, and already gray. `area` takes the means in vector instructions, and
 * a frame that comes to us has 2 kB in place of 58.
 */
export const BLOCK_FRAMES: readonly string[] = [
  ...["-vf", `fps=${BLOCK_FRAMES_PER_SECOND},extractplanes=y,scale=${BLOCK_COLUMNS}:${BLOCK_ROWS}:flags=area`],
  ...["-f", "rawvideo", "-pix_fmt", "gray16le"],
];

function grayOptions(map: string): string[] {
  const socket = Object.entries(listening).flatMap(([name, value]) => [`-${name}`, value]);
  return ["-map", map, ...BLOCK_FRAMES, "-flush_packets", "1", ...socket];
}

/** Options for all of ffmpeg go before its first input. */
function withManners(input: FfmpegInput, index: number): FfmpegInput {
  return index === 0 ? { ...input, options: [...ffmpegManners, ...input.options] } : input;
}
