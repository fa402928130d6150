import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** On systemd's scale from 0 to 10; JavaScript, a camera and a network leave 1.3 to 1.5. */
export const MOST_EXPOSED = 1.5;
const INSTALLED = "/opt/doorward";

export interface JudgedUnit {
  readonly name: string;
  /** `systemd-analyze security --offline=yes`. */
  readonly exposure: number;
  /** Lines of `systemd-analyze verify`; none when it is clean. */
  readonly complaints: readonly string[];
  readonly ok: boolean;
}

/** Judges every unit in a folder, with the programs that they name put in place. */
export async function judgeUnits(folder: string, programs: string): Promise<readonly JudgedUnit[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".service")).toSorted();
  const stage = await mkdtemp(join(tmpdir(), "doorward-units-"));
  try {
    const units = join(stage, "units");
    await mkdir(join(stage, "doorward/bin"), { recursive: true });
    await mkdir(units);
    for (const program of ["doorward", "notified"]) {
      await cp(join(programs, program), join(stage, "doorward/bin", program));
    }
    for (const name of names) {
      const text = await readFile(join(folder, name), "utf8");
      await writeFile(join(units, name), text.replaceAll(`${INSTALLED}/bin`, join(stage, "doorward/bin")));
    }
    const judged: JudgedUnit[] = [];
    for (const name of names) judged.push(await judge(join(units, name), units));
    return judged;
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

async function judge(unit: string, folder: string): Promise<JudgedUnit> {
  const name = basename(unit);
  const security = await said(["security", "--offline=yes", "--no-pager", unit], folder);
  const level = /Overall exposure level for \S+: (\d+(?:\.\d+)?)/.exec(security)?.[1];
  if (level === undefined) throw new Error(`systemd-analyze says nothing about ${name}: ${security.slice(0, 400)}`);
  const verified = await said(["verify", "--man=no", unit], folder);
  const exposure = Number(level);
  // Other units of this machine are not ours to judge.
  const complaints = verified.split("\n").filter((line) => line.includes("doorward"));
  return { name, exposure, complaints, ok: exposure <= MOST_EXPOSED && complaints.length === 0 };
}

function said(words: readonly string[], unitPath: string): Promise<string> {
  const env = { ...process.env, SYSTEMD_COLORS: "0", SYSTEMD_UNIT_PATH: `${unitPath}:` };
  return new Promise((resolve, reject) => {
    execFile("systemd-analyze", words, { env }, (error, stdout, stderr) => {
      if (error !== null && (error as NodeJS.ErrnoException).code === "ENOENT") reject(error);
      else resolve(`${stdout}\n${stderr}`);
    });
  });
}
