/**
 * `npm run brokers -- [--json] [--only PART-OF-A-NAME] [--messages N]`: what a delivery broker has to do, against each engine
 * that could carry a country: one table of what holds, what an engine's configuration cannot express, and what a
 * delivery costs.
 */
import { parseArgs } from "node:util";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { startMailbox } from "../../src/mailbox/mailbox.ts";
import { createCard, type RecipientSecrets } from "../../src/recipient/card.ts";
import { freePort } from "../fakes/free-port.ts";
import { BrokerProcess } from "./broker-process.ts";
import { measureCost } from "./cost.ts";
import { deliveryCases, runDeliveryCase } from "./delivery-cases.ts";
import { ejabberdCluster } from "./ejabberd.ts";
import type { Engine, RunningBroker } from "./engine.ts";
import { bridgedMosquittos, mosquitto } from "./mosquitto.ts";

const COST_RECIPIENTS = 8;
const SMALL_BYTES = 1024;
/** A sealed chunk of a share, nearly. */
const CHUNK_BYTES = 128 * 1024;
const CHUNKS = 1_000;

interface CaseResult {
  readonly name: string;
  /** `impossible`: fails, and the engine's configuration cannot express it. */
  readonly result: "holds" | "impossible" | "fails";
  readonly why?: string;
}

interface BrokerResult {
  readonly name: string;
  readonly ok: boolean;
  readonly cases: readonly CaseResult[];
  /** For a message of 1 KiB. */
  readonly cpuUsPerDelivery: number | null;
  readonly cpuUsPerChunk: number | null;
  readonly failure?: string;
}

const { values } = parseArgs({
  options: {
    json: { type: "boolean" },
    help: { type: "boolean" },
    only: { type: "string" },
    messages: { type: "string" },
    "serve-mailbox": { type: "string" },
  },
});

/** In a process of its own, as the others are, so that its processor time can be told from ours. */
const mailboxProcess: Engine = {
  name: "the mailbox (doorward mailbox serve)",
  cannot: {},
  async start() {
    const port = await freePort();
    const args = [process.argv[1] ?? "", "--serve-mailbox", String(port)];
    const server = new BrokerProcess({ program: process.execPath, args, port });
    await server.start();
    const url = `mqtt://127.0.0.1:${port}`;
    return {
      doorbellUrl: url,
      recipientUrl: url,
      pids: () => [server.pid],
      async crash() {
        await server.kill();
        await server.start();
      },
      stop: () => server.stop(),
    };
  },
};

const engines: readonly Engine[] = [mailboxProcess, mosquitto, bridgedMosquittos, ejabberdCluster];
const say = (text: string): void => void process.stderr.write(`brokers: ${text}\n`);
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";

async function runCases(
  { name, cannot }: Engine,
  broker: RunningBroker,
  [reader, other]: readonly [RecipientSecrets, RecipientSecrets],
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const deliveryCase of deliveryCases) {
    const impossible = cannot[deliveryCase.name];
    const failure = await runDeliveryCase(deliveryCase, { broker, reader, other }).then(() => null, reasonOf);
    results.push(judge(deliveryCase.name, failure, impossible));
    say(
      `${name}: ${deliveryCase.name}: ${results.at(-1)?.result}${failure === null ? "" : ` (${impossible ?? failure})`}`,
    );
  }
  return results;
}

/** What is said to be impossible has to fail, or the documentation is wrong. */
function judge(name: string, failure: string | null, impossible: string | undefined): CaseResult {
  if (impossible === undefined)
    return failure === null ? { name, result: "holds" } : { name, result: "fails", why: failure };
  if (failure !== null) return { name, result: "impossible", why: impossible };
  return { name, result: "fails", why: "it holds, against what is said of this engine" };
}

async function examine(engine: Engine, messages: number): Promise<BrokerResult> {
  const make = async () => (await createCard(nodeCrypto, { name: "R", url: "mqtt://x:1", ca: null })).secrets;
  const [reader, other] = [await make(), await make()] as const;
  const further = await Promise.all(Array.from({ length: COST_RECIPIENTS }, make));
  let broker: RunningBroker | null = null;
  let cases: readonly CaseResult[] = [];
  try {
    broker = await engine.start([reader, other, ...further]);
    cases = await runCases(engine, broker, [reader, other]);
    say(`${engine.name}: measuring what a delivery costs`);
    const { cpuUsPerDelivery } = await measureCost(broker, further, { messages, bytes: SMALL_BYTES });
    const chunks = await measureCost(broker, further, { messages: CHUNKS, bytes: CHUNK_BYTES });
    const ok = cases.every(({ result }) => result !== "fails");
    return { name: engine.name, ok, cases, cpuUsPerDelivery, cpuUsPerChunk: chunks.cpuUsPerDelivery };
  } catch (error) {
    const failure = reasonOf(error);
    say(`${engine.name}: ${failure}`);
    return { name: engine.name, ok: false, cases, cpuUsPerDelivery: null, cpuUsPerChunk: null, failure };
  } finally {
    await broker?.stop();
  }
}

function table(results: readonly BrokerResult[]): string {
  const rows = [
    ["", ...results.map(({ name }) => name)],
    ["---", ...results.map(() => "---")],
    ...deliveryCases.map(({ name }) => [
      name,
      ...results.map(({ cases }) => cases.find((one) => one.name === name)?.result ?? "not run"),
    ]),
    ["µs CPU for each message of 1 KiB", ...results.map(({ cpuUsPerDelivery }) => String(cpuUsPerDelivery ?? "–"))],
    ["µs CPU for each chunk of 128 KiB", ...results.map(({ cpuUsPerChunk }) => String(cpuUsPerChunk ?? "–"))],
  ];
  const reasons = results.flatMap(({ name, cases, failure }) => [
    ...cases.flatMap((one) => (one.why === undefined ? [] : [`- ${name}, "${one.name}": ${one.why}.`])),
    ...(failure === undefined ? [] : [`- ${name}: ${failure}.`]),
  ]);
  return [...rows.map((cells) => `| ${cells.join(" | ")} |`), "", ...reasons].join("\n");
}

async function main(): Promise<number> {
  if (values["serve-mailbox"] !== undefined) {
    const { stop } = await startMailbox({ host: "127.0.0.1", port: Number(values["serve-mailbox"]) });
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop());
    return 0;
  }
  const messages = Number(values.messages ?? "20000");
  const only = values.only?.toLowerCase() ?? "";
  const chosen = engines.filter(({ name }) => name.toLowerCase().includes(only));
  if (values.help === true || !Number.isSafeInteger(messages) || messages < 1 || chosen.length === 0) {
    process.stderr.write(
      `npm run brokers -- [--json] [--only PART-OF-A-NAME] [--messages N]\n${engines.map(({ name }) => `  ${name}`).join("\n")}\n`,
    );
    return values.help === true ? 0 : 2;
  }
  const results: BrokerResult[] = [];
  for (const engine of chosen) results.push(await examine(engine, messages));
  const ok = results.every((result) => result.ok);
  process.stdout.write(
    `${values.json === true ? JSON.stringify({ ok, brokers: results }, null, 2) : table(results)}\n`,
  );
  return ok ? 0 : 1;
}

process.exitCode = await main();
