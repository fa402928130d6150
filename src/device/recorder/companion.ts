import { type ChildProcess, execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { RecorderError } from "./errors.ts";
import type { Companion } from "./sources/camera-streams.ts";

const run = promisify(execFile);

/** A named pipe holds bytes in the kernel only; nothing of it reaches a disk. Node has no call that makes one. */
export async function makePipe({ pipePath }: Companion): Promise<void> {
  await run("mkfifo", ["-m", "600", pipePath]);
}

/** Ends by itself when ffmpeg does: its pipe breaks. */
export function startCompanion(companion: Companion, onFailure: (error: RecorderError) => void): ChildProcess {
  const child = spawn(companion.program, companion.arguments, { stdio: "ignore" });
  child.once("error", (cause) =>
    onFailure(new RecorderError("recorder/program-missing", `cannot run ${companion.program}`, { cause })),
  );
  return child;
}
