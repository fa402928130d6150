import { CodedError } from "../errors.ts";

/** Why a register refuses a statement, a phone does not show a request, or the auditor names a leaf. */
export const requestErrors = {
  "register-leaf/shape": "An entry of the log is not a leaf of a register: the register is at fault; audit it.",
  "register-leaf/first": "A register's log begins with its own statement, and only there: the register is at fault.",
  "register-leaf/back-dated": "A leaf's time is before that of an earlier leaf: the register is at fault; audit it.",
  "register-leaf/future": "A leaf's time has not come yet: the register's clock is wrong, or yours.",
  "register-leaf/operator": "A statement that only the register's operator may make has another signature.",
  "register-leaf/unknown-requester": "A revocation names a requester without an accreditation.",
  "request/other-register": "The statement was made for another register: make one for this register.",
  "request/no-rules": "The register has not published its rules yet: its operator publishes them first.",
  "request/unaccredited":
    "Nobody has vouched for this requester key here: ask the register's operator for an accreditation.",
  "request/revoked": "The accreditation of this requester was revoked: ask the register's operator.",
  "request/agency": "The agency named is not the one that the accreditation names: use exactly that name.",
  "request/radius": "The radius is outside the limits: ask for a circle of 150 to 650 m, or of what the rules allow.",
  "request/window-quarter": "The window does not begin and end on a quarter of an hour: round it.",
  "request/window-length": "The window is too short or too long: ask for 15 minutes to 12 hours.",
  "request/window-future": "The window ends after now: only what has happened may be asked for.",
  "request/expired": "The request has expired: make a new one.",
  "request/expiry": "The request runs for too long: let it expire within 14 days.",
  "request/text-form": "The text is not in Unicode form NFC, or has control or direction characters: write plain text.",
  "request/text-length": "The text is empty or too long: at most 280 characters, or what the rules allow.",
  "request/pressing-words":
    "The text presses or threatens: say what happened and what would help, without the words named.",
  "request/replayed": "This very request is in the log already.",
  "request/extends":
    "An extension repeats agency, case, area and window of an own request that has not expired, and expires later.",
  "request/daily-limit": "This requester has made all requests of the day (UTC): go on tomorrow.",
  "request/overlap":
    "The area and window overlap those of a request of the last 24 hours: wait, or extend your own request.",
  "request/signature": "The signature is not that of the requester's key: sign with the accredited key.",
  "request/card": "The recipient card in the request is not one, or its signature is wrong: embed the card as it is.",
  "request/no-such-request": "The outcome names no request of this requester in the log.",
  "request/outcome-closed": "The request has its last outcome already, or four of them.",
  "request/outcome-day":
    "The outcome's day is wrong: what was deleted was deleted by today, what is kept is kept from today.",
} as const;

export type RequestErrorCode = keyof typeof requestErrors;

export class RequestError extends CodedError<RequestErrorCode> {
  override readonly name = "RequestError";
}
