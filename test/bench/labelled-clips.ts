import { existsSync } from "node:fs";
import { h264, renderOnce } from "./scene.ts";

export interface LabelledClip {
  readonly name: string;
  /** 320×184 at 5 frames/s, as a camera's sub-stream. */
  readonly path: string;
  readonly seconds: number;
  /** When something that a doorbell should report moves, in seconds. */
  readonly events: readonly (readonly [from: number, until: number])[];
}

const PEDESTRIANS = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
const SUB = ["-r", "5", ...h264("400k", 5)];
const street = (noise: number): string =>
  `color=c=0x5a6a5a:s=320x184:r=5,trim=end_frame=1,geq=lum='lum(X,Y)+20*sin(X/9)+20*cos(Y/6)':cb=128:cr=128,loop=-1:1,setpts=N/5/TB,noise=alls=${noise}:allf=t+u`;

interface Walker {
  readonly from: number;
  readonly until: number;
  readonly width: number;
  readonly height: number;
  readonly y: number;
  readonly colour: string;
}

/** Walkers cross the whole picture, one after another. */
function walkersGraph(background: string, walkers: readonly Walker[]): string {
  const parts = [`${background}[s0]`];
  for (const [i, { from, until, width, height, y, colour }] of walkers.entries()) {
    const x = `if(between(t,${from},${until}),(t-${from})/${until - from}*(320+${width})-${width},-400)`;
    parts.push(
      `color=c=${colour}:s=${width}x${height}:r=5[w${i}]`,
      `[s${i}][w${i}]overlay=x='${x}':y=${y}:eval=frame[s${i + 1}]`,
    );
  }
  return `${parts.join(";")};[s${walkers.length}]null`;
}

const near = { width: 36, height: 96, y: 80, colour: "0x303a60" };
const far = { width: 10, height: 28, y: 100, colour: "0x20242c" };
const dim = { width: 36, height: 96, y: 80, colour: "0x2c3034" };

async function synthetic(
  name: string,
  background: string,
  walkers: readonly Walker[],
  seconds: number,
): Promise<LabelledClip> {
  const path = await renderOnce(`labelled-${name}.mp4`, (target) => [
    ...["-filter_complex", walkersGraph(background, walkers), "-t", String(seconds), ...SUB],
    target,
  ]);
  return { name, path, seconds, events: walkers.map(({ from, until }) => [from, until]) };
}

/** Parts of a film of pedestrians, and between them the same place without anybody: the median over the whole film. */
async function pedestrians(name: string, starts: readonly number[]): Promise<LabelledClip> {
  const size = "scale=320:184:flags=area,format=yuv420p";
  const empty = await renderOnce("empty-place.png", (target) => [
    ...["-i", PEDESTRIANS, "-vf", `fps=1,${size},tmedian=radius=38`, "-frames:v", "1", "-update", "1"],
    target,
  ]);
  const still = (seconds: number): string =>
    `[0:v]loop=-1:1,fps=5,trim=duration=${seconds},setpts=N/5/TB,noise=alls=4:allf=t`;
  const emptySeconds = 15;
  const walkSeconds = 10;
  const pieces = starts.flatMap((start, i) => [
    `${still(emptySeconds).replace("[0:v]", `[e${i}]`)}[p${2 * i}]`,
    `[f${i}]trim=start=${start}:duration=${walkSeconds},fps=5,${size},setpts=N/5/TB[p${2 * i + 1}]`,
  ]);
  const split = (input: number, letter: string): string =>
    `[${input}:v]${input === 0 ? `${size},` : ""}split=${starts.length}${starts.map((_, i) => `[${letter}${i}]`).join("")}`;
  const all = starts.flatMap((_, i) => [`[p${2 * i}]`, `[p${2 * i + 1}]`]).join("");
  const graph = [split(0, "e"), split(1, "f"), ...pieces, `${all}concat=n=${2 * starts.length},format=yuv420p`].join(
    ";",
  );
  const path = await renderOnce(`labelled-${name}.mp4`, (target) => [
    ...["-i", empty, "-i", PEDESTRIANS, "-filter_complex", graph, ...SUB],
    target,
  ]);
  const period = emptySeconds + walkSeconds;
  return {
    name,
    path,
    seconds: starts.length * period,
    events: starts.map((_, i) => [i * period + emptySeconds, (i + 1) * period]),
  };
}

export async function labelledClips(): Promise<readonly LabelledClip[]> {
  if (!existsSync(PEDESTRIANS)) throw new Error(`${PEDESTRIANS} is missing: install Debian's opencv-doc`);
  const lights = "eq=brightness='if(between(mod(t,30),10,18),0.2,0)':eval=frame";
  const clouds = "eq=brightness='0.12*sin(t/9)':eval=frame";
  return [
    await synthetic(
      "near",
      street(6),
      [
        { ...near, from: 20, until: 26 },
        { ...near, from: 45, until: 60 },
      ],
      75,
    ),
    await synthetic(
      "far",
      street(6),
      [
        { ...far, from: 20, until: 40 },
        { ...far, from: 58, until: 66 },
      ],
      75,
    ),
    await pedestrians("pedestrians-1", [2, 26, 50]),
    await pedestrians("pedestrians-2", [14, 38, 65]),
    await synthetic(
      "night-noise",
      "color=c=0x14181c:s=320x184:r=5,noise=alls=34:allf=t+u",
      [{ ...dim, from: 50, until: 60 }],
      75,
    ),
    await synthetic("lights", `${street(6)},${lights}`, [{ ...near, from: 51, until: 57 }], 75),
    await synthetic("clouds", `${street(6)},${clouds}`, [{ ...near, from: 40, until: 50 }], 75),
  ];
}
