import type { Ssh } from "./ssh.ts";

/** What a 512 MB board has left for the doorbell; ffmpeg and the broker included. */
const LIMIT_MB = 220;
const SLICE = "rig.slice";
const GROUP = `/sys/fs/cgroup/${SLICE}`;

/** Starts a Mosquitto and puts the doorbell's unit beside it, in a control group with the limit. */
export async function limitMemory(ssh: Ssh): Promise<void> {
  await ssh.run(`set -e
mkdir -p /run/systemd/system/doorward.service.d
printf '[Slice]\nMemoryMax=${LIMIT_MB}M\nMemorySwapMax=0\n' >/run/systemd/system/${SLICE}
printf '[Service]\nSlice=${SLICE}\n' >/run/systemd/system/doorward.service.d/rig.conf
systemctl daemon-reload
systemd-run --quiet --slice=${SLICE} --unit=rig-broker --property=Restart=always mosquitto -p 1883`);
}

/** How often the kernel has ended a process of the group for want of memory. */
export async function oomKills(ssh: Ssh): Promise<number> {
  return Number((await ssh.run(`sed -n 's/^oom_kill //p' ${GROUP}/memory.events`)).trim());
}

/** The most that the group has held, page cache included. */
export async function peakBytes(ssh: Ssh): Promise<number> {
  return Number((await ssh.run(`cat ${GROUP}/memory.peak`)).trim());
}
