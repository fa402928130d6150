import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { processesWith, scratch, until, useScratch } from "./recorder-rig.ts";

useScratch();

test("an ffmpeg whose daemon was killed ends by itself, and the next daemon starts in the same folder", async () => {
  const host = join(import.meta.dirname, "../../../.cache/contract/recorder-host.js");
  const options = { bundle: true, platform: "node", format: "esm", packages: "external" } as const;
  await build({ ...options, entryPoints: [join(import.meta.dirname, "recorder-host.ts")], outfile: host });
  const runtimeDir = scratch("killed");
  for (let i = 0; i < 2; i++) {
    const daemon = spawn(process.execPath, [host, runtimeDir], { stdio: ["ignore", "pipe", "inherit"] });
    await once(daemon.stdout, "data");
    expect(await processesWith(`unix:${runtimeDir}`)).toHaveLength(1);
    daemon.kill("SIGKILL");
    await once(daemon, "exit");
    await until(async () => (await processesWith(`unix:${runtimeDir}`)).length === 0);
  }
});
