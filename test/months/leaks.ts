import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { httpGet } from "../../src/device/mirror/http-get.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import { inboxLogin } from "../../src/recipient/card.ts";
import { mqttClient } from "../fakes/inbox-connection.ts";
import type { LeakPlace, PlantedLeak } from "./world.ts";

const FOREVER = (): AbortSignal => AbortSignal.timeout(30_000);
const registerUrl = ({ services }: LeakPlace): string => `http://127.0.0.1:${services.begun.ports.register}`;
const brokerUrl = ({ services }: LeakPlace): string => `mqtt://127.0.0.1:${services.begun.ports.mailbox}`;

async function publish(place: LeakPlace, topic: string, text: string, retain = false): Promise<void> {
  const client = await mqttClient(brokerUrl(place), { clientId: "c0ffee", keepalive: 0 });
  await Promise.race([
    client.publishAsync(topic, text, { qos: 1, retain }),
    new Promise<void>((resolve) => client.once("close", () => resolve())),
  ]);
  await client.endAsync(true);
}

const inboxOf = ({ services }: LeakPlace): string => inboxLogin(nodeCrypto, services.begun.secrets).username;

/** Each is how a silence has been told, or could be: by mistake, for a dashboard, or out of helpfulness. */
export const leaks: readonly PlantedLeak[] = [
  {
    name: "a read receipt",
    silence: "looked-then-nothing",
    act: (place) => publish(place, `in/${inboxOf(place)}/${"5".repeat(32)}`, "seen"),
  },
  {
    name: "a per-home fetch",
    silence: "looked-then-nothing",
    act: async (place) => {
      await httpGet(`${registerUrl(place)}/tile/0/000.p/4`, 1 << 20, FOREVER());
    },
  },
  {
    name: "a counter",
    silence: "hidden",
    act: ({ home }) => writeFileSync(join(home.deviceDir, "counters.json"), '{"hidden":1}'),
  },
  {
    name: "a log line",
    silence: "looked-then-nothing",
    act: ({ home }) => void home.log.push("info request looked at {}"),
  },
  {
    name: "a row kept after undo",
    silence: "signed-then-undone",
    act: ({ home }) => {
      const db = new Database(join(home.deviceDir, "ledger.db"));
      db.exec("CREATE TABLE IF NOT EXISTS undone (token BLOB); INSERT INTO undone VALUES (randomblob(16))");
      db.close();
    },
  },
  {
    name: "a metric",
    silence: "looked-then-nothing",
    act: async (place) => {
      await fetch(`${registerUrl(place)}/metrics/looked`, { method: "POST", body: "1" });
    },
  },
  {
    name: "an unread mark",
    silence: "looked-then-nothing",
    act: ({ phone }) => appendFileSync(join(phone.dir, "read.json"), toHex(new Uint8Array(32))),
  },
  {
    name: "a retained message",
    silence: "hidden",
    act: (place) => publish(place, `rc/${"6".repeat(32)}`, "hidden", true),
  },
  { name: "a timing tell of the daemon", silence: "looked-then-nothing", clockBehindMs: 120_000 },
];
