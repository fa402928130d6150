import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { runToEnd } from "./child.ts";

/** Rendered once and kept; nothing random in them but noise. */
export const SCENES = join(process.cwd(), ".cache/bench");

/** A visitor crosses the picture during the same part of each cycle. */
export const VISIT = { cycleSeconds: 60, fromSeconds: 20, untilSeconds: 30 } as const;

export interface DoorScene {
  /** 1280×720, 15 frames/s, H.264 at 2 Mbit/s, key frame each second. */
  readonly main: string;
  /** The same scene, 320×184 (motion wants multiples of 8), 5 frames/s. */
  readonly sub: string;
}

export async function renderOnce(name: string, args: (target: string) => readonly string[]): Promise<string> {
  mkdirSync(SCENES, { recursive: true });
  const path = join(SCENES, name);
  if (existsSync(path)) return path;
  const unfinished = join(SCENES, `unfinished-${name}`);
  await runToEnd("ffmpeg", ["-y", "-nostdin", "-loglevel", "error", ...args(unfinished)]);
  renameSync(unfinished, path);
  return path;
}

export function h264(bitrate: string, framesPerGroup: number): readonly string[] {
  const rate = ["-b:v", bitrate, "-minrate", bitrate, "-maxrate", bitrate, "-bufsize", bitrate];
  return [
    "-c:v",
    "libx264",
    "-preset",
    "veryfast",
    "-tune",
    "zerolatency",
    "-pix_fmt",
    "yuv420p",
    ...rate,
    "-x264-params",
    "nal-hrd=cbr:force-cfr=1",
    "-g",
    String(framesPerGroup),
    "-keyint_min",
    String(framesPerGroup),
    "-sc_threshold",
    "0",
  ];
}

export async function doorScene(): Promise<DoorScene> {
  const { cycleSeconds, fromSeconds, untilSeconds } = VISIT;
  const second = `mod(t,${cycleSeconds})`;
  const visitorX = `if(between(${second},${fromSeconds},${untilSeconds}),(${second}-${fromSeconds})*120-100,-300)`;
  const graph = [
    `color=c=0x5a6a5a:s=1280x720:r=15,trim=end_frame=1,geq=lum='lum(X,Y)+20*sin(X/37)+20*cos(Y/23)':cb=128:cr=128,loop=-1:1,setpts=N/15/TB,noise=alls=6:allf=t+u[street]`,
    "color=c=0x303a60:s=140x380:r=15[visitor]",
    `[street][visitor]overlay=x='${visitorX}':y=300:eval=frame`,
  ];
  const seconds = String(cycleSeconds);
  const main = await renderOnce("door-main.mp4", (target) => [
    ...["-filter_complex", graph.join(";"), "-t", seconds, ...h264("2M", 15)],
    target,
  ]);
  const sub = await renderOnce("door-sub.mp4", (target) => [
    ...["-i", main, "-vf", "fps=5,scale=320:184:flags=area", ...h264("128k", 5)],
    target,
  ]);
  return { main, sub };
}
