import {
  cosignatureProbes,
  keyProbes,
  logSignatureProbes,
  signedNonsenseProbes,
  tamperedCheckpointProbes,
} from "./checkpoint-probes.ts";
import { bundleProbes, inclusionFileProbes, pathProbes, requestProbes, spoiledFileProbes } from "./file-probes.ts";
import { comparisonProbes, historyProbes } from "./history-probes.ts";
import { type ProbeGroup, verdictOn } from "./probe.ts";
import { consistencyProbes, inclusionProbes } from "./proof-probes.ts";

export const probeGroups: readonly (() => ProbeGroup | Promise<ProbeGroup>)[] = [
  inclusionProbes,
  consistencyProbes,
  tamperedCheckpointProbes,
  signedNonsenseProbes,
  logSignatureProbes,
  cosignatureProbes,
  keyProbes,
  spoiledFileProbes,
  bundleProbes,
  pathProbes,
  inclusionFileProbes,
  requestProbes,
  historyProbes,
  comparisonProbes,
];

export interface GroupResult {
  readonly name: string;
  readonly probes: number;
  readonly rejected: number;
  readonly controls: number;
  readonly controlsAccepted: number;
  /** How often each way of refusing was met. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** Probes that were accepted or that crashed a reader, and controls that were refused. */
  readonly wrong: readonly string[];
}

export async function runGroup({ name, controls, probes }: ProbeGroup): Promise<GroupResult> {
  const verdicts: Record<string, number> = {};
  const wrong: string[] = [];
  let [rejected, controlsAccepted] = [0, 0];
  for (const control of controls) {
    const verdict = await verdictOn(control);
    if (verdict === "accepted") controlsAccepted += 1;
    else wrong.push(`${name}: control ${control.name}: ${verdict}`);
  }
  for (const probe of probes) {
    const verdict = await verdictOn(probe);
    const isRejected = verdict !== "accepted" && !verdict.startsWith("crashed");
    if (isRejected) rejected += 1;
    else wrong.push(`${name}: ${probe.name}: ${verdict}`);
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  }
  return { name, probes: probes.length, rejected, controls: controls.length, controlsAccepted, verdicts, wrong };
}
