import { strict as assert } from "node:assert";
import type { Stand } from "../stand.ts";
import { BETWEEN_RINGS_MS, type Case, chimes, clipOf } from "./case.ts";

/** `RestartSec`: before that no next daemon can have done it. */
const NEXT_START_S = 2;

/** @returns Since when; the relay is pulled then. */
async function pulled(stand: Stand): Promise<number> {
  await stand.pins.wait(BETWEEN_RINGS_MS);
  const at = await stand.pins.pulses("bell", 100);
  const isPulled = async (): Promise<boolean> => {
    await stand.pins.now(); // what the harness saw until now has come
    return chimes(stand, at) === 1;
  };
  await stand.until("the relay is pulled", isPulled, 10_000);
  return at;
}

export const buttons: readonly Case[] = [
  {
    name: "a press rings once: the chime's relay is pulled, a clip is recorded and sealed",
    async run(stand) {
      let at = 0;
      await clipOf(stand, async () => {
        at = await stand.pins.pulses("bell", 200);
      });
      assert.equal(chimes(stand, at), 1);
    },
  },
  {
    name: "a bounce train of 30 ms rings once",
    async run(stand) {
      const at = await stand.pins.pulses("bell", 3, 3, 4, 3, 3, 4, 5, 5, 150);
      await stand.pins.wait(BETWEEN_RINGS_MS);
      assert.equal(chimes(stand, at), 1);
    },
  },
  {
    name: "a glitch of 1 ms rings nothing, and the press after it does",
    async run(stand) {
      const at = await stand.pins.pulses("bell", 1);
      await stand.pins.wait(BETWEEN_RINGS_MS);
      assert.equal(chimes(stand, at), 0);
      await stand.pins.pulses("bell", 200);
      await stand.pins.wait(BETWEEN_RINGS_MS);
      assert.equal(chimes(stand, at), 1);
    },
  },
  {
    name: "a stuck button rings once and is reported",
    async run(stand) {
      const at = await stand.pins.hold("bell", true);
      await stand.says("bell button is stuck", at);
      assert.equal(chimes(stand, at), 1);
      await stand.pins.hold("bell", false);
    },
  },
  {
    name: "the chime's relay is let go although the daemon hangs",
    async run(stand) {
      const at = await pulled(stand);
      await stand.ssh.run("kill -STOP $(systemctl show -P MainPID doorward)");
      const stoppedAt = await stand.pins.now();
      await stand.pins.wait(6000);
      const values = stand.pins.changesOf("chime", at);
      await stand.ssh.run("kill -CONT $(systemctl show -P MainPID doorward)");
      assert.deepEqual(
        values.map(({ value }) => value),
        ["1", "0"],
      );
      assert.ok((values[1]?.at ?? 0) > stoppedAt, "the relay was still pulled when the daemon was stopped");
    },
  },
  {
    name: "the chime's relay is let go at once when the daemon is killed, and not only by the next one",
    async run(stand) {
      const at = await pulled(stand);
      await stand.ssh.run("kill -KILL $(systemctl show -P MainPID doorward)");
      const killedAt = await stand.pins.now();
      await stand.says('"ready"', at, 300_000);
      await stand.pictures();
      const [up, down] = stand.pins.changesOf("chime", at);
      assert.deepEqual([up?.value, down?.value], ["1", "0"]);
      const afterKillS = (down?.at ?? 0) - killedAt;
      stand.say(`     let go ${Math.round(afterKillS * 1000)} ms after the kill was over`);
      assert.ok(afterKillS < NEXT_START_S, "let go by the unit");
    },
  },
];
