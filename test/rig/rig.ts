/**
 * `npm run rig -- [--case PART-OF-A-NAME] [--board 4|5] [--keep FOLDER] [--json]`: the installed package, its unit running, on
 * real kernel interfaces: in a virtual machine of its own, or, with RIG=ssh://user@host, on a Pi with the jumper harness.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { cases } from "./cases/all.ts";
import { jumperPins } from "./harness.ts";
import { parseSshAddress, Ssh } from "./ssh.ts";
import { Stand } from "./stand.ts";
import { type Board, install, plugIn, SLOW_SETTINGS } from "./virtual.ts";
import { boot, type Machine } from "./vm/boot.ts";

const CACHE = join(process.cwd(), ".cache/rig");
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Long enough to stop the daemon while the relay is pulled. */
const CHIME = { "chime.relay_pulse": '"3s"', "chime.relay_limit": '"5s"' };

const USAGE = `npm run rig -- [--case PART-OF-A-NAME] [--board 4|5] [--keep FOLDER] [--json]

Boots a virtual machine (emulated: minutes), installs the packaged doorbell in it, and runs the cases.
RIG=ssh://pi@doorbell.local npm run rig   runs them on a Pi with the jumper harness (firmware/board/README.md)

  --case TEXT     only the cases whose name contains it
  --board 4|5     which Pi's GPIO the machine has (default 4)
  --keep FOLDER   leaves journal, pin trace, clips and the broker's messages there
  --json          one JSON object on stdout
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      case: { type: "string" },
      board: { type: "string", default: "4" },
      keep: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const wanted = values.case?.toLowerCase() ?? "";
  const chosen = cases.filter(({ name }) => name.toLowerCase().includes(wanted));
  if (chosen.length === 0 || (values.board !== "4" && values.board !== "5")) {
    process.stderr.write(USAGE);
    return 2;
  }
  let machine: Machine | null = null;
  const results: { name: string; ok: boolean }[] = [];
  try {
    const stand = await makeStand(values.board, (booted) => {
      machine = booted;
    });
    for (const { name, run } of chosen) {
      const startedAt = performance.now();
      const error = await run(stand).then(
        () => null,
        (cause: unknown) => cause,
      );
      results.push({ name, ok: error === null });
      say(`${error === null ? "ok  " : "FAIL"} ${name} (${Math.round((performance.now() - startedAt) / 1000)} s)`);
      if (error !== null)
        say(error instanceof Error ? (error.stack ?? error.message) : "something that is no Error was thrown");
      stand.pins.rest();
    }
    if (values.keep !== undefined) await stand.keep(values.keep);
    stand.pins.stop();
  } finally {
    await (machine as Machine | null)?.kill();
  }
  const ok = results.length === chosen.length && results.every((result) => result.ok);
  if (values.json === true) console.log(JSON.stringify({ ok, board: values.board, cases: results }));
  return ok ? 0 : 1;
}

async function makeStand(board: Board, onBoot: (machine: Machine) => void): Promise<Stand> {
  if (process.env.RIG !== undefined) {
    const ssh = new Ssh(parseSshAddress(process.env.RIG));
    return Stand.of(ssh, await jumperPins(ssh));
  }
  const packageDir = join(CACHE, "package");
  if (!existsSync(packageDir)) {
    say("Packing the doorbell …");
    await promisify(execFile)("scripts/package", ["--arch", "x64", "--quick", "--out", packageDir], { maxBuffer: 1e8 });
  }
  say("Booting (emulated) …");
  const machine = await boot({ cacheDir: CACHE, memoryMb: 2048 }, say);
  onBoot(machine);
  say("Plugging in a camera, a sound card and a header …");
  const pins = await plugIn(machine.ssh, board);
  say("Installing …");
  await install(machine.ssh, packageDir, board);
  const stand = await Stand.of(machine.ssh, pins);
  say("Starting the doorbell …");
  await stand.configure({ ...SLOW_SETTINGS, "button.stuck_after": '"5s"', "button.reset_hold": '"5s"', ...CHIME });
  await stand.pair();
  return stand;
}

process.exitCode = await main();
