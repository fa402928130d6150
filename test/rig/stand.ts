import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { guestProgram, Harness, type PinFiles } from "./harness.ts";
import { Journal } from "./journal.ts";
import { bundledListener } from "./listener.ts";
import { quoted } from "./shell.ts";
import type { Ssh } from "./ssh.ts";

/** What a run measures; null where it was not. */
export interface Figures {
  readyRatio: number | null;
  edgeToPublish: { readonly p50Ms: number; readonly p99Ms: number; readonly ratio: number } | null;
  oomKills: number | null;
}

const LOOKS_EVERY_MS = 500;
const CLIPS = "/var/lib/doorward/vault/clips";
const OWNER_HOME = "/var/lib/doorward-rig-owner";
const BROKER_LOG = "/run/rig-broker.log";

/** A doorbell on real kernel interfaces, its unit running, an owner paired: what a case works with. */
export class Stand {
  readonly ssh: Ssh;
  readonly pins: Harness;
  /** Whether the machine is the virtual one, whose simulators take faults. */
  readonly isVirtual: boolean;
  readonly say: (text: string) => void;
  readonly #journal: Journal;
  readonly figures: Figures = { readyRatio: null, edgeToPublish: null, oomKills: null };

  private constructor(ssh: Ssh, pins: PinFiles, say: (text: string) => void) {
    this.ssh = ssh;
    this.pins = new Harness(ssh, pins);
    this.#journal = new Journal(ssh);
    this.isVirtual = pins.isVirtual;
    this.say = say;
  }

  static async of(ssh: Ssh, pins: PinFiles, say: (text: string) => void): Promise<Stand> {
    const stand = new Stand(ssh, pins, say);
    await ssh.run(
      `pkill mosquitto_sub; setsid mosquitto_sub -h 127.0.0.1 -v -t '#' -F '%U %t %l' >${BROKER_LOG} 2>&1 </dev/null & sleep 1`,
    );
    return stand;
  }

  /** Whether an earlier run has paired its owner here. */
  static async isPaired(ssh: Ssh): Promise<boolean> {
    return (await ssh.run(`ls -A ${OWNER_HOME} 2>/dev/null || true`)).trim() !== "";
  }

  /** Sets `section.key` to a value in TOML and starts the unit anew; settles when it is ready. */
  async configure(settings: Readonly<Record<string, string>>): Promise<void> {
    const input = Object.entries(settings)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join("");
    await this.ssh.run(`${guestProgram("configure.pl")} /etc/doorward/doorward.toml`, { input });
    await this.restart();
  }

  async restart(): Promise<void> {
    await this.ssh.run("systemctl reset-failed doorward; systemctl restart doorward");
    await this.pictures();
  }

  async pair(): Promise<void> {
    await this.ssh.run(`rm -rf ${OWNER_HOME}; doorward owner init --home ${OWNER_HOME}`);
    const { text } = JSON.parse(await this.ssh.run("runuser -u doorward -- doorward pair --json")) as { text: string };
    await this.ssh.run(`doorward owner pair ${quoted(text)} --home ${OWNER_HOME}`);
  }

  /** `doorward owner WORDS --json`, beside the doorbell. */
  async owner(words: string): Promise<unknown> {
    return JSON.parse(await this.ssh.run(`doorward owner ${words} --home ${OWNER_HOME} --json`));
  }

  /** Watches and hears the door for so long; settles with the packets that came. */
  async listen(seconds: number): Promise<{ readonly video: number; readonly audio: number }> {
    await this.ssh.run("cat >/run/rig-listen.mjs", { input: await bundledListener() });
    const words = `/opt/doorward/node/bin/node /run/rig-listen.mjs ${OWNER_HOME} ${seconds}`;
    return JSON.parse(await this.ssh.run(words)) as { video: number; audio: number };
  }

  async clips(): Promise<readonly string[]> {
    const names = await this.ssh.run(`ls -1tr ${CLIPS}`);
    return names.split("\n").filter((name) => name.endsWith(".clip"));
  }

  /** @param since - A time of the remote clock. */
  async says(text: string, since: number, withinMs = 180_000): Promise<void> {
    await this.until(`the journal says "${text}"`, () => Promise.resolve(this.#journal.says(text, since)), withinMs);
  }

  /** Settles when a program holds the camera's device and has had the time for its first pictures. */
  async pictures(withinMs = 240_000): Promise<void> {
    await this.until(
      "the camera's ffmpeg holds the device",
      async () => (await this.holders("/dev/video0")) > 0,
      withinMs,
    );
    await this.pins.wait(8000); // the first fragment, at a few frames a second
  }

  /** How many processes have the file open. */
  async holders(file: string): Promise<number> {
    const count = await this.ssh.run(`ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c -- '-> ${file}$' || true`);
    return Number(count.trim());
  }

  /** @param withinMs - By the doorbell's clock. */
  async until(what: string, isSo: () => Promise<boolean>, withinMs = 120_000): Promise<void> {
    const end = (await this.pins.now()) + withinMs / 1000;
    while (!(await isSo())) {
      if ((await this.pins.wait(LOOKS_EVERY_MS)) > end) {
        throw new Error(`waited ${withinMs / 1000} s in vain until ${what}`);
      }
    }
  }

  stop(): void {
    this.pins.stop();
    this.#journal.stop();
  }

  /** Everything that tells what happened: journal, pin trace, clips and the broker's messages. */
  async keep(folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true });
    const journal = await this.ssh.run("journalctl -u doorward -o short-precise --no-pager");
    writeFileSync(join(folder, "journal.txt"), journal);
    writeFileSync(
      join(folder, "pins.txt"),
      this.pins.trace.map(({ at, pin, value }) => `${at} ${pin} ${value}\n`).join(""),
    );
    writeFileSync(join(folder, "broker.txt"), await this.ssh.run(`cat ${BROKER_LOG}`));
    const clips = await this.ssh.run(`tar -C ${CLIPS} -c . | base64 -w0`);
    writeFileSync(join(folder, "clips.tar"), Buffer.from(clips, "base64"));
  }
}
