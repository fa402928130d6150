import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { createCard, type RecipientSecrets } from "../../src/recipient/card.ts";
import { deliveryCases, runDeliveryCase } from "../brokers/delivery-cases.ts";
import type { RunningBroker } from "../brokers/engine.ts";
import { mailbox } from "../brokers/mailbox.ts";
import { mosquitto } from "../brokers/mosquitto.ts";

/** Both are to pass the same tests; `npm run brokers` does the same with bridges and a cluster. */
describe.each([mailbox, mosquitto])("$name", ({ start, cannot }) => {
  let broker: RunningBroker;
  let reader: RecipientSecrets;
  let other: RecipientSecrets;

  beforeAll(async () => {
    const make = async () => (await createCard(nodeCrypto, { name: "R", url: "mqtt://x:1", ca: null })).secrets;
    reader = await make();
    other = await make();
    broker = await start([reader, other]);
  });
  afterAll(() => broker.stop());

  for (const deliveryCase of deliveryCases) {
    const run = () => runDeliveryCase(deliveryCase, { broker, reader, other });
    if (deliveryCase.name in cannot) {
      test(`cannot hold to this, as docs/mailbox.md says: ${deliveryCase.name}`, async () =>
        await expect(run()).rejects.toThrow());
    } else test(deliveryCase.name, run);
  }
});
