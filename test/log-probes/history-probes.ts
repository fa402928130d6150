import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { utf8 } from "../../src/protocol/bytes.ts";
import { compareCheckpoints } from "../../src/protocol/tlog/compare-checkpoints.ts";
import type { SeenCheckpoint } from "../../src/protocol/tlog/follow-log.ts";
import { MemoryLog } from "../fakes/memory-log.ts";
import { readAll } from "./file-probes.ts";
import { entriesOf, type Probe, type ProbeGroup } from "./probe.ts";

const SEEN = 300;

async function logOf(entries: readonly Uint8Array[]): Promise<MemoryLog> {
  const log = new MemoryLog(crypto);
  log.grow(entries);
  await log.publish();
  return log;
}

/** Logs that sign and publish another past than they showed before: all of it freshly signed, cosigned, and whole in itself. */
export async function historyProbes(): Promise<ProbeGroup> {
  const past = entriesOf(0, SEEN);
  const first = await logOf(past);
  const seen: SeenCheckpoint = first.seen(await first.publish());
  const later = [0, 1, 50, 212, 213, 600];
  const [controls, probes]: [Probe[], Probe[]] = [[], []];
  const liars: [string, readonly Uint8Array[]][] = [];
  for (const place of [0, 1, 127, 128, 255, 256, 298, 299]) {
    liars.push([`entry ${place} rewritten`, past.with(place, utf8("rewritten"))]);
    liars.push([`entry ${place} taken out`, past.toSpliced(place, 1)]);
    liars.push([`an entry put in at ${place}`, past.toSpliced(place, 0, utf8("put in"))]);
    if (place < SEEN - 1) liars.push([`entry ${place} twice`, past.toSpliced(place, 0, past[place] ?? utf8(""))]);
    const next = (place + 1) % SEEN;
    liars.push([
      `entries ${place} and ${next} in the other order`,
      past.with(place, past[next] ?? utf8("")).with(next, past[place] ?? utf8("")),
    ]);
  }
  liars.push(
    ["all in the other order", past.toReversed()],
    ["begun anew", entriesOf(0, SEEN, "other")],
    ["an empty past", []],
  );
  for (const more of later) {
    const honest = await logOf([...past, ...entriesOf(SEEN, more)]);
    controls.push({ name: `${more} more entries`, attempt: () => readAll(honest, seen) });
  }
  for (const [name, entries] of liars) {
    for (const more of [0, 213]) {
      const liar = await logOf([...entries, ...entriesOf(SEEN, more)]);
      probes.push({ name: `${name}, then ${more} more`, attempt: () => readAll(liar, seen) });
    }
  }
  for (const size of [0, 1, 128, 256, 299]) {
    const rewound = await logOf(past.slice(0, size));
    probes.push({ name: `rewound to ${size}`, attempt: () => readAll(rewound, seen) });
    const mixed = first.fork();
    for (const [path, bytes] of rewound.files) if (path === "checkpoint") mixed.files.set(path, bytes);
    probes.push({ name: `rewound to ${size}, with the newer tiles still there`, attempt: () => readAll(mixed, seen) });
  }
  return { name: "histories", controls, probes };
}

/** Two followers hold their checkpoints against each other. */
export async function comparisonProbes(): Promise<ProbeGroup> {
  const past = entriesOf(0, SEEN);
  const [controls, probes]: [Probe[], Probe[]] = [[], []];
  for (const [mine, theirs] of [
    [300, 300],
    [300, 301],
    [300, 900],
    [256, 512],
    [1, 300],
  ] as const) {
    const common = past.slice(0, Math.min(mine, SEEN) - 1);
    const one = await logOf([...common, ...entriesOf(common.length, mine - common.length)]);
    const other = await logOf([...common, ...entriesOf(common.length, theirs - common.length)]);
    const fork = await logOf([...common, ...entriesOf(common.length, theirs - common.length, "other")]);
    const compare = async (a: MemoryLog, b: MemoryLog) =>
      compareCheckpoints(crypto, a.policy, await a.publish(), await b.publish(), b);
    controls.push({ name: `${mine} and ${theirs}`, attempt: () => compare(one, other) });
    probes.push({ name: `forked: ${mine} and ${theirs}`, attempt: () => compare(one, fork) });
    probes.push({
      name: `forked: ${theirs} and ${mine}`,
      attempt: async () => compareCheckpoints(crypto, one.policy, await fork.publish(), await one.publish(), fork),
    });
  }
  return { name: "comparisons", controls, probes };
}
