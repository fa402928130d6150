import { CodedError } from "../../protocol/errors.ts";

/** Why a delivery has to be tried again; each appears in the log only, and the publisher retries by itself. */
export const publisherErrors = {
  "publisher/broker-unreachable":
    "The recipient's broker cannot be reached: check the device's network, or ask the recipient whether the broker in the card runs.",
  "publisher/connection-lost":
    "The connection to the recipient's broker ended; the delivery goes on from where it was.",
} as const;

export type PublisherErrorCode = keyof typeof publisherErrors;

export class PublisherError extends CodedError<PublisherErrorCode> {
  override readonly name = "PublisherError";
}
