import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";

const running = new Set<ChildProcess>();

/** Starts ffmpeg without its talk. The process that runs it must call {@link endFfmpegs} before it exits. */
export function startFfmpeg(
  path: string,
  args: readonly string[],
  stdio: StdioOptions,
  ended: (code: number | null) => void,
): ChildProcess {
  const child = spawn(path, ["-hide_banner", "-nostdin", "-loglevel", "error", ...args], { stdio });
  running.add(child);
  let isOver = false;
  const over = (code: number | null): void => {
    running.delete(child);
    if (isOver) return;
    isOver = true;
    ended(code);
  };
  child.once("error", () => over(null));
  child.once("exit", over);
  return child;
}

export function endFfmpegs(): void {
  for (const child of running) child.kill("SIGKILL");
}
