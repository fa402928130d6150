import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { ENVIRONMENT, NODE_FLAGS } from "./as-packaged.ts";
import { Child, runToEnd, until } from "./child.ts";
import { commandLine, processCpuSeconds, processTree } from "./process-tree.ts";

export const DOORWARD = join(process.cwd(), "dist/program/doorward.cjs");

export interface DoorbellCamera {
  readonly main: string;
  /** Null: only the PIR decides, and nothing is decoded. */
  readonly sub: string | null;
}

/** Where the socket's path stays short enough. */
export function doorbellConfig(dir: string, camera: DoorbellCamera): string {
  return `
[device]
data_dir = "${dir}"
clock = "trusted"
[camera]
source = "rtsp"
url = "${camera.main}"
${camera.sub === null ? "" : `sub_url = "${camera.sub}"`}
[sound]
source = "off"
[recording]
post_roll = "10s"
[motion]
mode = "${camera.sub === null ? "pir" : "pixels"}"
[broker]
port = 0
`;
}

/** The daemon as people run it, with a paired owner, so that it records. */
export class DoorbellPeer {
  readonly #dir: string;
  #child: Child | undefined;
  #cpuSecondsToReady = Number.NaN;
  constructor(dir: string) {
    this.#dir = dir;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get configFile(): string {
    return join(this.#dir, "doorward.toml");
  }

  async start(camera: DoorbellCamera): Promise<void> {
    const data = join(this.#dir, "d");
    mkdirSync(data, { recursive: true });
    writeFileSync(this.configFile, doorbellConfig(data, camera));
    const isNew = !existsSync(join(data, "device.key"));
    if (isNew) await runToEnd("node", [DOORWARD, "init", "--config", this.configFile, "--data", data]);
    const env = { ...process.env, ...ENVIRONMENT };
    const child = new Child("node", [...NODE_FLAGS, DOORWARD, "run", "--config", this.configFile], { env });
    this.#child = child;
    this.#cpuSecondsToReady = Number.NaN;
    // Read as the line arrives: what comes after it, the web server for phones, is not start-up.
    child.onOutput(() => {
      if (Number.isNaN(this.#cpuSecondsToReady) && isReady(child)) {
        this.#cpuSecondsToReady = processCpuSeconds(child.pid);
      }
    });
    await until("the daemon is ready", 30_000, () => {
      if (child.hasEnded) throw new Error(`the daemon ended: ${child.output}`);
      return isReady(child);
    });
    if (isNew) await this.#pair();
    await until("ffmpeg reads the camera", 30_000, () => this.ffmpegArguments() !== null);
  }

  /** Of the daemon's own process. */
  get cpuSecondsToReady(): number {
    return this.#cpuSecondsToReady;
  }

  /** A simulated sensor or button; the answer comes at once. */
  simulate(op: "ring" | "motion", ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect(join(this.#dir, "d/control.sock"), () => socket.write(`${JSON.stringify({ op, ms })}\n`));
      socket.once("data", () => {
        socket.destroy();
        resolve();
      });
      socket.once("error", reject);
    });
  }

  ffmpegArguments(): readonly string[] | null {
    for (const { pid } of processTree(this.pid)) {
      try {
        const words = commandLine(pid);
        if (/(^|\/)ffmpeg$/.test(words[0] ?? "") && words.some((word) => word.includes("unix:"))) return words.slice(1);
      } catch {
        // it ended in between
      }
    }
    return null;
  }

  /** Counted on the card: the log says nothing of visits. */
  clips(): number {
    return readdirSync(join(this.#dir, "d/vault/clips")).filter((name) => name.endsWith(".clip")).length;
  }

  get output(): string {
    return this.#child?.output ?? "";
  }

  async stop(): Promise<void> {
    await this.#child?.stop();
  }

  async #pair(): Promise<void> {
    const home = join(this.#dir, "owner");
    await runToEnd("node", [DOORWARD, "owner", "init", "--home", home]);
    const window: unknown = JSON.parse(
      await runToEnd("node", [DOORWARD, "pair", "--json", "--config", this.configFile]),
    );
    const { text } = window as { text: string };
    await runToEnd("node", [DOORWARD, "owner", "pair", text, "--home", home]);
  }
}

function isReady(child: Child): boolean {
  return child.output.includes('"ready"');
}
