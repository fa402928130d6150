import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Daemon } from "../fakes/daemon.ts";
import { doorward } from "../fakes/doorward-command.ts";
import { freePort } from "../fakes/free-port.ts";
import { type AppHost, startAppHost } from "./app-host.ts";

export const APP = join(import.meta.dirname, "../../dist/app");

export interface DoorOptions {
  readonly undoWindow?: string;
  readonly postRoll?: string;
  readonly width?: number;
  readonly height?: number;
}

/** The real daemon with a simulated door, and the app in front of it. */
export class Door {
  readonly dir: string;
  readonly host: AppHost;
  #daemon: Daemon;

  private constructor(dir: string, daemon: Daemon, host: AppHost) {
    this.dir = dir;
    this.#daemon = daemon;
    this.host = host;
  }

  static async start({
    undoWindow = "5s",
    postRoll = "2s",
    width = 320,
    height = 180,
  }: DoorOptions = {}): Promise<Door> {
    const dir = await mkdtemp(join(tmpdir(), "doorward-app-"));
    const port = await freePort();
    const text = `
[device]
name = "Front door"
data_dir = "door"
clock = "trusted"
[camera]
width = ${width}
height = ${height}
frames_per_second = 10
[recording]
pre_roll = "2s"
post_roll = "${postRoll}"
[chime]
again_after = "0s"
[sharing]
undo_window = "${undoWindow}"
[broker]
port = ${port}
[log]
level = "debug"
`;
    await writeFile(join(dir, "door.toml"), text);
    const made = await doorward(["init", "--config", join(dir, "door.toml"), "--json"]);
    if (made.exit !== 0) throw new Error(made.err);
    const daemon = new Daemon(join(dir, "door.toml"), join(dir, "door"));
    await daemon.says("ready");
    const host = await startAppHost(APP, () => port);
    return new Door(dir, daemon, host);
  }

  get daemon(): Daemon {
    return this.#daemon;
  }

  /** Text of a fresh pairing code, as `doorward pair` shows it. */
  async pairingCode(): Promise<string> {
    return String((await this.#daemon.ask({ op: "pair" })).text);
  }

  /** Settles when the clip of this ring is sealed. */
  async ringAndSeal(): Promise<void> {
    const before = this.#daemon.heard("clip sealed").length;
    await this.#daemon.ask({ op: "ring" });
    await this.#daemon.says("clip sealed", before + 1);
  }

  async restart(): Promise<void> {
    await this.#daemon.stop();
    this.#daemon = new Daemon(join(this.dir, "door.toml"), join(this.dir, "door"));
    await this.#daemon.says("ready");
  }

  async stop(): Promise<void> {
    await this.host.stop();
    await this.#daemon.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}
