import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { YEAR_2020 } from "../../fakes/country-year.ts";
import type { Measurement } from "../context.ts";
import { followYear } from "../country/follow-year.ts";
import { makeYearLog } from "../country/year-log.ts";
import { makeRow, type Pair, type RowDefinition } from "../row.ts";

const TIMES = [1, 10, 100] as const;
/** Of the log that the phone has followed before; more would not change what a day costs. */
const DAYS_BEFORE = 3;
const REQUESTS_A_DAY = 61;
const MAX_PAIRS = 3;

const rowOf = (times: number): RowDefinition => ({
  name: `a day of ${times}× the country's year (${(times * REQUESTS_A_DAY).toLocaleString("en")} requests) followed by a phone`,
  unit: "ms CPU",
  referenceName: "hashing the bytes that are fetched for it",
  target: { of: "ours", atMost: 200 * times },
});

/** What one more day costs a phone that has followed all days before. */
async function oneDay(times: number): Promise<{ readonly pair: Pair; readonly fetchedBytes: number }> {
  const options = { ...YEAR_2020, requesters: 20 * times * DAYS_BEFORE, matches: 1 };
  const before = await makeYearLog({
    ...options,
    days: DAYS_BEFORE,
    requests: times * REQUESTS_A_DAY * (DAYS_BEFORE - 1),
  });
  const after = await makeYearLog({
    ...options,
    days: DAYS_BEFORE + 1,
    requests: times * REQUESTS_A_DAY * DAYS_BEFORE,
  });
  const { memory } = await followYear(nodeCrypto, before.year, before.log);
  after.log.asked.splice(0);
  const cpuBefore = process.cpuUsage();
  const { entries } = await followYear(nodeCrypto, after.year, after.log, memory);
  const { user, system } = process.cpuUsage(cpuBefore);
  if (entries !== after.log.tree.size) throw new Error("the day was not followed to its end");
  const files = after.log.asked.map((path) => after.log.files.get(path) ?? new Uint8Array());
  const hashed = process.cpuUsage();
  nodeCrypto.sha256(...files);
  const spent = process.cpuUsage(hashed);
  return {
    pair: { ours: (user + system) / 1000, reference: (spent.user + spent.system) / 1000 },
    fetchedBytes: files.reduce((sum, { length }) => sum + length, 0),
  };
}

export const countryDays: Measurement = {
  rows: TIMES.map((times) => rowOf(times).name),
  async measure({ pairs: count, say }) {
    const rows = [];
    for (const times of TIMES) {
      say(`a day of ${times}× the year`);
      const taken = [];
      for (let i = 0; i < Math.min(count, MAX_PAIRS); i += 1) taken.push(await oneDay(times));
      const kilobytes = Math.round((taken[0]?.fetchedBytes ?? 0) / 1000);
      rows.push(
        makeRow(
          rowOf(times),
          taken.map(({ pair }) => pair),
          `${kilobytes.toLocaleString("en")} kB fetched`,
        ),
      );
    }
    return rows;
  },
};
