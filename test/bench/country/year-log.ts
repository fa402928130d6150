import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { encodeVerifierKey } from "../../../src/protocol/tlog/note.ts";
import { type CountryYearOptions, countryYear } from "../../fakes/country-year.ts";
import { MemoryLog } from "../../fakes/memory-log.ts";
import type { YearToFollow } from "./follow-year.ts";

const BATCH = 1_024;
const DAY_SECONDS = 86_400;

export interface YearLog {
  readonly log: MemoryLog;
  readonly year: YearToFollow;
  readonly bytes: number;
}

/** A whole log with its checkpoint, cosigned at the end of the year. */
export async function makeYearLog(options: CountryYearOptions): Promise<YearLog> {
  const log = new MemoryLog(nodeCrypto, { origin: options.register, witnesses: 1 });
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for await (const leaf of countryYear(options)) {
    batch.push(leaf);
    bytes += leaf.length;
    if (batch.length < BATCH) continue;
    log.grow(batch);
    batch = [];
  }
  log.grow(batch);
  const nowSeconds = options.start + options.days * DAY_SECONDS;
  await log.publish(nowSeconds);
  const [witness] = log.witnesses;
  if (witness === undefined) throw new Error("the log has no witness");
  const keys = { logKey: encodeVerifierKey(log.log.key), witnessKey: encodeVerifierKey(witness.key) };
  return { log, bytes, year: { ...keys, home: options.home, nowSeconds, entries: log.tree.size } };
}

/** As a file server has it. */
export function writeLog({ log }: YearLog, dir: string): void {
  for (const [path, bytes] of log.files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), bytes);
  }
}
