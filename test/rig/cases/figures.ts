import { strict as assert } from "node:assert";
import { edgeToPublish } from "../figures/edge-to-publish.ts";
import { readyRatio } from "../figures/ready-ratio.ts";
import { oomKills, peakBytes } from "../memory-limit.ts";
import type { Case } from "./case.ts";

const READY_AT_MOST = 4;
const EDGE_AT_MOST = 2;
/** More than a busy door has in a day. */
const VISITS = 40;

export const figures: readonly Case[] = [
  {
    name: "the unit is ready within four times an empty Node.js",
    async run(stand) {
      const { ratio, oursMs, emptyMs, bareMs } = await readyRatio(stand);
      stand.figures.readyRatio = ratio;
      const bareRatio = (oursMs / bareMs).toFixed(2);
      stand.say(
        `     ${Math.round(oursMs)} ms to ready, ${Math.round(emptyMs)} ms for an empty node in the same sandbox: ${ratio}×`,
      );
      stand.say(`     ${Math.round(bareMs)} ms for an empty node without a sandbox: ${bareRatio}×`);
      assert.ok(ratio <= READY_AT_MOST, `${ratio} times, not ${READY_AT_MOST}`);
    },
  },
  {
    isVirtual: true,
    name: "from the edge to the broker within twice gpiomon and mosquitto_pub",
    async run(stand) {
      const { ours, reference, ratio } = await edgeToPublish(stand);
      stand.figures.edgeToPublish = { p50Ms: ours.p50Ms, p99Ms: ours.p99Ms, ratio };
      stand.say(
        `     p50 ${ours.p50Ms} ms, p99 ${ours.p99Ms} ms; theirs ${reference.p50Ms} and ${reference.p99Ms}: ${ratio}×`,
      );
      assert.ok(ratio <= EDGE_AT_MOST, `${ratio} times, not ${EDGE_AT_MOST}`);
    },
  },
  {
    name: "a day's visits, one upon the other, within 220 MB: nothing is ended for want of memory",
    isVirtual: true,
    async run(stand) {
      const at = await stand.pins.now();
      for (let visit = 0; visit < VISITS; visit += 1) {
        await stand.pins.pulses(visit % 4 === 0 ? "bell" : "motion", 200);
        await stand.pins.wait(visit % 5 === 0 ? 7000 : 2000); // some begin a clip, most lengthen one
      }
      await stand.says("clip sealed", at);
      const kills = await oomKills(stand.ssh);
      stand.figures.oomKills = kills;
      stand.say(`     at most ${Math.round((await peakBytes(stand.ssh)) / 1e6)} MB, ${kills} killed`);
      assert.equal(kills, 0);
    },
  },
];
