import { setTimeout as sleep } from "node:timers/promises";
import { MOUNT_OPTIONS } from "../cuts/attached-disk.ts";
import { NbdServer } from "../nbd/server.ts";
import type { VolatileDisk } from "../nbd/volatile-disk.ts";
import { quoted } from "../shell.ts";
import { boot, type Machine } from "../vm/boot.ts";

const LOG = "/run/doorbell.log";
const READY_WITHIN_MS = 900_000;
const JUDGED_WITHIN_MS = 900_000;
const SETTLE_MS = 200;

/** Files that a machine of ours sees at the same paths, since it has this machine's root. */
export interface DoorbellFiles {
  readonly cacheDir: string;
  /** Unix socket of the disk. */
  readonly socket: string;
  /** Bundles of `observed-doorward.ts` and `boot-judge.ts`. */
  readonly main: string;
  readonly judge: string;
  /** Data folder of a doorbell that is paired; the disk is mounted over it. */
  readonly device: string;
  readonly config: string;
}

export interface BootOrder {
  readonly files: DoorbellFiles;
  readonly disk: VolatileDisk;
  /** A disk that has no file system yet gets one, with what is in the data folder. */
  readonly isNew: boolean;
  /** Gets what the daemon acknowledges, a line each, as it leaves by the serial line. */
  readonly onPromise: (line: string) => void;
}

export interface Judgement {
  readonly lost: readonly string[];
  readonly check: readonly string[];
}

/** A virtual machine with a doorbell whose data lies on a disk of ours, until its power is cut. */
export class BootedDoorbell {
  readonly #machine: Machine;
  readonly #server: NbdServer;
  readonly #files: DoorbellFiles;

  private constructor(machine: Machine, server: NbdServer, files: DoorbellFiles) {
    this.#machine = machine;
    this.#server = server;
    this.#files = files;
  }

  /** Settles when the disk is mounted. */
  static async boot({ files, disk, isNew, onPromise }: BootOrder): Promise<BootedDoorbell> {
    const server = new NbdServer((name) => (name === "" ? disk : null));
    await server.listen({ path: files.socket });
    const disks = [`nbd+unix:///?socket=${files.socket}`];
    let machine: Machine | null = null;
    try {
      machine = await boot({ cacheDir: files.cacheDir, disks, isBare: true });
      machine.onLine(onPromise);
      await machine.ssh.run(mountWords(files.device, isNew));
      return new BootedDoorbell(machine, server, files);
    } catch (error) {
      await machine?.kill();
      await server.close();
      throw error;
    }
  }

  /** Settles when the daemon is ready. */
  async start({ withoutSync }: { readonly withoutSync: boolean }): Promise<void> {
    await this.#machine.ssh.run(startWords(this.#files, withoutSync), { withinMs: READY_WITHIN_MS });
  }

  /** Ahead of the daemon's start: the vault mends what the cut left, and is looked at. */
  async judge(promises: readonly string[]): Promise<Judgement> {
    const { judge, device, config } = this.#files;
    const input = promises.map((line) => `${line}\n`).join("");
    const words = `node ${quoted(judge)} ${quoted(device)} ${quoted(config)}`;
    return JSON.parse(await this.#machine.ssh.run(words, { input, withinMs: JUDGED_WITHIN_MS })) as Judgement;
  }

  /** From now on somebody rings every few seconds. */
  async beginRinging(): Promise<void> {
    await this.#machine.ssh.run(
      `cd ${quoted(this.#files.device)}; setsid perl -e '${RINGS}' </dev/null >/dev/null 2>&1 &`,
    );
  }

  /** The power goes. */
  async cut(): Promise<void> {
    await this.#machine.kill();
    await this.#server.close();
    await sleep(SETTLE_MS); // what had reached the disk is carried out
  }
}

/** By the short name of the socket: its whole path may be too long for one. */
const RINGS = `use IO::Socket::UNIX; while (1) {
  my $s = IO::Socket::UNIX->new(Peer => "control.sock");
  if ($s) { print $s "{\\"op\\":\\"ring\\",\\"ms\\":200}\\n"; $s->flush; <$s>; }
  sleep 4;
}`;

function mountWords(device: string, isNew: boolean): string {
  const fresh = `mkfs.ext4 -q -F -b 4096 /dev/vda; mkdir -p /mnt; mount /dev/vda /mnt; cp -a ${quoted(device)}/. /mnt; umount /mnt; sync`;
  return `set -e; ${isNew ? fresh : ":"}; mount -o ${MOUNT_OPTIONS} /dev/vda ${quoted(device)}; stty -F /dev/ttyS1 raw -echo`;
}

function startWords({ main, config }: DoorbellFiles, withoutSync: boolean): string {
  const environment = `CUTS_PROMISES=/dev/ttyS1 ${withoutSync ? "CUTS_WITHOUT_SYNC=1" : ""}`;
  return `${environment} setsid node ${quoted(main)} run --config ${quoted(config)} </dev/null >${LOG} 2>&1 &
daemon=$!
until grep -q '"ready"' ${LOG}; do
  kill -0 $daemon 2>/dev/null || { tail -n 20 ${LOG} >&2; exit 1; }
  sleep 0.5
done`;
}
