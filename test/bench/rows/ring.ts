import { writeFileSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connectAsync, type MqttClient } from "mqtt";
import { linkPorts } from "../../../src/cli/doorbell-session.ts";
import { Options } from "../../../src/cli/options.ts";
import { OwnerHome } from "../../../src/cli/owner-home.ts";
import { loadConfig } from "../../../src/device/config/load-config.ts";
import { Device } from "../../../src/device/device.ts";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { LinkClient } from "../../../src/owner/link-client.ts";
import { runToEnd, until } from "../child.ts";
import type { Measurement } from "../context.ts";
import { DOORWARD } from "../doorbell-peer.ts";
import { startMosquitto } from "../mosquitto.ts";
import { makeRow, type Pair, percentile, type RowDefinition } from "../row.ts";
import { doorScene } from "../scene.ts";

const definition: RowDefinition = {
  name: "ring to owner through Mosquitto, p99",
  unit: "ms",
  referenceName: "a bare mqtt.js publish of the same size and QoS",
  target: { of: "ratio", atMost: 2 },
};

const GLITCH_FILTER_MS = 5;
const SAMPLES_PER_PAIR = 200;
/** Longer than the debounce time. */
const BETWEEN_RINGS_MS = 150;
const PRESS_MS = 20;
const LOST_AFTER_MS = 5000;

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
[button]
glitch_filter = "${GLITCH_FILTER_MS}ms"
debounce = "60ms"
[broker]
url = "${broker}"
`;
}

/** One thing at a time: gives the moment at which the next of it arrives. */
export class Arrival {
  #resolve: ((atMs: number) => void) | null = null;

  arrived(): void {
    this.#resolve?.(performance.now());
    this.#resolve = null;
  }

  next(what: string): Promise<number> {
    const arrived = new Promise<number>((resolve) => {
      this.#resolve = resolve;
    });
    const lost = sleep(LOST_AFTER_MS, undefined, { ref: false }).then(() => {
      throw new Error(`${what} did not arrive within ${LOST_AFTER_MS / 1000} s`);
    });
    return Promise.race([arrived, lost]);
  }
}

export async function pairOwner(configFile: string, home: string): Promise<LinkClient> {
  await runToEnd("node", [DOORWARD, "owner", "init", "--home", home]);
  const window: unknown = JSON.parse(await runToEnd("node", [DOORWARD, "pair", "--json", "--config", configFile]));
  await runToEnd("node", [DOORWARD, "owner", "pair", (window as { text: string }).text, "--home", home]);
  const ownerHome = new OwnerHome({ options: new Options({ home }), environment: {} });
  return LinkClient.open(linkPorts(ownerHome, new AbortController().signal));
}

/** What a ring weighs on the wire. */
async function sizeOfRing(broker: string, ring: () => Promise<unknown>): Promise<number> {
  const listener = await connectAsync(broker);
  const sizes: number[] = [];
  listener.on("message", (_topic, payload) => void sizes.push(payload.length));
  await listener.subscribeAsync("#");
  await ring();
  await until("a ring was seen on the broker", 5000, () => sizes.length > 0);
  await listener.endAsync();
  return Math.min(...sizes);
}

/** The whole doorbell and its owner in this process, so that one clock sees both ends; the bare clients are here too. */
export const ring: Measurement = {
  rows: [definition.name],
  async measure({ pairs: count, workDir, say }) {
    const broker = await startMosquitto(join(workDir, "broker"));
    const { sub } = await doorScene();
    const data = join(workDir, "d");
    const configFile = join(workDir, "doorward.toml");
    writeFileSync(configFile, config(data, sub, broker));
    await runToEnd("node", [DOORWARD, "init", "--config", configFile, "--data", data]);
    const stopping = new AbortController();
    const device = new Device(await loadConfig(configFile), silentLog);
    let filteredAtMs = 0;
    device.notices.on("ringPressed", () => {
      filteredAtMs = performance.now(); // the first listener: the glitch filter has just ended
    });
    await device.start(stopping.signal);
    const owner = await pairOwner(configFile, join(workDir, "owner"));
    const rang = new Arrival();
    owner.onNotice(({ notice }) => {
      if (notice === "ring") rang.arrived();
    });
    const control = connectSocket(join(data, "control.sock"));
    control.resume();
    const ringOnce = async (): Promise<number> => {
      const arrival = rang.next("a ring");
      control.write(`${JSON.stringify({ op: "ring", ms: PRESS_MS })}\n`);
      return (await arrival) - filteredAtMs;
    };

    const [publisher, subscriber] = await Promise.all([connectAsync(broker), connectAsync(broker)]);
    const published = new Arrival();
    subscriber.on("message", () => published.arrived());
    await subscriber.subscribeAsync("bare", { qos: 1 });
    const payload = Buffer.alloc(await sizeOfRing(broker, ringOnce));
    const publishOnce = (client: MqttClient) => async (): Promise<number> => {
      const arrival = published.next("a bare publish");
      const startedMs = performance.now();
      client.publish("bare", payload, { qos: 1 });
      return (await arrival) - startedMs;
    };
    const publishBare = publishOnce(publisher);

    say(`${SAMPLES_PER_PAIR} rings and bare publishes of ${payload.length} bytes in turns, ${count} times`);
    const pairs: Pair[] = [];
    for (let i = 0; i < count; i += 1) {
      const ours: number[] = [];
      const bare: number[] = [];
      for (let sample = 0; sample < SAMPLES_PER_PAIR; sample += 1) {
        await sleep(BETWEEN_RINGS_MS / 2);
        ours.push(await ringOnce());
        await sleep(BETWEEN_RINGS_MS / 2);
        bare.push(await publishBare());
      }
      say(`median ${percentile(ours, 0.5).toFixed(2)} ms, bare ${percentile(bare, 0.5).toFixed(2)} ms`);
      pairs.push({ ours: percentile(ours, 0.99), reference: percentile(bare, 0.99) });
    }
    control.destroy();
    await Promise.all([publisher.endAsync(), subscriber.endAsync()]);
    await owner.close();
    stopping.abort();
    await device.stop();
    return [makeRow(definition, pairs, `after the ${GLITCH_FILTER_MS} ms glitch filter`)];
  },
};
