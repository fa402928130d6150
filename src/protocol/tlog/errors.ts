import { CodedError } from "../errors.ts";

/** What each error of a transparency log means and what to do. */
export const logErrors = {
  "log/malformed":
    "A checkpoint, tile, bundle or proof is not of the C2SP form: fetch it again, or from another mirror; else the log is at fault.",
  "log/key":
    "Not a key for notes: a verifier key is `name+hash+base64` of type Ed25519 or cosignature/v1, its name without spaces and plus signs. Copy it again.",
  "log/policy":
    "The keys a log is judged by contradict each other: every witness needs a key of its own, and the quorum at most as many.",
  "log/other-origin": "The checkpoint is of another log than the one that was asked for: check the address.",
  "log/unsigned":
    "The checkpoint is not signed by the log's key: check the key, and do not trust what the address serves.",
  "log/unwitnessed":
    "Too few known witnesses have cosigned the checkpoint: wait until they have; if it stays so, the log may be showing you a view of your own.",
  "log/stale": "The witnesses' newest cosignatures are too old: the log or its mirror has stopped, or holds news back.",
  "log/shrunk":
    "The log shows fewer entries than it did before: an old copy, or entries were taken away. Keep both checkpoints.",
  "log/forked":
    "The log signed two checkpoints that cannot both be true: it rewrote its past or shows different people different logs. Keep both checkpoints and publish them.",
  "log/damaged":
    "Tiles or entries do not lead to the root that the log signed: fetch them from another mirror; else the log is at fault.",
  "log/missing": "A file that the checkpoint promises is not there: try another mirror, or later.",
  "log/unreachable": "The log could not be reached: check the address and the network.",
  "log/not-included":
    "The entry is not in the log at the place that the proof says: the proof is for another entry, or forged.",
  "log/entry-size": "An entry is longer than the 65,535 bytes that a bundle can hold.",
} as const;

export type LogErrorCode = keyof typeof logErrors;

/** Two checkpoints, whole signed notes, that cannot both be of one append-only log. */
export interface ForkEvidence {
  readonly older: Uint8Array;
  readonly newer: Uint8Array;
}

export class LogError extends CodedError<LogErrorCode> {
  override readonly name = "LogError";
  /** With `log/forked` and `log/shrunk`: what proves it to others. */
  readonly evidence: ForkEvidence | null;

  constructor(code: LogErrorCode, message: string, options?: ErrorOptions & { readonly evidence?: ForkEvidence }) {
    super(code, message, options);
    this.evidence = options?.evidence ?? null;
  }
}
