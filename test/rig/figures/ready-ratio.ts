import type { Ssh } from "../ssh.ts";
import type { Stand } from "../stand.ts";
import { median } from "./percentile.ts";

const PAIRS = 7;
const NODE = "/opt/doorward/node/bin/node -e 0";
const EMPTY_UNIT = "rig-empty";
const BARE_UNIT = "rig-bare";
/** The doorbell's own unit, except for what it runs and how systemd tells that it runs: what only a daemon has is left out. */
const EMPTY_FILE = `sed -e 's|^ExecStart=.*|ExecStart=${NODE}|' -e 's/^Type=.*/Type=oneshot\\nRemainAfterExit=yes/' \
-e '/^\\(NotifyAccess\\|WatchdogSec\\|ExecReload\\|Restart\\|OnFailure\\|StartLimit\\)/d' "$(systemctl show doorward -P FragmentPath)" \
>/run/systemd/system/${EMPTY_UNIT}.service && systemctl daemon-reload`;
const BARE = `systemd-run --quiet --unit=${BARE_UNIT} --property=Type=oneshot --property=RemainAfterExit=yes ${NODE}`;

export interface ReadyRatio {
  /** Over an empty Node.js in the same sandbox. */
  readonly ratio: number;
  readonly oursMs: number;
  readonly emptyMs: number;
  /** An empty Node.js without any sandbox. */
  readonly bareMs: number;
}

/**
 * How long the unit takes from its start to READY (pins armed, vault open, link tried), over a unit with the same sandbox that
 * only starts and ends the same Node.js. Medians, one right after the other.
 */
export async function readyRatio({ ssh }: Stand): Promise<ReadyRatio> {
  const [ours, empty, bare]: [number[], number[], number[]] = [[], [], []];
  await ssh.run(EMPTY_FILE);
  for (let pair = 0; pair < PAIRS; pair += 1) {
    await ssh.run("systemctl stop doorward");
    bare.push(await startMs(ssh, BARE_UNIT, BARE));
    await ssh.run(`systemctl stop ${BARE_UNIT}`);
    empty.push(await startMs(ssh, EMPTY_UNIT));
    await ssh.run(`systemctl stop ${EMPTY_UNIT}`);
    ours.push(await startMs(ssh, "doorward"));
  }
  const [oursMs, emptyMs, bareMs] = [median(ours), median(empty), median(bare)];
  return { ratio: Number((oursMs / emptyMs).toFixed(2)), oursMs, emptyMs, bareMs };
}

/** By systemd's own record: from "starting" to "started". */
async function startMs(ssh: Ssh, unit: string, start = `systemctl start ${unit}`): Promise<number> {
  await ssh.run("sleep 1"); // what was stopped is gone, and its processor time with it
  const stamps = await ssh.run(
    `${start} && systemctl show ${unit} -P InactiveExitTimestampMonotonic -P ActiveEnterTimestampMonotonic`,
  );
  const [began = 0, ended = 0] = stamps.trim().split("\n").map(Number);
  return (ended - began) / 1000;
}
