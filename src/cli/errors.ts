import { CodedError } from "../protocol/errors.ts";

/** What each exit status of `doorward` means; docs/ref/cli.md prints this table. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notVerified: 4,
  notReady: 5,
  noAnswer: 6,
  declined: 7,
  cannotStart: 78,
  interrupted: 130,
} as const;
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

export const exitMeanings: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: "Done.",
  failed: "Something went wrong that is not listed below; the message says what.",
  usage: "The command line is wrong: an unknown flag, a missing argument, a value out of range.",
  notFound: "No such clip, share, member or file.",
  notVerified: "Checked and found wrong: a share that does not verify, a store with findings.",
  notReady: "Something must come first: `init`, `run`, pairing, a camera.",
  noAnswer: "The doorbell or a broker did not answer in time.",
  declined: "You answered no; nothing was sent.",
  cannotStart:
    "Only where systemd runs `run`: something must be mended first, and no restart helps, so it stays stopped.",
  interrupted: "Stopped by Ctrl-C.",
};

export const cliErrors = {
  "cli/usage": "The command line is wrong: see `--help` of the command.",
  "cli/not-initialised": "This device has no keys yet: run `doorward init`.",
  "cli/already-initialised":
    "Keys exist already and are never overwritten: move them away first if you mean to start anew.",
  "cli/daemon-not-running":
    "No doorbell daemon answers here: start it with `doorward run` or `systemctl start doorward`.",
  "cli/daemon-refused": "The daemon runs but does not do that; the message says why.",
  "cli/daemon-runs": "Stop the daemon first: `systemctl stop doorward`, or Ctrl-C in its terminal.",
  "cli/not-allowed":
    "You lack the rights on this file: run as the doorbell's user, for example `sudo -u doorward doorward …`.",
  "cli/no-owner": "There are no owner's keys here: run `doorward owner init`, or name the right folder with `--home`.",
  "cli/not-paired":
    "This home knows no doorbell: run `doorward pair` at the doorbell, then `doorward owner pair TEXT` here.",
  "cli/already-paired": "This home has a doorbell already: use another `--home` for a second one.",
  "cli/pairing-failed":
    "The doorbell did not accept the pairing: open a new window with `doorward pair` and use its newest text.",
  "cli/no-answer":
    "A doorbell answers nothing to input that it refuses: its own log says why (`journalctl -u doorward`). It may also be switched off, or its broker out of reach.",
  "cli/no-recipient": "This recipient has no keys yet: run `doorward recipient init --name NAME --mailbox URL`.",
  "cli/no-requester": "This requester has no keys yet: run `doorward requester init`.",
  "cli/wrong-file": "The file is not what this command reads.",
  "cli/not-found": "Nothing here has that name; list what there is first.",
  "cli/ambiguous": "Several begin like that: give more characters.",
  "cli/held": "A hold keeps it: end that with `doorward owner unhold NAME`, if you may.",
  "cli/nothing-in-range": "No whole fragment lies in that range: ask for more seconds.",
  "cli/too-late": "It has left already, or ended: `doorward owner revoke` ends what is still under way.",
  "cli/too-early": "It may not leave yet: wait for the undo window, or for the owners who have not signed.",
  "cli/declined": "Nothing was sent. Add `--yes` to answer beforehand.",
  "cli/interrupted": "Stopped before it was done.",
} as const;
export type CliErrorCode = keyof typeof cliErrors;

const exitOf: Readonly<Record<CliErrorCode, ExitStatus>> = {
  "cli/usage": EXIT.usage,
  "cli/not-initialised": EXIT.notReady,
  "cli/already-initialised": EXIT.failed,
  "cli/daemon-not-running": EXIT.notReady,
  "cli/daemon-refused": EXIT.failed,
  "cli/daemon-runs": EXIT.failed,
  "cli/not-allowed": EXIT.failed,
  "cli/no-owner": EXIT.notReady,
  "cli/not-paired": EXIT.notReady,
  "cli/already-paired": EXIT.failed,
  "cli/pairing-failed": EXIT.noAnswer,
  "cli/no-answer": EXIT.noAnswer,
  "cli/no-recipient": EXIT.notReady,
  "cli/no-requester": EXIT.notReady,
  "cli/wrong-file": EXIT.failed,
  "cli/not-found": EXIT.notFound,
  "cli/ambiguous": EXIT.usage,
  "cli/held": EXIT.failed,
  "cli/nothing-in-range": EXIT.usage,
  "cli/too-late": EXIT.failed,
  "cli/too-early": EXIT.notReady,
  "cli/declined": EXIT.declined,
  "cli/interrupted": EXIT.interrupted,
};

export interface CliErrorOptions extends ErrorOptions {
  /** What to do, where the general line for the code would be too vague. */
  readonly hint?: string;
}

/** A failure that is told to a person: what happened, and (by its code) what to do and which exit status. */
export class CliError extends CodedError<CliErrorCode> {
  override readonly name = "CliError";
  readonly hint: string;
  readonly exit: ExitStatus;
  constructor(code: CliErrorCode, message: string, options: CliErrorOptions = {}) {
    super(code, message, options);
    this.hint = options.hint ?? cliErrors[code];
    this.exit = exitOf[code];
  }
}
