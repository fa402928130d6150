import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** As Raspberry Pi OS makes and mounts its card, without writes in the background that would only blur the record. */
const MKFS = ["-q", "-F", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0"];
export const MOUNT_OPTIONS = "defaults,noatime";

const READY_WITHIN_MS = 20_000;

/** Why this machine cannot mount a disk of ours; null when it can. */
export function whyNoMount(): string | null {
  if (process.getuid?.() !== 0) return "only root may mount";
  if (!existsSync("/dev/fuse") || !existsSync("/dev/loop-control")) return "there is no FUSE or no loop device";
  return null;
}

/**
 * A file system on a recorded disk: NBD server ← nbdfuse, which hands every write and flush on ← loop device with direct
 * I/O ← ext4. What ext4 flushes arrives as a flush, and nothing is kept back on the way.
 */
export class AttachedDisk {
  readonly mountPoint: string;
  readonly #server: ChildProcess;
  readonly #fuse: ChildProcess;
  readonly #fuseDir: string;
  readonly #device: string;

  private constructor(mountPoint: string, server: ChildProcess, fuse: ChildProcess, fuseDir: string, device: string) {
    this.mountPoint = mountPoint;
    this.#server = server;
    this.#fuse = fuse;
    this.#fuseDir = fuseDir;
    this.#device = device;
  }

  /** @param program - Bundled `disk-process.ts`. @param dir - Gets the record, see `recorded-disk.ts`. */
  static async make(program: string, dir: string, size: number, mountPoint: string): Promise<AttachedDisk> {
    const [fuseDir, socket] = [join(dir, "fuse"), join(dir, "nbd.sock")];
    for (const folder of [fuseDir, mountPoint]) mkdirSync(folder, { recursive: true });
    const server = spawn(process.execPath, [program, dir, String(size), socket], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await once(server.stdout as NodeJS.EventEmitter, "data");
    const stdio: ["ignore", "ignore", "inherit"] = ["ignore", "ignore", "inherit"];
    const fuse = spawn("nbdfuse", [join(fuseDir, "disk"), `nbd+unix:///?socket=${socket}`], { stdio });
    const file = join(fuseDir, "disk");
    for (let waitedMs = 0; !existsSync(file); waitedMs += 50) {
      if (waitedMs > READY_WITHIN_MS || fuse.exitCode !== null) throw new Error("nbdfuse does not show the disk");
      await sleep(50);
    }
    const { stdout } = await run("losetup", ["--find", "--show", "--direct-io=on", file]);
    const device = stdout.trim();
    await run("mkfs.ext4", [...MKFS, device]);
    await run("mount", ["-o", MOUNT_OPTIONS, device, mountPoint]);
    return new AttachedDisk(mountPoint, server, fuse, fuseDir, device);
  }

  async detach(): Promise<void> {
    await run("umount", [this.mountPoint]);
    await run("losetup", ["--detach", this.#device]);
    await run("fusermount3", ["-u", this.#fuseDir]);
    if (this.#fuse.exitCode === null) await once(this.#fuse, "exit");
    this.#server.stdin?.end();
    if (this.#server.exitCode === null) await once(this.#server, "exit");
  }
}

/** Mounts an image, which replays its journal, and unmounts it afterwards whatever happens. */
export async function withMounted<T>(image: string, mountPoint: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(mountPoint, { recursive: true });
  await run("mount", ["-o", `loop,${MOUNT_OPTIONS}`, image, mountPoint]);
  try {
    return await work();
  } finally {
    await run("umount", [mountPoint]);
  }
}
