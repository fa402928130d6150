import type { Case } from "./cases/case.ts";
import type { Stand } from "./stand.ts";

/** Those that can be run there. */
export const casesFor = (stand: Stand, cases: readonly Case[]): readonly Case[] =>
  cases.filter(({ isVirtual }) => stand.isVirtual || isVirtual !== true);

/** @returns Whether it held; says so, and why not. */
export async function runCase({ name, run }: Case, stand: Stand): Promise<boolean> {
  const startedAt = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedAt) / 1000);
  try {
    await run(stand);
    stand.say(`ok   ${name} (${seconds()} s)`);
    return true;
  } catch (error) {
    stand.say(`FAIL ${name} (${seconds()} s)`);
    stand.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return false;
  } finally {
    stand.pins.rest();
  }
}
