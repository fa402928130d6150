import { connect } from "node:net";
import { join } from "node:path";
import { CliError } from "./errors.ts";

const ANSWER_WITHIN_MS = 10_000;
const MAX_ANSWER_CHARACTERS = 65_536;

/** Path of the socket on which a running daemon takes words from its own machine. */
export function controlSocketPath(dataDir: string): string {
  return join(dataDir, "control.sock");
}

/**
 * Asks the running daemon one thing: a line of JSON there, a line of JSON back.
 * @throws CliError `cli/daemon-not-running`, `cli/not-allowed`, `cli/no-answer`.
 */
export async function askDaemon(
  dataDir: string,
  request: object,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const path = controlSocketPath(dataDir);
  const line = await new Promise<string>((resolve, reject) => {
    const socket = connect(path);
    let text = "";
    const waiting = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
    const end = (settle: () => void): void => {
      waiting.removeEventListener("abort", onAbort);
      socket.destroy();
      settle();
    };
    const onAbort = (): void => {
      const error = signal.aborted
        ? new CliError("cli/interrupted", "stopped while waiting for the daemon")
        : new CliError("cli/no-answer", `the daemon at ${path} gives no answer`, {
            hint: "Restart it: `systemctl restart doorward`.",
          });
      end(() => reject(error));
    };
    waiting.addEventListener("abort", onAbort, { once: true });
    socket.setEncoding("utf8");
    socket.on("error", (error: NodeJS.ErrnoException) => end(() => reject(explainConnect(error, path))));
    socket.on("end", () => end(() => reject(new CliError("cli/no-answer", `the daemon at ${path} hung up`))));
    socket.on("data", (part: string) => {
      text += part;
      const newline = text.indexOf("\n");
      if (newline >= 0) end(() => resolve(text.slice(0, newline)));
      else if (text.length > MAX_ANSWER_CHARACTERS)
        end(() => reject(new CliError("cli/wrong-file", `${path} is no doorbell daemon`)));
    });
    socket.write(`${JSON.stringify(request)}\n`);
  });
  const answer: unknown = JSON.parse(line);
  if (typeof answer !== "object" || answer === null)
    throw new CliError("cli/wrong-file", `${path} is no doorbell daemon`);
  return answer as Record<string, unknown>;
}

function explainConnect(error: NodeJS.ErrnoException, path: string): Error {
  if (error.code === "ENOENT" || error.code === "ECONNREFUSED") {
    return new CliError("cli/daemon-not-running", `no doorbell daemon listens on ${path}`, { cause: error });
  }
  if (error.code === "EACCES" || error.code === "EPERM") {
    return new CliError("cli/not-allowed", `no permission to speak to the daemon on ${path}`, { cause: error });
  }
  return error;
}
