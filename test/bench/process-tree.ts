import { readdirSync, readFileSync } from "node:fs";

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Own and of children that ended and were waited for, in clock ticks of 10 ms. */
  readonly ticks: number;
  readonly ownTicks: number;
  readonly userTicks: number;
}

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux that Node runs on

function readProcess(pid: number): Process | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in parentheses may hold spaces; what follows the last one is regular. Fields by proc(5), from the third on.
    const fields = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [userTime = 0, systemTime = 0, childUserTime = 0, childSystemTime = 0] = fields.slice(11, 15);
    const ownTicks = userTime + systemTime;
    return {
      pid,
      parent: fields[1] ?? 0,
      userTicks: userTime,
      ownTicks,
      ticks: ownTicks + childUserTime + childSystemTime,
    };
  } catch {
    return null; // it ended in between
  }
}

/** The process and all below it. */
export function processTree(root: number): readonly Process[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
  const tree = all.filter(({ pid }) => pid === root);
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid)); // grows while it is walked
  return tree;
}

/** CPU seconds of one process, all its threads. */
export function processCpuSeconds(pid: number): number {
  return (readProcess(pid)?.ownTicks ?? Number.NaN) / TICKS_PER_SECOND;
}

/** CPU seconds of the whole tree since its start, children that ended included. */
export function treeCpuSeconds(root: number): number {
  return processTree(root).reduce((sum, { ticks }) => sum + ticks, 0) / TICKS_PER_SECOND;
}

/** Where the CPU seconds of a tree went since its start, without children that have ended. */
export interface CpuSplit {
  readonly ownUser: number;
  readonly ownSystem: number;
  readonly runningChildren: number;
}

export function cpuSplit(root: number): CpuSplit {
  const [own, ...children] = processTree(root);
  const { userTicks = 0, ownTicks = 0 } = own ?? {};
  return {
    ownUser: userTicks / TICKS_PER_SECOND,
    ownSystem: (ownTicks - userTicks) / TICKS_PER_SECOND,
    runningChildren: children.reduce((sum, child) => sum + child.ticks, 0) / TICKS_PER_SECOND,
  };
}

function kilobytes(file: string, name: string): number {
  const [, value] = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(file, "latin1")) ?? [];
  if (value === undefined) throw new Error(`${file} has no ${name}`);
  return Number(value);
}

export function residentMiB(pid: number): number {
  return kilobytes(`/proc/${pid}/status`, "VmRSS") / 1024;
}

/** Proportional set size: shared pages are split among those who share them. */
export function treePssMiB(root: number): number {
  return processTree(root).reduce((sum, { pid }) => sum + kilobytes(`/proc/${pid}/smaps_rollup`, "Pss"), 0) / 1024;
}

export function commandLine(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
}

export function environmentOf(pid: number): Readonly<Record<string, string>> {
  const entries = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").slice(0, -1);
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
}
