import { CommanderError } from "commander";
import { CodedError } from "../protocol/errors.ts";
import { CannotStart } from "./cannot-start.ts";
import { CliError, EXIT, type ExitStatus } from "./errors.ts";

export interface Explanation {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exit: ExitStatus;
}

type ErrorTable = Readonly<Record<string, string>>;

/** By the first part of a code; loaded when something failed, not before. */
const tables: Readonly<Record<string, () => Promise<ErrorTable>>> = {
  audit: async () => (await import("../device/audit/errors.ts")).auditErrors,
  config: async () => (await import("../device/config/errors.ts")).configErrors,
  consent: async () => (await import("../device/consent/errors.ts")).consentErrors,
  "device-key": async () => (await import("../device/device-keys.ts")).deviceKeyErrors,
  link: async () => (await import("../device/link/errors.ts")).linkErrors,
  log: async () => (await import("../protocol/tlog/errors.ts")).logErrors,
  mirror: async () => (await import("../device/mirror/errors.ts")).mirrorErrors,
  owner: async () => (await import("../owner/errors.ts")).ownerErrors,
  recipient: async () => (await import("../recipient/errors.ts")).recipientErrors,
  register: async () => (await import("../register/errors.ts")).registerErrors,
  gpio: async () => (await import("../device/sensor/errors.ts")).sensorErrors,
  "register-leaf": async () => (await import("../protocol/register/errors.ts")).requestErrors,
  request: async () => (await import("../protocol/register/errors.ts")).requestErrors,
  recorder: async () => (await import("../device/recorder/errors.ts")).recorderErrors,
  statement: async () => (await import("../protocol/errors.ts")).protocolErrors,
  requester: async () => (await import("../requester/errors.ts")).requesterErrors,
  vault: async () => (await import("../device/vault/errors.ts")).vaultErrors,
  witness: async () => (await import("../witness/errors.ts")).witnessErrors,
};

/** Codes of other parts that say more than "failed". */
const exitOfCode: Readonly<Record<string, ExitStatus>> = {
  "config/missing": EXIT.notFound,
  "device-key/missing": EXIT.notReady,
  "log/damaged": EXIT.notVerified,
  "log/forked": EXIT.notVerified,
  "log/malformed": EXIT.notVerified,
  "log/missing": EXIT.noAnswer,
  "log/not-included": EXIT.notVerified,
  "log/other-origin": EXIT.notVerified,
  "log/shrunk": EXIT.notVerified,
  "log/stale": EXIT.notVerified,
  "log/unreachable": EXIT.noAnswer,
  "log/unsigned": EXIT.notVerified,
  "log/unwitnessed": EXIT.notVerified,
  "owner/broker-away": EXIT.noAnswer,
  "owner/clip-damaged": EXIT.notVerified,
  "owner/mixed-consent": EXIT.notVerified,
  "owner/no-answer": EXIT.noAnswer,
  "owner/no-whole-fragment": EXIT.usage,
  "owner/not-paired": EXIT.notReady,
  "owner/pairing-refused": EXIT.noAnswer,
  "register/away": EXIT.noAnswer,
  "register/damaged": EXIT.notVerified,
  "register/no-operator-key": EXIT.notReady,
  "register/not-initialised": EXIT.notReady,
  "requester/no-such-request": EXIT.notFound,
  "requester/not-in-log": EXIT.noAnswer,
  "requester/register-away": EXIT.noAnswer,
  "requester/share-damaged": EXIT.notVerified,
  "vault/clip-not-found": EXIT.notFound,
  "witness/not-initialised": EXIT.notReady,
};

/** Turns whatever was thrown into what a person and a script need: one line, what to do, and an exit status. */
export async function explain(error: unknown): Promise<Explanation> {
  if (error instanceof CliError) {
    return { code: error.code, message: error.message, hint: error.hint, exit: error.exit };
  }
  if (error instanceof CannotStart) return explainStart(error);
  if (error instanceof CommanderError) return explainCommandLine(error);
  if (error instanceof CodedError) {
    const code = String(error.code);
    const hint = (await tables[code.split("/")[0] ?? ""]?.())?.[code] ?? "";
    return { code, message: error.message, hint, exit: exitOfCode[code] ?? EXIT.failed };
  }
  if (error instanceof Error) return explainSystem(error);
  return { code: "cli/failed", message: String(error), hint: "", exit: EXIT.failed };
}

async function explainStart({ cause }: CannotStart): Promise<Explanation> {
  const { code, message, hint } = await explain(cause);
  const oneLine = `${code}: ${message.replaceAll(/\s*\n\s*/g, " ")}${hint === "" ? "" : ` ${hint}`}`;
  return { code, message: oneLine, hint: "", exit: EXIT.cannotStart };
}

function explainCommandLine(error: CommanderError): Explanation {
  const given = error.message.replace(/^error: /, "").replaceAll("\n", " ");
  const message = error.code === "commander.help" ? "no command given" : given;
  return {
    code: "cli/usage",
    message,
    hint: "See `doorward --help`, or `--help` after any command.",
    exit: EXIT.usage,
  };
}

function explainSystem(error: NodeJS.ErrnoException): Explanation {
  const code = error.code ?? "cli/failed";
  const place = error.path ?? "the file";
  const failed = (message: string, hint: string, exit: ExitStatus = EXIT.failed): Explanation => {
    return { code, message, hint, exit };
  };
  switch (code) {
    case "ABORT_ERR":
      return { code: "cli/interrupted", message: "stopped before it was done", hint: "", exit: EXIT.interrupted };
    case "ENOENT":
      return failed(`${place} does not exist`, "Check the path.", EXIT.notFound);
    case "EISDIR":
      return failed(`${place} is a folder`, "Name a file in it.");
    case "EACCES":
    case "EPERM":
      return failed(`no permission for ${place}`, "Run as the user that owns it, or name another path.");
    case "ENOSPC":
      return failed("the disk is full", "Free some space and repeat.");
    case "EADDRINUSE":
      return failed(error.message, "Another program listens there: choose another port.");
    default:
      return failed(error.message, "");
  }
}
