import { CodedError } from "../protocol/errors.ts";

/** What each error of the witness means and what to do. */
export const witnessErrors = {
  "witness/not-initialised":
    "There is no witness here: run `doorward register witness init`, or name the right folder with `--data`.",
  "witness/already-initialised": "A witness's key is here already and is never overwritten: use another `--data`.",
  "witness/unknown-log":
    "The witness does not follow this log: run `doorward register witness add` with the log's verifier key.",
  "witness/damaged":
    "The witness's memory of what it cosigned is damaged: it cosigns nothing, since it could cosign a fork. Restore it from a copy made since its last cosignature, or start a new witness under a new key.",
  "witness/newer": "The witness's memory was written by a newer Doorward: install that version; nothing was touched.",
  "witness/write-failed":
    "The disk refused a write, so nothing was cosigned: check that it is writable, healthy and not full.",
  "witness/port": "The witness could not open its port: another program uses it, or the address is not this machine's.",
  "witness/away":
    "A witness did not answer, or not as a witness does: check its address; the others are asked all the same.",
  "witness/refused": "A witness refused to cosign a checkpoint: the message has its answer.",
  "witness/ahead":
    "A witness has cosigned a larger tree than the log has: the log lost entries, or was put back to an older state. Publish nothing until you know which.",
  "witness/false-cosignature":
    "A witness answered with a cosignature that does not verify under its key: check the configured key.",
} as const;

export type WitnessErrorCode = keyof typeof witnessErrors;

export class WitnessError extends CodedError<WitnessErrorCode> {
  override readonly name = "WitnessError";
}
