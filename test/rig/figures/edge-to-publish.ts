import type { PinName } from "../harness.ts";
import { Mail } from "../mail.ts";
import type { Stand } from "../stand.ts";
import { percentile } from "./percentile.ts";
import { PublishedEdges } from "./published-edges.ts";

const PAIRS = 100;
/** The configured `button.glitch_filter`: a press counts from its end. */
const GLITCH_FILTER_MS = 5;
const PRESS_MS = 100;
/** The picture of who rang follows the ring. */
const AFTER_RING_MS = 1000;
const AFTER_EDGE_MS = 300;
const HEARD_WITHIN_MS = 30_000;

export interface Quantiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface EdgeToPublish {
  readonly ours: Quantiles;
  readonly reference: Quantiles;
  /** Of the p99s. */
  readonly ratio: number;
}

/**
 * From an edge of the bell's pin to what a subscriber gets, over the same from another pin through
 * `gpiomon | mosquitto_pub -l`; by turns, at one broker, by one clock, while one long clip is being recorded and sealed.
 */
export async function edgeToPublish(stand: Stand): Promise<EdgeToPublish> {
  await stand.configure({ "recording.longest": '"10min"' });
  const mail = await Mail.of(stand.ssh);
  const edges = await PublishedEdges.of(stand.ssh, "spare");
  try {
    const [ours, theirs]: [number[], number[]] = [[], []];
    await stand.pins.pulses("bell", PRESS_MS); // opens the clip
    await stand.pins.wait(10_000);
    const ringBytes = mail.smallestBytes;
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const isRing = ({ topic, bytes }: { topic: string; bytes: number }): boolean =>
        topic !== edges.topic && bytes === ringBytes;
      ours.push((await pressed(stand, mail, "bell", isRing)) - GLITCH_FILTER_MS);
      await stand.pins.wait(AFTER_RING_MS);
      theirs.push(await pressed(stand, mail, "spare", ({ topic }) => topic === edges.topic));
      await stand.pins.wait(AFTER_EDGE_MS);
    }
    const [a, b] = [quantiles(ours), quantiles(theirs)];
    return { ours: a, reference: b, ratio: Number((a.p99Ms / b.p99Ms).toFixed(2)) };
  } finally {
    await edges.stop();
    mail.stop();
    await stand.configure({ "recording.longest": '"20s"' });
  }
}

/** @returns Milliseconds from the edge to the first such message. */
async function pressed(stand: Stand, mail: Mail, pin: PinName, isIt: Parameters<Mail["first"]>[1]): Promise<number> {
  const at = await stand.pins.pulses(pin, PRESS_MS);
  return ((await mail.first(at, isIt, HEARD_WITHIN_MS)) - at) * 1000;
}

function quantiles(values: readonly number[]): Quantiles {
  const rounded = (ms: number): number => Number(ms.toFixed(1));
  return { p50Ms: rounded(percentile(values, 0.5)), p99Ms: rounded(percentile(values, 0.99)) };
}
