import { fromUtf8 } from "../../protocol/bytes.ts";
import { parseCheckpointText } from "../../protocol/tlog/checkpoint.ts";
import { describeEvidence } from "../../protocol/tlog/compare-checkpoints.ts";
import { encodeVerifierKey, parseNote } from "../../protocol/tlog/note.ts";
import type { RememberedLog } from "../../witness/witness-memory.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { WitnessHome } from "../witness-home.ts";

export async function run({ options, terminal }: Invocation): Promise<Outcome> {
  const home = new WitnessHome({ options });
  const key = encodeVerifierKey((await home.identity()).key);
  const memory = home.memory();
  const logs = memory.logs();
  memory.close();
  terminal.say(`Key: ${key}`);
  for (const log of logs) {
    const fork = log.fork === null ? "" : "  FORKED: it signed two trees of one size";
    terminal.say(`${log.origin}: ${sizeOf(log)} entries cosigned${fork}`);
    if (log.fork !== null && options.flag("evidence")) terminal.say(describeEvidence(log.fork));
  }
  if (logs.length === 0) terminal.say("Follows no log.");
  return { json: { ok: true, key, logs: logs.map(asJson) } };
}

const sizeOf = ({ checkpoint }: RememberedLog): number =>
  checkpoint === null ? 0 : parseCheckpointText(parseNote(checkpoint).text).size;

function asJson(log: RememberedLog): unknown {
  const { origin, keys, checkpoint, fork } = log;
  return {
    origin,
    keys,
    size: sizeOf(log),
    checkpoint: checkpoint === null ? null : fromUtf8(checkpoint),
    fork: fork === null ? null : { older: fromUtf8(fork.older), newer: fromUtf8(fork.newer) },
  };
}
