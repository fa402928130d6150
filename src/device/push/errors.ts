import { CodedError } from "../../protocol/errors.ts";

/** Code → what happened and what to do. */
export const pushErrors = {
  "push/endpoint":
    "A phone named a push address that is no public https:// one: use another distributor, or allow servers of your own with `private_servers` in [push].",
  "push/gone": "A phone's push address is no longer in use; it was forgotten. The app subscribes again when it opens.",
  "push/refused": "A push server refused a wake-up: Apple's wants an address of yours in `contact` of [push].",
  "push/unreachable": "A push server could not be reached: check the doorbell's way to the internet.",
  "push/damaged":
    "web/push.json in the data directory cannot be read: it was set aside; phones subscribe again when their app opens.",
} as const;
export type PushErrorCode = keyof typeof pushErrors;

export class PushError extends CodedError<PushErrorCode> {
  override readonly name = "PushError";
}
