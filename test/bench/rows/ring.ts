import { setTimeout as sleep } from "node:timers/promises";
import { connectAsync, type MqttClient } from "mqtt";
import { until } from "../child.ts";
import type { Measurement } from "../context.ts";
import { Arrival, startInProcess } from "../doorbell-in-process.ts";
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

const SETTINGS = `
[button]
glitch_filter = "${GLITCH_FILTER_MS}ms"
debounce = "60ms"
`;

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

/** The bare clients are in this process too. */
export const ring: Measurement = {
  rows: [definition.name],
  async measure({ pairs: count, workDir, say }) {
    const { sub } = await doorScene();
    let filteredAtMs = 0;
    const doorbell = await startInProcess(workDir, sub, SETTINGS, (notices) => {
      notices.on("ringPressed", () => {
        filteredAtMs = performance.now(); // the first listener: the glitch filter has just ended
      });
    });
    const { broker, owner } = doorbell;
    const rang = new Arrival();
    owner.onNotice(({ notice }) => {
      if (notice === "ring") rang.arrived();
    });
    const ringOnce = async (): Promise<number> => {
      const arrival = rang.next("a ring");
      doorbell.ring(PRESS_MS);
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
    await Promise.all([publisher.endAsync(), subscriber.endAsync()]);
    await doorbell.stop();
    return [makeRow(definition, pairs, `after the ${GLITCH_FILTER_MS} ms glitch filter`)];
  },
};
