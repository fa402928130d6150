import type { Ssh } from "../ssh.ts";
import type { Stand } from "../stand.ts";
import { median } from "./percentile.ts";

const PAIRS = 7;
const EMPTY_UNIT = "rig-empty";
const EMPTY = `systemd-run --quiet --unit=${EMPTY_UNIT} --property=Type=oneshot --property=RemainAfterExit=yes /opt/doorward/node/bin/node -e 0`;

export interface ReadyRatio {
  readonly ratio: number;
  readonly oursMs: number;
  readonly emptyMs: number;
}

/**
 * How long the unit takes from its start to READY (pins armed, vault open, link tried), over a unit that only starts and ends
 * the same Node.js. Medians of pairs, one right after the other.
 */
export async function readyRatio({ ssh }: Stand): Promise<ReadyRatio> {
  const ours: number[] = [];
  const empty: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    await ssh.run("systemctl stop doorward");
    await ssh.run(EMPTY);
    empty.push(await startMs(ssh, EMPTY_UNIT));
    await ssh.run(`systemctl stop ${EMPTY_UNIT}`);
    await ssh.run("systemctl start doorward");
    ours.push(await startMs(ssh, "doorward"));
  }
  const [oursMs, emptyMs] = [median(ours), median(empty)];
  return { ratio: Number((oursMs / emptyMs).toFixed(2)), oursMs, emptyMs };
}

/** By systemd's own record: from "starting" to "started". */
async function startMs(ssh: Ssh, unit: string): Promise<number> {
  const stamps = await ssh.run(
    `systemctl show ${unit} -P InactiveExitTimestampMonotonic -P ActiveEnterTimestampMonotonic`,
  );
  const [began = 0, ended = 0] = stamps.trim().split("\n").map(Number);
  return (ended - began) / 1000;
}
