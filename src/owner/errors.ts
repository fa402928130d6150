import { CodedError } from "../protocol/errors.ts";

export const ownerErrors = {
  "owner/broker-away":
    "None of the home's brokers can be reached: are you in the right network, and is the doorbell on?",
  "owner/clip-damaged": "The clip does not match what the doorbell signed: it was changed, or its file is damaged.",
  "owner/clip-open": "The clip is still being recorded: try again when it is closed.",
  "owner/damaged-range": "A fragment in the chosen range is damaged: choose a range that leaves it out.",
  "owner/mixed-consent":
    "The parts of a waiting consent do not belong together: do not sign it, and look at the doorbell, which should never offer such a thing.",
  "owner/no-answer": "The doorbell gave no answer: it is away, or it refused; its own log says which and why.",
  "owner/no-key":
    "No key of this owner opens the clip: it was recorded for other members, or its day has left retention.",
  "owner/no-whole-fragment": "No whole fragment lies inside the chosen seconds: choose one of the ranges named.",
  "owner/not-paired": "This owner is not paired with a doorbell: pair first.",
  "owner/pairing-refused": "The doorbell did not take the pairing: its window may be closed, or the household is full.",
  "owner/storage-busy": "Another program keeps changing this owner's storage: try again.",
  "owner/unreadable-answer": "The doorbell's answer has an unknown form: update the doorbell or this program.",
  "owner/upload-first": "Day keys can be forgotten only up to the last day uploaded: upload first.",
} as const;

export type OwnerErrorCode = keyof typeof ownerErrors;

export class OwnerError extends CodedError<OwnerErrorCode> {
  override readonly name = "OwnerError";
}
