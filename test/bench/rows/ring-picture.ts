import { writeFileSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadConfig } from "../../../src/device/config/load-config.ts";
import { Device } from "../../../src/device/device.ts";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { runToEnd, until } from "../child.ts";
import type { Measurement } from "../context.ts";
import { DOORWARD } from "../doorbell-peer.ts";
import { startMosquitto } from "../mosquitto.ts";
import { makeRow, type Pair, percentile, type RowDefinition } from "../row.ts";
import { doorScene } from "../scene.ts";
import { Arrival, pairOwner } from "./ring.ts";

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

function config(data: string, film: string, broker: string): string {
  return `
[device]
data_dir = "${data}"
clock = "trusted"
[camera]
source = "file"
file = "${film}"
[sound]
source = "off"
[motion]
mode = "off"
[recording]
pre_roll = "${PRE_ROLL_MS}ms"
post_roll = "2s"
[broker]
url = "${broker}"
`;
}

/** A phone in this process, so that one clock sees both ends. Each ring begins a clip of its own. */
export const ringPicture: Measurement = {
  rows: [notice.name, picture.name],
  async measure({ pairs: count, workDir, say }) {
    const broker = await startMosquitto(join(workDir, "broker"));
    const { main } = await doorScene();
    const data = join(workDir, "d");
    const configFile = join(workDir, "doorward.toml");
    writeFileSync(configFile, config(data, main, broker));
    await runToEnd("node", [DOORWARD, "init", "--config", configFile, "--data", data]);
    const stopping = new AbortController();
    const device = new Device(await loadConfig(configFile), silentLog);
    let sealed = 0;
    device.notices.on("clipSealed", () => {
      sealed += 1;
    });
    await device.start(stopping.signal);
    const owner = await pairOwner(configFile, join(workDir, "owner"));
    const [rang, seen] = [new Arrival(), new Arrival()];
    owner.onNotice(({ notice: name }) => {
      if (name === "ring") rang.arrived();
      if (name === "ring-snapshot") seen.arrived();
    });
    const control = connectSocket(join(data, "control.sock"));
    control.resume();
    const pairs: Pair[] = [];
    for (let i = 0; i < count; i += 1) {
      say(`pair ${i + 1} of ${count}: ${RINGS_PER_PAIR} rings`);
      const [notices, pictures]: [number[], number[]] = [[], []];
      for (let ring = 0; ring < RINGS_PER_PAIR; ring += 1) {
        await sleep(PRE_ROLL_MS + ring * 70); // at ever other moments between two key frames
        const before = sealed;
        const arrivals = Promise.all([rang.next("a ring"), seen.next("its picture")]);
        const pressedMs = performance.now();
        control.write(`${JSON.stringify({ op: "ring", ms: PRESS_MS })}\n`);
        const [rangMs, seenMs] = await arrivals;
        notices.push(rangMs - pressedMs);
        pictures.push(seenMs - pressedMs);
        await until("the clip is sealed", 30_000, () => sealed > before);
      }
      pairs.push({ ours: percentile(notices, 0.99), reference: percentile(pictures, 0.99) });
      say(`median ${percentile(notices, 0.5).toFixed(0)} ms, picture ${percentile(pictures, 0.5).toFixed(0)} ms`);
    }
    control.destroy();
    await owner.close();
    stopping.abort();
    await device.stop();
    return [
      makeRow(notice, pairs, "with the glitch filter"),
      makeRow(
        picture,
        pairs.map(({ ours, reference }) => ({ ours: reference, reference: ours })),
      ),
    ];
  },
};
