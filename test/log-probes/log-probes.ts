/**
 * `npm run log-probes -- [--json]`: false proofs, checkpoints, cosignatures, tiles, entries and histories, all of which must be
 * refused; each kind has controls, honest input that must be accepted.
 */
import { parseArgs } from "node:util";
import { type GroupResult, probeGroups, runGroup } from "./all-probes.ts";

const { values } = parseArgs({ options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } });
if (values.help === true) {
  process.stdout.write(
    "npm run log-probes -- [--json]\nOffers false proofs, checkpoints, tiles and histories of a log, which must all be refused.\n",
  );
  process.exit(0);
}

const groups: GroupResult[] = [];
for (const make of probeGroups) {
  const result = await runGroup(await make());
  groups.push(result);
  process.stderr.write(
    `${result.name}: ${result.rejected} of ${result.probes} refused, ${result.controlsAccepted} of ${result.controls} controls accepted\n`,
  );
  for (const what of result.wrong) process.stderr.write(`  ${what}\n`);
}
const sum = (count: (group: GroupResult) => number): number => groups.reduce((total, group) => total + count(group), 0);
const ok = groups.every(({ wrong, controls, probes }) => wrong.length === 0 && controls > 0 && probes > 0);
const summary = {
  ok,
  probes: sum(({ probes }) => probes),
  rejected: sum(({ rejected }) => rejected),
  controls: { offered: sum(({ controls }) => controls), accepted: sum(({ controlsAccepted }) => controlsAccepted) },
  groups,
};
process.stdout.write(
  values.json === true
    ? `${JSON.stringify(summary)}\n`
    : `${ok ? "ok" : "NOT OK"}: ${summary.rejected} of ${summary.probes} probes refused; ${summary.controls.accepted} of ${summary.controls.offered} controls accepted\n`,
);
process.exitCode = ok ? 0 : 1;
