import { CommanderError } from "commander";
import { CodedError } from "../protocol/errors.ts";
import { CliError, EXIT, type ExitStatus } from "./errors.ts";

export interface Explanation {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exit: ExitStatus;
}

/** Codes of other parts whose meaning is more than "failed". */
const exitOfCode: Readonly<Record<string, ExitStatus>> = {
  "device-key/missing": EXIT.notReady,
  "vault/clip-not-found": EXIT.notFound,
};

/** Turns whatever was thrown into what a person and a script need: one line, what to do, and an exit status. */
export function explain(error: unknown): Explanation {
  if (error instanceof CliError) {
    return { code: error.code, message: error.message, hint: error.hint, exit: error.exit };
  }
  if (error instanceof CommanderError) {
    const message =
      error.code === "commander.help" ? "no command given" : error.message.replace(/^error: /, "").replace(/\n/g, " ");
    return {
      code: "cli/usage",
      message,
      hint: "See `doorward --help`, or `--help` after any command.",
      exit: EXIT.usage,
    };
  }
  if (error instanceof CodedError) {
    const code = String(error.code);
    return { code, message: error.message, hint: "", exit: exitOfCode[code] ?? EXIT.failed };
  }
  if (!(error instanceof Error)) return { code: "cli/failed", message: String(error), hint: "", exit: EXIT.failed };
  return explainSystem(error as NodeJS.ErrnoException);
}

function explainSystem(error: NodeJS.ErrnoException): Explanation {
  const code = error.code ?? "cli/failed";
  const place = error.path ?? "";
  switch (code) {
    case "ABORT_ERR":
      return { code: "cli/interrupted", message: "stopped before it was done", hint: "", exit: EXIT.interrupted };
    case "ENOENT":
      return { code, message: `${place} does not exist`, hint: "Check the path.", exit: EXIT.notFound };
    case "EACCES":
    case "EPERM":
      return { code, message: `no permission for ${place}`, hint: "Run as the user that owns it.", exit: EXIT.failed };
    case "ENOSPC":
      return { code, message: "the disk is full", hint: "Free some space and repeat.", exit: EXIT.failed };
    case "EADDRINUSE":
      return {
        code,
        message: error.message,
        hint: "Another program listens there: choose another port.",
        exit: EXIT.failed,
      };
    case "ECONNREFUSED":
    case "ENOTFOUND":
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
      return {
        code,
        message: `cannot reach the broker: ${error.message || code}`,
        hint: "Check its address, and that it runs.",
        exit: EXIT.noAnswer,
      };
    default:
      return { code, message: error.message, hint: "", exit: EXIT.failed };
  }
}
