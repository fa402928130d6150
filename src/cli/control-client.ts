import { connect } from "node:net";
import { join } from "node:path";
import { type SocketPath, socketPath } from "../device/platform/socket-path.ts";
import { withDeadline } from "./deadline.ts";
import { CliError } from "./errors.ts";

const ANSWER_WITHIN_MS = 10_000;
const MAX_ANSWER_CHARACTERS = 65_536;
const SOCKET = "control.sock";

/**
 * Asks the running daemon one thing: a line of JSON there, a line of JSON back.
 * @throws CliError `cli/daemon-not-running`, `cli/not-allowed`, `cli/no-answer`.
 */
export async function askDaemon(
  { dataDir }: { readonly dataDir: string },
  request: object,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const path = join(dataDir, SOCKET);
  const answer = parseAnswer(await exchange(path, `${JSON.stringify(request)}\n`, signal));
  if (answer === null) throw new CliError("cli/wrong-file", `${path} is no doorbell daemon`);
  return answer;
}

/** Why the daemon did not do it, in its own words. */
export function refusal({ error }: Readonly<Record<string, unknown>>): string {
  return typeof error === "string" ? error : "it gives no reason";
}

function exchange(path: string, line: string, signal: AbortSignal): Promise<string> {
  const waiting = withDeadline(signal, ANSWER_WITHIN_MS);
  const place = placeOf(path);
  const socket = connect(place.path);
  socket.once("connect", place.release);
  socket.once("error", place.release);
  return new Promise<string>((resolve, reject) => {
    const fail = (error: Error): void => reject(error);
    let text = "";
    waiting.addEventListener("abort", () => fail(unanswered(path, signal)), { once: true });
    socket.setEncoding("utf8");
    socket.on("error", (error) => fail(unreachable(error, path)));
    socket.on("end", () => fail(new CliError("cli/no-answer", `the daemon at ${path} hung up`)));
    socket.on("data", (part: string) => {
      text += part;
      const end = text.indexOf("\n");
      if (end >= 0) resolve(text.slice(0, end));
      else if (text.length > MAX_ANSWER_CHARACTERS)
        fail(new CliError("cli/wrong-file", `${path} is no doorbell daemon`));
    });
    socket.write(line);
  }).finally(() => socket.destroy());
}

function parseAnswer(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const answer: unknown = JSON.parse(line);
    return typeof answer === "object" && answer !== null ? (answer as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function unanswered(path: string, signal: AbortSignal): CliError {
  if (signal.aborted) return new CliError("cli/interrupted", "stopped while waiting for the daemon");
  return new CliError("cli/no-answer", `the daemon at ${path} gives no answer`, {
    hint: "Look at its log, and restart it: `systemctl restart doorward`.",
  });
}

function unreachable(error: NodeJS.ErrnoException, path: string): Error {
  switch (error.code) {
    case "ENOENT":
    case "ECONNREFUSED":
      return new CliError("cli/daemon-not-running", `no doorbell daemon listens on ${path}`, { cause: error });
    case "EACCES":
    case "EPERM":
      return new CliError("cli/not-allowed", `no permission to speak to the daemon on ${path}`, { cause: error });
    default:
      return error;
  }
}

function placeOf(path: string): SocketPath {
  try {
    return socketPath(path);
  } catch (error) {
    throw unreachable(error as NodeJS.ErrnoException, path);
  }
}
