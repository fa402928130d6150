import { CodedError } from "../protocol/errors.ts";

/** What each error of a requester means and what to do. What the register's rules forbid has codes of its own, `request/…`. */
export const requesterErrors = {
  "requester/profile-damaged":
    "The requester's settings cannot be read: restore them from a copy, or begin with another --home.",
  "requester/register-away": "The register does not answer: check its address and the network. Nothing was published.",
  "requester/refused": "The register refused; the message says why. Nothing was published.",
  "requester/unreadable-answer": "The register's answer has an unknown form: is the address that of a register?",
  "requester/not-in-log":
    "The register took the statement, and its log does not show it yet: look again with `doorward requester status`. If it stays away, the register breaks its word: keep what it answered.",
  "requester/no-such-request": "No request of yours of that digest is in the register's log.",
  "requester/not-an-answer":
    "The share does not answer a request of yours that is in the log, so there is nothing to prove.",
  "requester/share-damaged": "The file is not a share, or it was changed: see `doorward recipient verify`.",
} as const;

export type RequesterErrorCode = keyof typeof requesterErrors;

export class RequesterError extends CodedError<RequesterErrorCode> {
  override readonly name = "RequesterError";
}
