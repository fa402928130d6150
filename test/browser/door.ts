import { appendFile, cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { decodeClipHead, decodeRecordLeaf } from "../../src/protocol/clip-file.ts";
import { LANES } from "../../src/protocol/clip-keys.ts";
import { LEAF_BYTES } from "../../src/protocol/fragment.ts";
import { Daemon } from "../fakes/daemon.ts";
import { doorward } from "../fakes/doorward-command.ts";
import { freePort } from "../fakes/free-port.ts";
import { until } from "./until.ts";

/** Longer than a glitch. */
const BETWEEN_PRESSES_MS = 20;
const APP = join(import.meta.dirname, "../../dist/app");

export interface DoorOptions {
  readonly undoWindow?: string;
  readonly postRoll?: string;
  /** Stands in for the camera. */
  readonly film?: string;
  /** An RTSP camera, which may come and go. */
  readonly cameraUrl?: string;
  readonly width?: number;
  readonly height?: number;
  /** Under which browsers open the app: over HTTPS, by the doorbell's own authority. None: plain HTTP at localhost. */
  readonly names?: readonly string[];
  /** Other origins that may hold the app. */
  readonly origins?: readonly string[];
  /** A broker elsewhere, as lines of `[broker]`; none: the doorbell's own. */
  readonly broker?: string;
  /** Address of a relay for live view; its secret is any. */
  readonly relay?: string;
  readonly clock?: "auto" | "trusted";
  /** Whether phones may ask to be woken; yes unless said. */
  readonly push?: boolean;
  /** Of the daemon's process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The real daemon with a simulated door, which serves a copy of the app. */
export class Door {
  readonly dir: string;
  /** Where the doorbell serves the app. */
  readonly url: string;
  readonly #environment: Readonly<Record<string, string>>;
  #daemon: Daemon;

  private constructor(dir: string, daemon: Daemon, url: string, environment: Readonly<Record<string, string>>) {
    this.dir = dir;
    this.#daemon = daemon;
    this.url = url;
    this.#environment = environment;
  }

  static async start({
    undoWindow = "5s",
    postRoll = "2s",
    film,
    cameraUrl,
    width = 320,
    height = 180,
    names = [],
    origins = [],
    broker,
    relay,
    clock = "trusted",
    push = true,
    environment = {},
  }: DoorOptions = {}): Promise<Door> {
    const dir = await mkdtemp(join(tmpdir(), "doorward-app-"));
    const [brokerPort, webPort] = [await freePort(), await freePort()];
    await cp(APP, join(dir, "app"), { recursive: true });
    const text = `
[device]
name = "Front door"
data_dir = "door"
clock = "${clock}"
[camera]
${film === undefined ? "" : `source = "file"\nfile = "${film}"`}
${cameraUrl === undefined ? "" : `source = "rtsp"\nurl = "${cameraUrl}"`}
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
${broker ?? `port = ${brokerPort}`}
[live]
speaker = "simulated"
${relay === undefined ? "" : `relays = ["${relay}"]\nrelay_secret = "relay-secret"`}
[push]
on = ${push}
private_servers = true
[web]
${names.length === 0 ? "" : `host = "0.0.0.0"`}
port = ${webPort}
names = ${JSON.stringify(names)}
origins = ${JSON.stringify(origins)}
app = "app"
[log]
level = "debug"
`;
    await writeFile(join(dir, "door.toml"), text);
    if (relay !== undefined) await writeFile(join(dir, "relay-secret"), "a secret of the test\n");
    const made = await doorward(["init", "--config", join(dir, "door.toml"), "--json"]);
    if (made.exit !== 0) throw new Error(made.err);
    const daemon = new Daemon(join(dir, "door.toml"), join(dir, "door"), { environment });
    await servesApp(daemon);
    const [name] = names;
    const url = name === undefined ? `http://localhost:${webPort}/` : `https://${name}:${webPort}/`;
    return new Door(dir, daemon, url, environment);
  }

  get daemon(): Daemon {
    return this.#daemon;
  }

  /** Text of a fresh pairing code, as `doorward pair` shows it. */
  async pairingCode(): Promise<string> {
    return String((await this.#daemon.ask({ op: "pair" })).text);
  }

  /** A finger presses the button, once that of the last ring has let go of it. */
  async ring(): Promise<void> {
    const isFree = async (): Promise<boolean> => (await this.#daemon.ask({ op: "level", pin: "bell" })).level === 0;
    await until(isFree);
    await sleep(BETWEEN_PRESSES_MS);
    await this.#daemon.ask({ op: "ring" });
  }

  /** Settles when the clip of this ring is sealed. */
  async ringAndSeal(): Promise<void> {
    const before = this.#daemon.heard("clip sealed").length;
    await this.ring();
    await this.#daemon.says("clip sealed", before + 1);
  }

  /** Names of all recordings, in hex. */
  async clips(): Promise<string[]> {
    const files = await readdir(join(this.dir, "door", "vault", "clips"));
    return files.filter((file) => file.endsWith(".clip")).map((file) => file.slice(0, -".clip".length));
  }

  /**
   * Flips a byte in the middle of a clip's piece of picture, as a failing card does: of its second one, after which there is a
   * third one always, also when the bell rings before the pre-roll is full.
   */
  async damageClip(piece = 2): Promise<void> {
    const folder = join(this.dir, "door", "vault", "clips");
    const [name = ""] = (await readdir(folder)).filter((file) => file.endsWith(".clip"));
    const bytes = await readFile(join(folder, name));
    let at = decodeClipHead(nodeCrypto, bytes).length;
    for (;;) {
      const { lane, index, length } = decodeRecordLeaf(bytes.subarray(at, at + LEAF_BYTES));
      at += LEAF_BYTES;
      if (lane === LANES.video && index === piece) {
        const middle = at + Math.floor(length / 2);
        bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
        break;
      }
      at += length;
    }
    await writeFile(join(folder, name), bytes);
  }

  /** Makes every clip's signature another one. */
  async breakClips(broken: boolean): Promise<void> {
    const folder = join(this.dir, "door", "vault", "clips");
    for (const name of (await readdir(folder)).filter((file) => file.endsWith(".clip"))) {
      const file = join(folder, name);
      if (!broken) {
        await rename(`${file}.whole`, file);
        continue;
      }
      const bytes = await readFile(file);
      await writeFile(`${file}.whole`, bytes);
      const at = bytes.lastIndexOf('"sig":"') + 20;
      bytes[at] = bytes[at] === 0x41 ? 0x42 : 0x41;
      await writeFile(file, bytes);
    }
  }

  /** Starts anew with one register whose log it copies. */
  async follow({
    url,
    key,
    witness,
  }: {
    readonly url: string;
    readonly key: string;
    readonly witness: string;
  }): Promise<void> {
    const file = join(this.dir, "door.toml");
    const text = `\n[registers]\nfollow = [{ url = "${url}", key = "${key}", witnesses = ["${witness}"], quorum = 1 }]\n`;
    await appendFile(file, text);
    await this.shutDown();
    await this.comeBack();
  }

  /** Ends the daemon; what it kept stays. */
  async shutDown(): Promise<void> {
    await this.#daemon.stop();
  }

  /** Ends the daemon as a power cut does. */
  async cutPower(): Promise<void> {
    this.#daemon.signal("SIGKILL");
    await this.#daemon.ended;
  }

  async comeBack(): Promise<void> {
    const environment = this.#environment;
    this.#daemon = new Daemon(join(this.dir, "door.toml"), join(this.dir, "door"), { environment });
    await servesApp(this.#daemon);
  }

  async stop(): Promise<void> {
    await this.#daemon.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** The doorbell is ready before its web server is. */
async function servesApp(daemon: Daemon): Promise<void> {
  await daemon.says("ready");
  while (typeof (await daemon.ask({ op: "status" })).app !== "string") await sleep(50);
}
