import { strict as assert } from "node:assert";
import type { Stand } from "../stand.ts";

export interface Case {
  readonly name: string;
  /** Breaks what only the virtual machine's simulators can break. */
  readonly isVirtual?: true;
  /** Leaves the doorbell as it found it. */
  run(stand: Stand): Promise<void>;
}

/** A pulse of the relay, and the time within which a further ring stays silent. */
export const BETWEEN_RINGS_MS = 5000;

/** How often the chime's relay was pulled since. */
export const chimes = (stand: Stand, since: number): number =>
  stand.pins.changesOf("chime", since).filter(({ value }) => value === "1").length;

/** Settles once the clip of the case before has ended, which would be made longer. */
export const noClip = (stand: Stand): Promise<void> =>
  stand.until(
    "no clip is being recorded",
    () => Promise.resolve(stand.pins.changesOf("recording").at(-1)?.value !== "1"),
    180_000,
  );

/** @returns Name of the one clip that this makes, once it is sealed. */
export async function clipOf(stand: Stand, act: () => Promise<unknown>): Promise<string> {
  await noClip(stand);
  const before = new Set(await stand.clips());
  const at = await stand.pins.now();
  await act();
  await stand.says("clip sealed", at);
  const fresh = (await stand.clips()).filter((name) => !before.has(name));
  assert.equal(fresh.length, 1, `one new clip, not ${fresh.length}`);
  return fresh[0]?.replace(/\.clip$/, "") ?? "";
}
