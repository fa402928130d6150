import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../child.ts";
import type { Measurement } from "../context.ts";
import { Arrival, startInProcess } from "../doorbell-in-process.ts";
import { makeRow, type Pair, percentile, type RowDefinition } from "../row.ts";
import { doorScene } from "../scene.ts";

const notice: RowDefinition = {
  name: "ring at the phone after the button, p99",
  unit: "ms",
  referenceName: "its sealed picture",
  target: { of: "ours", atMost: 250 },
};
const picture: RowDefinition = {
  name: "sealed picture of who rang, at the phone after the button, p99",
  unit: "ms",
  referenceName: "the ring itself",
  target: { of: "ours", atMost: 250 },
};

const RINGS_PER_PAIR = 15;
const PRESS_MS = 60;
const PRE_ROLL_MS = 2000;

const SETTINGS = `
[recording]
pre_roll = "${PRE_ROLL_MS}ms"
post_roll = "2s"
`;

/** Each ring begins a clip of its own. */
export const ringPicture: Measurement = {
  rows: [notice.name, picture.name],
  async measure({ pairs: count, workDir, say }) {
    const { main } = await doorScene();
    let sealed = 0;
    const doorbell = await startInProcess(workDir, main, SETTINGS, (notices) => {
      notices.on("clipSealed", () => {
        sealed += 1;
      });
    });
    const [rang, seen] = [new Arrival(), new Arrival()];
    doorbell.owner.onNotice(({ notice: name }) => {
      if (name === "ring") rang.arrived();
      if (name === "ring-snapshot") seen.arrived();
    });
    const pairs: Pair[] = [];
    for (let i = 0; i < count; i += 1) {
      say(`pair ${i + 1} of ${count}: ${RINGS_PER_PAIR} rings`);
      const [notices, pictures]: [number[], number[]] = [[], []];
      for (let ring = 0; ring < RINGS_PER_PAIR; ring += 1) {
        await sleep(PRE_ROLL_MS + ring * 70); // at ever other moments between two key frames
        const before = sealed;
        const arrivals = Promise.all([rang.next("a ring"), seen.next("its picture")]);
        const pressedMs = performance.now();
        doorbell.ring(PRESS_MS);
        const [rangMs, seenMs] = await arrivals;
        notices.push(rangMs - pressedMs);
        pictures.push(seenMs - pressedMs);
        await until("the clip is sealed", 30_000, () => sealed > before);
      }
      pairs.push({ ours: percentile(notices, 0.99), reference: percentile(pictures, 0.99) });
      say(`median ${percentile(notices, 0.5).toFixed(0)} ms, picture ${percentile(pictures, 0.5).toFixed(0)} ms`);
    }
    await doorbell.stop();
    return [
      makeRow(notice, pairs, "with the glitch filter"),
      makeRow(
        picture,
        pairs.map(({ ours, reference }) => ({ ours: reference, reference: ours })),
      ),
    ];
  },
};
