import { setTimeout as sleep } from "node:timers/promises";

const WITHIN_MS = 30_000;
const POLL_MS = 50;

/** Settles when it has come to pass. @throws Error when it does not. */
export async function until(look: () => Promise<boolean>, withinMs = WITHIN_MS): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await look())) {
    if (performance.now() > deadlineMs) throw new Error(`it did not come to pass: ${look.toString()}`);
    await sleep(POLL_MS);
  }
}
