import { CodedError } from "../protocol/errors.ts";

/** What each error of the mailbox means and what to do. The `dropped` ones appear in its log only; the client sees its connection end. */
export const mailboxErrors = {
  "mailbox/port": "The mailbox could not open its port: another program uses it, or the address is not this machine's.",
  "mailbox/login": "A client's username and password do not belong together.",
  "mailbox/publish": "A client wrote where it may not; its connection was closed.",
  "mailbox/subscribe": "A client asked to read what is not its own; it hears nothing.",
  "mailbox/retained": "A client tried to leave a retained message; its connection was closed.",
  "mailbox/too-large": "A client sent more than one chunk of a share takes; its connection was closed.",
  "mailbox/too-many-connections": "Too many connections are open, in all or from one address; the newest was closed.",
  "mailbox/inbox-full": "An inbox nobody empties is full; the message was dropped and the doorbell will offer again.",
} as const;

export type MailboxErrorCode = keyof typeof mailboxErrors;

export class MailboxError extends CodedError<MailboxErrorCode> {
  override readonly name = "MailboxError";
}
