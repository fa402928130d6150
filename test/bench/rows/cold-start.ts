import { join } from "node:path";
import { runToEnd } from "../child.ts";
import type { Measurement } from "../context.ts";
import { DoorbellPeer } from "../doorbell-peer.ts";
import { PublishedCamera } from "../published-camera.ts";
import { makeRow, type Pair, type RowDefinition } from "../row.ts";
import { doorScene } from "../scene.ts";

const definition: RowDefinition = {
  name: "cold start to ready",
  unit: "CPU s",
  referenceName: "an empty Node.js to its first line",
  target: { of: "ratio", atMost: 3 },
};

async function emptyNode(): Promise<number> {
  const program = "const { user, system } = process.cpuUsage(); process.stdout.write(String((user + system) / 1e6))";
  return Number(await runToEnd("node", ["-e", program]));
}

/** CPU of the daemon's own process, threads included; its ffmpeg is not start-up. */
export const coldStart: Measurement = {
  rows: [definition.name],
  async measure({ pairs: count, workDir }) {
    const { main, sub } = await doorScene();
    const camera = new PublishedCamera();
    await camera.start({ "/main": main, "/sub": sub });
    const doorbell = new DoorbellPeer(join(workDir, "a"));
    const pairs: Pair[] = [];
    for (let i = 0; i <= count; i += 1) {
      const empty = await emptyNode();
      await doorbell.start({ main: camera.url("/main"), sub: null });
      const ours = doorbell.cpuSecondsToReady;
      await doorbell.stop();
      if (i > 0) pairs.push({ ours, reference: empty }); // the first start made keys and paired
    }
    await camera.stop();
    return [makeRow(definition, pairs)];
  },
};
