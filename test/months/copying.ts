import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FixedMinutes } from "../../src/device/mirror/fixed-minutes.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";

const WITHIN_MS = 30_000;

export interface Copying {
  readonly deviceSeed: Uint8Array;
  readonly everyMs: number;
  /** The mirror's folder. */
  readonly dir: string;
}

export const isCopyingMinute = ({ deviceSeed, everyMs }: Omit<Copying, "dir">, nowMs: number): boolean =>
  new FixedMinutes(nodeCrypto, deviceSeed, everyMs).after(nowMs - 1) === nowMs;

/**
 * Settles when a doorbell whose fixed minute this is has copied the log up to this checkpoint; at once for any other. The
 * checkpoint's folder is dated last, to the day.
 */
export async function untilCopied(copying: Copying, nowMs: number, checkpoint: Uint8Array): Promise<void> {
  if (!isCopyingMinute(copying, nowMs)) return;
  for (let waited = 0; !hasCopy(copying.dir, checkpoint); waited += 1) {
    if (waited > WITHIN_MS) throw new Error("the doorbell did not copy the log at its minute");
    await sleep(1);
  }
  await sleep(AFTERWARDS_MS);
}

/** Old files are removed and dates are set after the last file is there. */
const AFTERWARDS_MS = 40;

function hasCopy(dir: string, checkpoint: Uint8Array): boolean {
  const registers = existsSync(dir) ? readdirSync(dir) : [];
  return registers.some((name) => {
    const path = join(dir, name, "checkpoint");
    return existsSync(path) && readFileSync(path).equals(checkpoint);
  });
}
