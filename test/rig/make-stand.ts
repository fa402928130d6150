import { join } from "node:path";
import { jumperPins, type PinFiles } from "./harness.ts";
import { packed } from "./packed.ts";
import { parseSshAddress, Ssh } from "./ssh.ts";
import { Stand } from "./stand.ts";
import { type Board, install, pluggedIn, plugIn, RIG_SETTINGS, SLOW_SETTINGS } from "./virtual.ts";
import { boot, type Machine } from "./vm/boot.ts";

const CACHE = join(process.cwd(), ".cache/rig");
const MEMORY_MB = 2048;

export interface MadeStand {
  readonly stand: Stand;
  /** Null where the doorbell's machine is somebody else's. */
  readonly machine: Machine | null;
}

/**
 * A doorbell that is installed, running and paired.
 * @param address - `ssh://user@host` of a machine that has one; undefined: in a virtual machine of its own.
 */
export async function makeStand(
  board: Board,
  address: string | undefined,
  say: (text: string) => void,
): Promise<MadeStand> {
  if (address !== undefined) return { stand: await onTheirs(new Ssh(parseSshAddress(address)), say), machine: null };
  const packageDir = await packed(CACHE, say);
  say("Booting (emulated) …");
  const machine = await boot({ cacheDir: CACHE, memoryMb: MEMORY_MB, isCounted: true }, say);
  try {
    const { ssh } = machine;
    say("Plugging in a camera, a sound card and a header …");
    const pins = await plugIn(ssh, board);
    say("Installing …");
    await install(ssh, packageDir, board);
    return { stand: await started(ssh, pins, { ...RIG_SETTINGS, ...SLOW_SETTINGS }, say), machine };
  } catch (error) {
    await machine.kill();
    throw error;
  }
}

/** A Pi, or a machine that an earlier run left running. */
async function onTheirs(ssh: Ssh, say: (text: string) => void): Promise<Stand> {
  const pins = (await pluggedIn(ssh)) ?? (await jumperPins(ssh));
  if (await Stand.isPaired(ssh)) return await Stand.of(ssh, pins, say);
  await ssh.run("pgrep -x mosquitto >/dev/null || mosquitto -d -p 1883");
  return await started(ssh, pins, RIG_SETTINGS, say);
}

async function started(
  ssh: Ssh,
  pins: PinFiles,
  settings: Readonly<Record<string, string>>,
  say: (text: string) => void,
): Promise<Stand> {
  const stand = await Stand.of(ssh, pins, say);
  say("Starting the doorbell …");
  await stand.configure(settings);
  await stand.pair();
  return stand;
}
