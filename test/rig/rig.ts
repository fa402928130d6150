/**
 * `npm run rig`: the installed package, its unit running, on real kernel interfaces: in a virtual machine of its own, or, with
 * RIG=ssh://user@host, on a Pi with the jumper harness.
 */
import { once } from "node:events";
import { parseArgs } from "node:util";
import { cases } from "./cases/all.ts";
import { makeStand } from "./make-stand.ts";
import { type Cuts, powerCuts } from "./power-cuts.ts";
import { casesFor, runCase } from "./run-case.ts";
import type { Figures } from "./stand.ts";
import type { Board } from "./virtual.ts";

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const KEEP_IN = ".cache/rig/kept";
/** Enough to see that cutting works; `npm run cuts` has the long form. */
const IMAGES = 40;

const USAGE = `npm run rig -- [--case PART-OF-A-NAME] [--board 4|5] [--keep [FOLDER]] [--stay] [--cuts N] [--json]

Boots a virtual machine (emulated: minutes), installs the packaged doorbell in it, runs the cases, and cuts the power on paper.
RIG=ssh://pi@doorbell.local npm run rig   runs the cases on a Pi with the jumper harness (firmware/board/README.md)

  --case TEXT      only the cases whose name contains it, and no power cuts; may be said again
  --board 4|5      which Pi's GPIO the machine has (default 4)
  --keep [FOLDER]  leaves journal, pin trace, clips and the broker's messages there (default ${KEEP_IN})
  --stay           leaves the machine running, and says how to run cases in it again
  --cuts N         also so many real cuts: the machine loses its power and boots again
  --json           one JSON object on stdout

  npm run rig -- --case bounce --keep
  npm run rig -- --board 5 --json
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      case: { type: "string", multiple: true, default: [] },
      board: { type: "string", default: "4" },
      keep: { type: "boolean" },
      stay: { type: "boolean" },
      cuts: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  const { board } = values;
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const isWanted = (name: string): boolean =>
    values.case.length === 0 || values.case.some((part) => name.toLowerCase().includes(part.toLowerCase()));
  const chosen = cases.filter(({ name }) => isWanted(name));
  const [folder = KEEP_IN, ...more] = positionals;
  const isFolderAsked = positionals.length > 0;
  const boots = Number(values.cuts ?? 0);
  if (
    chosen.length === 0 ||
    !isBoard(board) ||
    more.length > 0 ||
    (isFolderAsked && values.keep !== true) ||
    !(boots >= 0)
  ) {
    process.stderr.write(USAGE);
    return 2;
  }
  const { stand, machine } = await makeStand(board, process.env.RIG, say);
  const results: { name: string; ok: boolean }[] = [];
  try {
    for (const one of casesFor(stand, chosen)) results.push({ name: one.name, ok: await runCase(one, stand) });
    if (values.keep === true) {
      await stand.keep(folder);
      say(`Journal, pin trace, clips and the broker's messages: ${folder}`);
    }
    stand.stop();
    if (values.stay === true && machine !== null) await stay(stand.ssh.address);
  } finally {
    await machine?.kill();
  }
  const isWhole = values.case.length === 0 && stand.isVirtual;
  const power = isWhole || boots > 0 ? await powerCuts(["--images", String(IMAGES), ...bootWords(boots)]) : null;
  const ok = results.every((result) => result.ok) && power?.ok !== false;
  if (values.json === true) console.log(JSON.stringify(report(ok, results, power?.cuts ?? null, stand.figures)));
  return ok ? 0 : 1;
}

const isBoard = (text: string): text is Board => text === "4" || text === "5";

const bootWords = (boots: number): readonly string[] => (boots > 0 ? ["--boots", String(boots)] : []);

/** A figure that this run did not take is null. */
function report(ok: boolean, cases: readonly { name: string; ok: boolean }[], cuts: Cuts | null, figures: Figures) {
  const { readyRatio, edgeToPublish, oomKills } = figures;
  return { ok, cases, cuts, readyRatio, edgeToPublish, oomKills };
}

/** Settles when the person has had enough. */
async function stay(address: string): Promise<void> {
  say(`The machine goes on until Ctrl-C. Elsewhere: RIG='${address}' npm run rig -- --case …`);
  const alive = setInterval(() => {}, 60_000);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeAllListeners(signal);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  clearInterval(alive);
}

// By way of the exit, at which the machine is ended.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
process.exitCode = await main();
