import { strict as assert } from "node:assert";
import type { Stand } from "../stand.ts";
import type { Case } from "./case.ts";

/** Of the pattern that shows an open pairing window half a second is lit; of the one for a doorbell without members a tenth. */
const LIT_AT_LEAST_S = 0.3;

/** Seconds of each flash of the status LED since. */
function flashes(stand: Stand, since: number): readonly number[] {
  const changes = stand.pins.changesOf("status", since);
  return changes.flatMap(({ at, value }, i) => {
    const next = changes[i + 1];
    return value === "1" && next !== undefined ? [next.at - at] : [];
  });
}

export const indoorButton: readonly Case[] = [
  {
    name: "the indoor button, pressed shortly, lets nobody in while somebody is paired",
    async run(stand) {
      const at = await stand.pins.pulses("pairing", 400);
      await stand.pins.wait(4000);
      await stand.pins.now();
      assert.deepEqual(flashes(stand, at), []);
    },
  },
  {
    name: "the indoor button, held long, resets the doorbell: its clips can be opened by nobody; pressed shortly then, it opens pairing",
    async run(stand) {
      const clip = (await stand.clips()).at(-1)?.replace(/\.clip$/, "") ?? "";
      const at = await stand.pins.hold("pairing", true);
      await stand.says("factory reset", at, 120_000);
      await stand.pins.hold("pairing", false);
      await assert.rejects(stand.owner(`open ${clip} --out /run/rig-clip.mp4`), "a clip was opened after the reset");
      await stand.pins.wait(8000);
      const without = flashes(stand, at).at(-1) ?? 0;
      assert.ok(
        without > 0 && without < LIT_AT_LEAST_S,
        `a doorbell without members flashes shortly, not ${without} s`,
      );
      const pressedAt = await stand.pins.pulses("pairing", 400);
      const opened = async (): Promise<boolean> => {
        await stand.pins.now();
        return flashes(stand, pressedAt).filter((seconds) => seconds >= LIT_AT_LEAST_S).length >= 3;
      };
      await stand.until("the status LED shows that pairing is open", opened, 30_000);
      await stand.pair();
    },
  },
];
