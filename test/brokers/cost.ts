import { setTimeout as sleep } from "node:timers/promises";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { inboxLogin, type RecipientSecrets } from "../../src/recipient/card.ts";
import { processCpuSeconds } from "../bench/process-tree.ts";
import { mqttClient } from "../fakes/inbox-connection.ts";
import type { RunningBroker } from "./engine.ts";

/** Fewer than any broker keeps waiting for one recipient. */
const UNDER_WAY = 32;

export interface Cost {
  /** Processor time of all the broker's processes, in microseconds, for each message that a recipient got. */
  readonly cpuUsPerDelivery: number;
  readonly deliveries: number;
}

/** One doorbell after another drops messages into the recipients' inboxes, QoS 1 both ways, a bounded number under way. */
export async function measureCost(
  broker: RunningBroker,
  recipients: readonly RecipientSecrets[],
  { messages, bytes }: { readonly messages: number; readonly bytes: number },
): Promise<Cost> {
  const arrived = { count: 0 };
  const readers = await Promise.all(
    recipients.map(async (secrets) => {
      const { username, password, topicFilter } = inboxLogin(nodeCrypto, secrets);
      const client = await mqttClient(broker.recipientUrl, { username, password }, () => {
        arrived.count += 1;
      });
      await client.subscribeAsync(topicFilter, { qos: 1 });
      return { client, inbox: username };
    }),
  );
  const sender = await mqttClient(broker.doorbellUrl);
  const payload = Buffer.alloc(bytes, 7);
  const cpuSeconds = (): number => broker.pids().reduce((sum, pid) => sum + processCpuSeconds(pid), 0);
  let next = 0;
  const drop = async (): Promise<void> => {
    while (next < messages) {
      const index = next;
      next += 1;
      const { inbox } = readers[index % readers.length] ?? { inbox: "" };
      await sender.publishAsync(`in/${inbox}/${index.toString(16).padStart(32, "0")}`, payload, { qos: 1 });
      await until(() => index - arrived.count <= UNDER_WAY);
    }
  };
  const before = cpuSeconds();
  await Promise.all(Array.from({ length: UNDER_WAY / 2 }, drop));
  await until(() => arrived.count >= messages);
  const spent = cpuSeconds() - before;
  await Promise.all([sender, ...readers.map(({ client }) => client)].map((client) => client.endAsync(true)));
  if (arrived.count !== messages) throw new Error(`${messages - arrived.count} of ${messages} messages did not arrive`);
  return { cpuUsPerDelivery: Math.round((spent * 1e6 * 10) / messages) / 10, deliveries: messages };
}

/** Gives up after ten seconds: the caller counts. */
async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; waited < 10_000 && !isSo(); waited += 1) await sleep(1);
}
