import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type PinFiles, simulatedPins } from "./harness.ts";
import type { Ssh } from "./ssh.ts";

export type Board = "4" | "5";
/** The chip behind the header, and the decoy before it that a naive driver would take. */
const CHIPS = {
  "4": { header: "pinctrl-bcm2711", lines: 58, decoy: "raspberrypi-exp-gpio" },
  "5": { header: "pinctrl-rp1", lines: 54, decoy: "gpio-brcmstb@107d508500" },
} as const;
const HEADER_FOLDER = "/sys/devices/platform/gpio-sim.1";

/** Loads GPIO, camera and sound card of the kernel's own simulators; settles when the header's chip is there. */
export async function plugIn(ssh: Ssh, board: Board): Promise<PinFiles> {
  const { header, lines, decoy } = CHIPS[board];
  const script = `set -e
modprobe gpio-sim; modprobe vivid n_devs=1; modprobe snd-aloop
chip() {
  folder=/sys/kernel/config/gpio-sim/$1; mkdir -p $folder/bank0
  echo $3 >$folder/bank0/num_lines; echo $2 >$folder/bank0/label; echo 1 >$folder/live
}
chip decoy '${decoy}' 8
chip header '${header}' ${lines}
cd ${HEADER_FOLDER}/gpiochip*/ && pwd`;
  const folder = (await ssh.run(script)).trim();
  return simulatedPins(folder);
}

/** Installs the package as a person does, by its own script, and starts its unit against a Mosquitto. */
export async function install(ssh: Ssh, packageDir: string, board: Board): Promise<void> {
  const archive = readdirSync(packageDir).find((name) => name.endsWith("-linux-x64.tar.xz"));
  if (archive === undefined) throw new Error(`no archive in ${packageDir}: scripts/package makes it`);
  const folder = "/run/doorward-package";
  await ssh.run(`mkdir -p ${folder} && tar -xf ${join(packageDir, archive)} -C ${folder} --strip-components=1`, {
    withinMs: 600_000,
  });
  const words = `--yes --board ${board} --name Rig --camera /dev/video0 --microphone hw:Loopback,1 --no-packages --no-start --json`;
  await ssh.run(`cd ${folder} && scripts/install ${words}`, { withinMs: 900_000 });
  await ssh.run("udevadm control --reload; udevadm trigger; udevadm settle; mosquitto -d -p 1883; sleep 2");
}

/** Slow enough for an emulated processor. */
export const SLOW_SETTINGS = {
  "camera.width": "320",
  "camera.height": "180",
  "camera.frames_per_second": "5",
  "camera.bitrate": '"200 kbit/s"',
  "recording.pre_roll": '"2s"',
  "recording.post_roll": '"3s"',
  "recording.longest": '"20s"',
  "broker.url": '"mqtt://127.0.0.1:1883"',
  "motion.mode": '"pir"', // the sensor alone: what a test camera shows does not move at will
  "web.on": "false",
  "log.level": '"debug"',
};
