import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { arch, endianness, release } from "node:os";
import { promisify } from "node:util";
import { makeSystemClock } from "../../device/platform/clock.ts";
import type { Check, Found } from "./finding.ts";

const run = promisify(execFile);
const OLDEST_NODE = [20, 19] as const;
const CONTROLLERS = "/sys/fs/cgroup/cgroup.controllers";
const OLDEST_FFMPEG = 5;
const CLOCK_PATIENCE_MS = 3000;
const CLOCK_POLL_MS = 100;

export const systemCheck: Check = {
  topic: "system",
  async look() {
    const found = `Node ${process.versions.node} on ${arch()}, Linux ${release()}`;
    const is64Bit = ["x64", "arm64"].includes(arch()) && endianness() === "LE";
    if (!is64Bit) {
      return [{ level: "problem", found, remedy: "Install a 64-bit system: Doorward runs on x64 and arm64." }];
    }
    if (!isNewEnough(process.versions.node)) {
      return [{ level: "problem", found, remedy: `Install Node ${OLDEST_NODE.join(".")} or later.` }];
    }
    return [{ level: "ok", found }, ...(await memoryLimits())];
  },
};

/** The unit's memory limit and its ban on swap hold only where the kernel has this controller. */
export async function memoryLimits(controllersFile = CONTROLLERS): Promise<readonly Found[]> {
  const controllers = await readFile(controllersFile, "utf8").catch(() => "memory");
  if (controllers.split(/\s+/).includes("memory")) return [];
  return [
    {
      level: "note",
      found: "memory limits are off",
      remedy: "Add `cgroup_enable=memory` to the end of the line in /boot/firmware/cmdline.txt, and restart.",
    },
  ];
}

export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

export const ffmpegCheck: Check = {
  topic: "ffmpeg",
  async look({ config, signal }) {
    const programs = [config.recorder.ffmpegPath, config.recorder.ffprobePath];
    return Promise.all(programs.map((program) => lookAtProgram(program, signal)));
  },
};

async function lookAtProgram(program: string, signal: AbortSignal): Promise<Found> {
  try {
    const { stdout } = await run(program, ["-version"], { signal });
    const [, version = "unknown version"] = /version (\S+)/.exec(stdout) ?? [];
    const isTooOld = Number.parseInt(version, 10) < OLDEST_FFMPEG;
    const found = `${program.split("/").at(-1)} ${version}`;
    if (!isTooOld) return { level: "ok", found, where: program };
    return { level: "problem", found, where: program, remedy: `Install ffmpeg ${OLDEST_FFMPEG} or later.` };
  } catch (error) {
    signal.throwIfAborted();
    const code = (error as NodeJS.ErrnoException).code;
    const found = code === "ENOENT" ? "program not found" : "program does not run";
    return {
      level: "problem",
      found,
      where: program,
      remedy: "`sudo apt install ffmpeg`, or give its path in [recording].",
    };
  }
}

export const clockCheck: Check = {
  topic: "clock",
  async look({ config, signal }) {
    if (config.clock.trust === "trusted") return [{ level: "ok", found: "trusted by configuration" }];
    const clock = makeSystemClock();
    const until = clock.monotonicMs() + CLOCK_PATIENCE_MS;
    while (!clock.synced() && clock.monotonicMs() < until) await clock.sleep(CLOCK_POLL_MS, signal);
    if (clock.synced()) return [{ level: "ok", found: "set by a time service" }];
    return [
      {
        level: "note",
        found: "not known to be right",
        remedy:
          'Clips are recorded, marked "unsynced"; consents are refused. `sudo timedatectl set-ntp true`; where the host keeps the time (container, VM): `clock = "trusted"` in [device].',
      },
    ];
  },
};
