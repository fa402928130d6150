import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Child, runToEnd } from "./child.ts";
import { SCENES } from "./scene.ts";

const PACKAGE = "node-datachannel@0.33.4";
const FORWARDER = join(process.cwd(), "test/bench/datachannel-forwarder.mjs");

/** Installed for the benchmark alone, once, with the binary that its publisher built for this machine. */
async function installOnce(): Promise<string> {
  const folder = join(SCENES, "node-datachannel");
  if (existsSync(join(folder, "node_modules/node-datachannel"))) return folder;
  mkdirSync(folder, { recursive: true });
  const manners = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error"];
  await runToEnd("npm", ["install", "--prefix", folder, ...manners, PACKAGE]);
  return folder;
}

/** The same camera's stream, forwarded by node-datachannel. */
export class DatachannelPeer {
  readonly #child: Child;
  readonly #offer: Promise<string>;

  private constructor(child: Child) {
    this.#child = child;
    this.#offer = firstLine(child);
    this.#offer.catch(() => {}); // nobody may be waiting any more
  }

  static async start(streamSocket: string, { sound }: { readonly sound: boolean }): Promise<DatachannelPeer> {
    const args = [FORWARDER, await installOnce(), streamSocket, sound ? "sound" : "silent"];
    return new DatachannelPeer(new Child(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] }));
  }

  get pid(): number {
    return this.#child.pid;
  }

  async offer(): Promise<string> {
    return (JSON.parse(await this.#offer) as { readonly sdp: string }).sdp;
  }

  accept(sdp: string): void {
    this.#child.process.stdin?.write(`${JSON.stringify({ type: "answer", sdp })}\n`);
  }

  async close(): Promise<void> {
    await this.#child.stop();
  }
}

async function firstLine(child: Child): Promise<string> {
  const { stdout } = child.process;
  if (stdout !== null) for await (const line of createInterface({ input: stdout })) return line;
  throw new Error(`node-datachannel gave no offer: ${child.output}`);
}
