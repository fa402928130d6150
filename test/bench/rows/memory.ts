import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Measurement } from "../context.ts";
import { DoorbellPeer } from "../doorbell-peer.ts";
import { MotionPeer } from "../motion-peer.ts";
import { residentMiB, treePssMiB } from "../process-tree.ts";
import { PublishedCamera } from "../published-camera.ts";
import { makeRow, type RowDefinition } from "../row.ts";
import { doorScene, VISIT } from "../scene.ts";

const referenceName = "motion 4.5, the same work in clear";
const resident: RowDefinition = {
  name: "memory of the daemon (RSS)",
  unit: "MiB",
  referenceName,
  target: { of: "ratio", atMost: 1.4 },
};
const proportional: RowDefinition = {
  name: "memory of all processes (PSS)",
  unit: "MiB",
  referenceName,
  target: { of: "ratio", atMost: 2 },
};

interface Memory {
  readonly resident: number;
  readonly proportional: number;
}

/** A whole cycle of the scene, so that a visit has been seen and recorded, and some seconds to calm down. */
const SETTLE_SECONDS = VISIT.cycleSeconds + 5;

async function measureAlone(peer: { readonly pid: number; stop(): Promise<void> }): Promise<Memory> {
  await sleep(SETTLE_SECONDS * 1000);
  const memory = { resident: residentMiB(peer.pid), proportional: treePssMiB(peer.pid) };
  await peer.stop();
  return memory;
}

/** Each alone, in turns, since running side by side would share pages. */
export const memory: Measurement = {
  rows: [resident.name, proportional.name],
  async measure({ pairs: count, workDir, say }) {
    const films = await doorScene();
    const camera = new PublishedCamera();
    await camera.start({ "/main": films.main, "/sub": films.sub });
    const main = camera.url("/main");
    const sub = camera.url("/sub");
    const pairs: { ours: Memory; reference: Memory }[] = [];
    for (let i = 0; i < count; i += 1) {
      say(`pair ${i + 1} of ${count}`);
      const motion = new MotionPeer(join(workDir, "m"));
      await motion.start({ main, sub });
      const reference = await measureAlone(motion);
      const doorbell = new DoorbellPeer(join(workDir, "b"));
      await doorbell.start({ main, sub });
      pairs.push({ ours: await measureAlone(doorbell), reference });
    }
    await camera.stop();
    const of = (name: keyof Memory) =>
      pairs.map(({ ours, reference }) => ({ ours: ours[name], reference: reference[name] }));
    return [makeRow(resident, of("resident")), makeRow(proportional, of("proportional"))];
  },
};
