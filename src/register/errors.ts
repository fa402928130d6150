import { CodedError } from "../protocol/errors.ts";

/** What each error of the register means and what to do. */
export const registerErrors = {
  "register/not-initialised":
    "There is no register here: run `doorward register serve` or `doorward register init`, or name the right folder with `--data`.",
  "register/already-initialised": "A register's keys are here already and are never overwritten: use another `--data`.",
  "register/in-use":
    "Another process has this register open: one writes a log, or it would fork. Stop the other first.",
  "register/damaged":
    "The register's files are not those that it signed: nothing is accepted. Restore them from a copy or a mirror, with the signed checkpoint; `doorward register check` says what is wrong.",
  "register/write-failed":
    "The disk refused a write, so nothing was accepted: check that it is writable, healthy and not full, then send it again.",
  "register/port":
    "The register could not open its port: another program uses it, or the address is not this machine's.",
  "register/no-operator-key":
    "The operator's key is not here: name its file with `--key`, or run the command where it is kept.",
  "register/too-large": "More than a statement's 16 KiB was sent: send one statement.",
  "register/not-found": "Nothing has this address: statements go to `/statements/<kind>`, the log is at `/checkpoint`.",
  "register/busy": "The register has more to do than it can: send it again in some seconds.",
  "register/slow-down": "Too much from this connection was refused: read the refusals, then open a new one.",
  "register/stopping": "The register is being stopped: send it again when it runs.",
  "register/internal": "The register could not do it: its operator finds why in its log. Nothing was accepted.",
  "register/away": "The register did not answer: check the address and the network.",
} as const;

export type RegisterErrorCode = keyof typeof registerErrors;

export class RegisterError extends CodedError<RegisterErrorCode> {
  override readonly name = "RegisterError";
}
