import { join } from "node:path";
import { build } from "esbuild";
import { recorderDefaults } from "../../src/device/recorder/recorder-config.ts";
import { liveSocketPath } from "../../src/device/recorder/runtime-dir.ts";
import { Child, until } from "./child.ts";
import { SCENES } from "./scene.ts";

const SOURCE = join(process.cwd(), "test/bench/recorder-alone.ts");
const PROGRAM = join(SCENES, "recorder-alone.mjs");

/** The recorder without anything else in its process, so that what a viewer costs it can be told. */
export class RecorderPeer {
  readonly liveSocketPath: string;
  readonly #child: Child;

  private constructor(child: Child, runtimeDir: string) {
    this.#child = child;
    this.liveSocketPath = liveSocketPath({ ...recorderDefaults, runtimeDir });
  }

  static async start(runtimeDir: string): Promise<RecorderPeer> {
    const options = { bundle: true, platform: "node", format: "esm", packages: "external" } as const;
    await build({ ...options, entryPoints: [SOURCE], outfile: PROGRAM });
    const child = new Child(process.execPath, [PROGRAM, runtimeDir], { stdio: ["pipe", "pipe", "pipe"] });
    await until("the recorder has pictures", 30_000, () => child.output.includes("ready"));
    return new RecorderPeer(child, runtimeDir);
  }

  get pid(): number {
    return this.#child.pid;
  }

  async stop(): Promise<void> {
    this.#child.process.stdin?.end();
    await this.#child.ended();
  }
}
