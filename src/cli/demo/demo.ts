import { access, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { RecorderError } from "../../device/recorder/errors.ts";
import { probe } from "../../device/recorder/sources/probe.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError, EXIT } from "../errors.ts";
import { explain } from "../explain.ts";
import { untilStopped } from "../until-stopped.ts";
import { freePort, isFree } from "./free-port.ts";
import { Narrator } from "./narrator.ts";
import { StepFailed } from "./step-failed.ts";
import { CHAPTERS, type Ends, type Told, tellStory } from "./story.ts";

const USUAL_PORT = 8080;

export async function run({ options, terminal, signal }: Invocation): Promise<Outcome> {
  const asked = options.text("data");
  const video = await film(options.text("video"));
  const kept = options.text("out");
  if (kept !== undefined) await access(dirname(resolve(kept))); // not found out at the story's end
  const dir = asked === undefined ? await mkdtemp(join(tmpdir(), "doorward-demo-")) : await emptyDir(resolve(asked));
  for (const part of ["device", "owner", "recipient"]) await mkdir(join(dir, part), { mode: 0o700 });
  const appPort = await portOfApp(options.integer("port", { min: 1, max: 65_535 }));
  const stage = { dir, video, appPort, out: kept === undefined ? join(dir, "recipient", "shared.mp4") : resolve(kept) };
  const output = {
    write: (text: string) => (terminal.json ? terminal.note(text.trimEnd()) : terminal.say(text.trimEnd())),
  };
  const narrator = new Narrator(output, { chapters: CHAPTERS, dir, columns: terminal.columns });
  const ends: Ends = [];
  try {
    const told = await tellStory(stage, narrator, ends, signal);
    narrator.plain(`\nThat is the whole story: what left the door is what the owner signed.`);
    if (!options.flag("once")) await stayUp(narrator, told, stage.appPort, signal);
    return { json: { ok: true, ...told } };
  } catch (error) {
    if (signal.aborted) return { json: { ok: false, error: "stopped before the story ended" }, exit: EXIT.interrupted };
    const { message, hint } = error instanceof StepFailed ? error : await explain(error);
    narrator.plain(`\nThis step failed: ${message}`);
    if (hint !== "") narrator.plain(hint);
    return { json: { ok: false, error: message }, exit: EXIT.failed };
  } finally {
    for (const end of ends.toReversed()) await end();
    if (asked === undefined) await rm(dir, { recursive: true, force: true });
  }
}

async function stayUp(narrator: Narrator, { dataDir }: Told, port: number, signal: AbortSignal): Promise<void> {
  const config = join(dataDir, "doorward.toml");
  narrator.plain(
    `The owner's app is at http://localhost:${port}; the line that begins with "Pair:" lets a browser in.`,
  );
  narrator.plain("The simulated door stays up. In another terminal, in this folder:\n");
  narrator.plain(`     node dist/program/doorward.cjs simulate ring --config ${config}`);
  narrator.plain(`     node dist/program/doorward.cjs owner clips --home ${join(dataDir, "..", "owner")}\n`);
  narrator.plain("Ctrl-C ends it.");
  await untilStopped(signal);
}

/** A port that somebody asked for is taken or refused; nobody cares about the default. */
async function portOfApp(asked: number | undefined): Promise<number> {
  if (await isFree(asked ?? USUAL_PORT)) return asked ?? USUAL_PORT;
  if (asked === undefined) return freePort();
  throw new CliError("cli/usage", `port ${asked} is taken`, {
    hint: "Name another one after --port, or leave it out.",
  });
}

/** Looked into before the story begins: a camera that gives nothing would be waited for. */
async function film(file: string | undefined): Promise<string | null> {
  if (file === undefined) return null;
  try {
    await access(file);
  } catch (cause) {
    throw new CliError("cli/not-found", `there is no film ${file}`, {
      cause,
      hint: "Name a video file after --video.",
    });
  }
  try {
    await probe({ ffmpegPath: "ffmpeg", ffprobePath: "ffprobe" }, `file:${resolve(file)}`, []);
  } catch (cause) {
    if (!(cause instanceof RecorderError) || cause.code !== "recorder/source") throw cause;
    throw new CliError("cli/wrong-file", `${file} cannot stand in for the camera: ${cause.message}`, {
      cause,
      hint: "Name a video file that a player shows pictures of, such as an MP4.",
    });
  }
  return resolve(file);
}

/** Keys are never overwritten, so each story begins in a folder of its own. */
async function emptyDir(dir: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  if ((await readdir(dir)).length > 0) {
    throw new CliError("cli/usage", `${dir} is not empty`, {
      hint: "Name a new folder after --data; an earlier demo's keys are not overwritten.",
    });
  }
  return dir;
}
