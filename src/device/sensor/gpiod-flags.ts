import type { Level } from "./gpio-driver.ts";
import type { PinAssignment } from "./sensor-config.ts";

/** Debian bookworm has 1.6, trixie 2.2; they share the programs' names and little else. */
export type GpiodMajor = 1 | 2;

/** Reads the first line of `gpiomon --version`: `gpiomon (libgpiod) v1.6.3`. */
export function gpiodMajorIn(version: string): GpiodMajor {
  return Number(/v(\d+)\./.exec(version)?.[1] ?? 2) < 2 ? 1 : 2;
}

export interface GpiodLine {
  readonly chip: string;
  readonly pin: PinAssignment;
  readonly pull: "pull-up" | "pull-down" | "as-is";
}

const sense = ({ activeLow }: PinAssignment): readonly string[] => (activeLow ? ["--active-low"] : []);

const bias = ({ pull }: GpiodLine): readonly string[] => (pull === "as-is" ? [] : [`--bias=${pull}`]);

/** Prints one edge a line, for `edgeIn`. */
export function monitorArguments(major: GpiodMajor, line: GpiodLine): readonly string[] {
  const common = [...sense(line.pin), ...bias(line), major === 1 ? "--format=%e %s %n" : "--format=%e %S"];
  const bcm = String(line.pin.bcm);
  // Version 2 flushes after each event by itself.
  return major === 1
    ? [...common, "--line-buffered", line.chip, bcm]
    : [...common, "--edges=both", "--chip", line.chip, bcm];
}

/**
 * Both versions print `1` for the edge to active; the other edge is `0` in 1.6 and `2` in 2.x. Then come the kernel's seconds
 * since it started: 1.6 has the nanoseconds as a number of their own, 2.x as nine decimals.
 */
export function edgeIn(text: string): { readonly level: Level; readonly atMs: number } {
  const [edge, seconds, nanoseconds = "0"] = text.trim().split(" ");
  return { level: edge === "1" ? 1 : 0, atMs: Number(seconds) * 1000 + Number(nanoseconds) / 1e6 };
}

export function readArguments(major: GpiodMajor, line: GpiodLine): readonly string[] {
  const common = [...sense(line.pin), ...bias(line)];
  const bcm = String(line.pin.bcm);
  return major === 1 ? [...common, line.chip, bcm] : [...common, "--numeric", "--chip", line.chip, bcm];
}

/** The program holds the level as long as it runs; with a lapse it ends by itself after that time. */
export function holdArguments(
  major: GpiodMajor,
  { chip, pin }: GpiodLine,
  level: Level,
  lapseMs?: number,
): readonly string[] {
  const value = `${pin.bcm}=${level}`;
  if (major === 2)
    return [...sense(pin), ...(lapseMs === undefined ? [] : ["--toggle", `${lapseMs}ms,0`]), "--chip", chip, value];
  const mode =
    lapseMs === undefined
      ? ["--mode=signal"]
      : ["--mode=time", `--sec=${Math.floor(lapseMs / 1000)}`, `--usec=${(lapseMs % 1000) * 1000}`];
  return [...sense(pin), ...mode, chip, value];
}

/** Sets the level and ends: whether the line can be had, which the one that holds it cannot say as long as it runs. */
export function tryArguments(major: GpiodMajor, { chip, pin }: GpiodLine, level: Level): readonly string[] {
  const value = `${pin.bcm}=${level}`;
  return major === 1
    ? [...sense(pin), "--mode=exit", chip, value]
    : [...sense(pin), "--toggle", "0", "--chip", chip, value];
}
