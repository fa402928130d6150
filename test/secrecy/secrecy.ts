/**
 * `npm run secrecy [-- --json]`: what the doorbell does not give away. Searches everything it writes for a marker in the
 * camera's picture and for its container, the daemon's memory for a closed clip's keys, and a copy of the card together
 * with all later states of the phone for a way into a clip of a day that is over. Each search has a control that it finds.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { boxKeyOfDay, dayOf } from "../../src/owner/day-keys.ts";
import { newOwnerState } from "../../src/owner/owner-state.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import { bundleDoorward } from "../crash/bundle.ts";
import { readClipFile } from "../crash/clip-files.ts";
import { stopAllPrograms } from "../crash/program.ts";
import { proofOptions } from "../proof-options.ts";
import { beControlDoor, CONTROL_DOOR_FLAG, ControlDoor, type ControlDoorOrder } from "./control-door.ts";
import { type MarkedFilm, makeMarkedFilm } from "./marked-film.ts";
import { type KeyHits, searchMemory } from "./memory-search.ts";
import { runSealedDoor } from "./sealed-door.ts";
import { type Pattern, Search } from "./search.ts";
import { stealCard } from "./stolen-card.ts";

const USAGE = `npm run secrecy -- [--json]

Searches card, temporary files, logs and memory of a doorbell for the picture and for keys, each search beside a control.`;

const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

/** What a plain recording is made of; that the control finds each shows that it is what to look for. */
function patternsOf({ marker }: MarkedFilm): Pattern[] {
  return [
    { name: "marker in the picture", bytes: marker },
    { name: "moof", bytes: latin1("moof\0\0\0\x10mfhd\0\0\0\0") },
    { name: "avcC", bytes: latin1("avcC\x01") },
    { name: "mvhd", bytes: latin1("\0\0\0\x6cmvhd") },
    // Film made by ffmpeg has 64 bits there.
    { name: "thumbnail", bytes: latin1("\0\0\0\x10tfdt\0\0\0\0\0\0\0\0") },
    { name: "meta", bytes: latin1('"preRollMs":') },
  ];
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

interface ControlRun {
  readonly found: readonly string[];
  readonly memory: KeyHits;
}

/** The door whose seals are open and that forgets nothing. */
async function runControlDoor(dir: string, film: MarkedFilm, patterns: readonly Pattern[]): Promise<ControlRun> {
  const day = dayOf(Date.now());
  const owner = newOwnerState(crypto, day);
  const member = toHex(boxKeyOfDay(crypto, owner.days, day)?.publicKey ?? new Uint8Array());
  const { door, clip } = await ControlDoor.record({ dir, film: film.path, member, day });
  try {
    const search = new Search(patterns);
    search.folder(dir);
    const head = readClipFile(dir, clip)?.head;
    if (head === undefined) throw new Error("the control door recorded nothing");
    return { found: search.hits.map(({ pattern }) => pattern), memory: await searchMemory(door.pid, owner, head) };
  } finally {
    await door.stop();
  }
}

async function main(): Promise<number> {
  const values = proofOptions(USAGE, { json: { type: "boolean" }, short: { type: "boolean" } });
  const dir = await mkdtemp(join(tmpdir(), "dw-secrecy-"));
  const program = join(process.cwd(), ".cache/secrecy", `doorward-${process.pid}.mjs`);
  const tidyUp = async (): Promise<void> => {
    await stopAllPrograms();
    for (const path of [dir, program]) await rm(path, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => void tidyUp().finally(() => process.exit(130)));
  }
  try {
    progress("a film with a marker in every picture");
    await bundleDoorward(program);
    const film = await makeMarkedFilm(join(dir, "film.mp4"));
    const patterns = patternsOf(film);
    progress("the doorbell records; all that it writes is searched, and its memory after a clip is closed");
    const sealed = await runSealedDoor(join(dir, "sealed"), program, film, patterns);
    progress("the control records with its seals open and keeps every secret");
    const control = await runControlDoor(join(dir, "control"), film, patterns);
    progress("a stolen card and every later state of the phone");
    const { household, clip } = sealed;
    const stolenCard = await stealCard(household.device, household.owner, clip, dir);
    const missedByControl = patterns.filter(({ name }) => !control.found.includes(name)).map(({ name }) => name);
    const { memory } = sealed;
    const report = {
      ok:
        sealed.disk.hits.length === 0 &&
        missedByControl.length === 0 &&
        memory.seed + memory.keys.length + memory.ephemeral.length === 0 &&
        control.memory.seed > 0 &&
        control.memory.ephemeral.length > 0 &&
        control.memory.keys.length > 0 &&
        stolenCard.opens === 0 &&
        stolenCard.control > 0,
      scanned: { files: sealed.disk.files, bytes: sealed.disk.bytes, memoryBytes: memory.bytes },
      marker: { found: sealed.disk.hits.length, control: new Set(control.found).size, patterns: patterns.length },
      seed: { found: memory.seed, control: control.memory.seed },
      ephemeralSecret: { found: memory.ephemeral.length, control: control.memory.ephemeral.length },
      otherKeys: { found: memory.keys.length, control: control.memory.keys.length },
      stolenCard,
      faults: [
        ...sealed.disk.hits.map(({ pattern, where }) => `${pattern}: ${where}`),
        ...missedByControl.map((name) => `the control does not hold: ${name}`),
        ...memory.keys,
        ...memory.ephemeral,
      ],
    };
    console.log(values.json === true ? JSON.stringify(report) : JSON.stringify(report, null, 2));
    return report.ok ? 0 : 1;
  } finally {
    await tidyUp();
  }
}

const controlAt = process.argv.indexOf(CONTROL_DOOR_FLAG);
if (controlAt >= 0) await beControlDoor(JSON.parse(process.argv[controlAt + 1] ?? "") as ControlDoorOrder);
else process.exitCode = await main();
