import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type PinFiles, simulatedPins } from "./harness.ts";
import { limitMemory } from "./memory-limit.ts";
import { quoted } from "./shell.ts";
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
  // As on a doorbell whose time service has set the clock, which most are.
  const script = `set -e
mkdir -p /run/systemd/timesync; touch /run/systemd/timesync/synchronized
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

/** The pins of a machine in which {@link plugIn} has been done; null elsewhere. */
export async function pluggedIn(ssh: Ssh): Promise<PinFiles | null> {
  const folder = (await ssh.run(`ls -d ${HEADER_FOLDER}/gpiochip* 2>/dev/null || true`)).trim();
  return folder === "" ? null : simulatedPins(folder);
}

const installWords = (board: Board): string =>
  `--yes --board ${board} --name Rig --camera /dev/video0 --microphone hw:Loopback,1 --no-packages --json`;
/** The command of the first installation, kept so that a second one says the same. */
const COMMAND_FILE = "/run/rig-install";

/**
 * Unpacks the archive and installs it as a person does, by its own script, beside a Mosquitto; both within one limit of memory.
 * The archive is unpacked here, which the machine sees: xz is much work for an emulated processor.
 */
export async function install(ssh: Ssh, packageDir: string, board: Board): Promise<void> {
  const archive = readdirSync(packageDir).find((name) => name.endsWith("-linux-x64.tar.xz"));
  if (archive === undefined) throw new Error(`no archive in ${packageDir}: scripts/package makes it`);
  const folder = join(packageDir, "unpacked");
  if (!existsSync(join(folder, "VERSION"))) {
    mkdirSync(folder, { recursive: true });
    await promisify(execFile)("tar", ["-xf", join(packageDir, archive), "-C", folder, "--strip-components=1"]);
  }
  await ssh.run(`cat >${COMMAND_FILE}`, {
    input: `cd ${quoted(folder)} && scripts/install ${installWords(board)} "$@"\n`,
  });
  await runInstall(ssh, "--no-start");
  await ssh.run("udevadm control --reload; udevadm trigger; udevadm settle");
  await limitMemory(ssh);
}

/** @returns What a second installation by the same words has changed. */
export function installAgain(ssh: Ssh): Promise<{ readonly changes: readonly string[] }> {
  return runInstall(ssh, "");
}

async function runInstall(ssh: Ssh, more: string): Promise<{ readonly changes: readonly string[] }> {
  return JSON.parse(await ssh.run(`sh ${COMMAND_FILE} ${more}`)) as { changes: string[] };
}

/** What the cases reckon with. */
export const RIG_SETTINGS = {
  "broker.url": '"mqtt://127.0.0.1:1883"',
  "recording.pre_roll": '"2s"',
  "recording.post_roll": '"3s"',
  "recording.longest": '"20s"',
  "motion.mode": '"pir"', // the sensor alone: what a test camera shows does not move at will
  "button.stuck_after": '"5s"',
  "button.reset_hold": '"5s"',
  "chime.relay_pulse": '"3s"', // long enough to stop the daemon while the relay is pulled
  "chime.relay_limit": '"5s"',
  "web.on": "false",
  "log.level": '"debug"',
};

/** Slow enough for an emulated processor. */
export const SLOW_SETTINGS = {
  "camera.width": "320",
  "camera.height": "180",
  "camera.frames_per_second": "5",
  "camera.bitrate": '"200 kbit/s"',
};
