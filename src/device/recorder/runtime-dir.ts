import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { LaneName } from "./capture-plan.ts";
import { RecorderError } from "./errors.ts";
import type { RecorderConfig } from "./recorder-config.ts";

/** The kernel's limit on a socket's path, less its end mark and the longest name of ours. */
const LONGEST_PATH_BYTES = 108 - "/video-0000.sock".length - 1;

export const socketDir = ({ runtimeDir }: Pick<RecorderConfig, "runtimeDir">): string => join(runtimeDir, "camera");

/** Where viewers connect: MPEG-TS from the next key frame on. */
export const liveSocketPath = (config: Pick<RecorderConfig, "runtimeDir">): string =>
  join(socketDir(config), "live-view.sock");

/**
 * Where the lanes of one life of ffmpeg come out. Other names in each life: an ffmpeg that outlives the daemon that started
 * it waits for somebody at its sockets and removes them when it ends, and these must not be the next one's.
 */
export function laneSocketPaths(config: Pick<RecorderConfig, "runtimeDir">): (lane: LaneName) => string {
  const life = randomBytes(2).toString("hex");
  return (lane) => join(socketDir(config), `${lane}-${life}.sock`);
}

/**
 * Makes the folder of the sockets, or checks that the one there is ours alone: plain video runs through them.
 * @throws RecorderError `recorder/runtime-dir`.
 */
export function prepareSocketDir(path: string): void {
  if (Buffer.byteLength(path) > LONGEST_PATH_BYTES) {
    throw new RecorderError("recorder/runtime-dir", `the path of ${path} is longer than ${LONGEST_PATH_BYTES} bytes`);
  }
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const stat = lstatSync(path);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o077) !== 0) {
    throw new RecorderError("recorder/runtime-dir", `${path} must be a folder of this user with mode 0700`);
  }
  for (const name of readdirSync(path)) rmSync(join(path, name), { force: true });
}
