/** Errors with codes: callers compare `code`, never text. */

export class CodedError<Code extends string> extends Error {
  readonly code: Code;
  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Codes of {@link ProtocolError}: what the peer sent, or the file said, that this protocol does not allow. */
export const protocolErrors = {
  "bytes/encoding": "Text is not strict hexadecimal, base64 or UTF-8: ask the sender for the original.",
  "json/encoding": "Bytes are not canonical JSON (RFC 8785, integers only): the writer is at fault.",
  "json/shape": "JSON has a missing, unknown or ill-formed member: the writer is at fault or newer.",
  "key/weak": "A key agreement gave all zeros (a key of small order): drop the peer's key.",
  "statement/size": "A statement is larger than 16 KiB: drop it.",
  "statement/encoding": "A statement is not canonical JSON, or its base64 is not strict: drop it.",
  "statement/shape":
    "A statement lacks a member, has one too many or one out of range, or is of another kind: drop it.",
  "statement/version": "A statement has a version this software does not know: update one of the two sides.",
  "statement/signature": "A statement's signature does not verify under its signer's key: drop it.",
  "statement/unknown-signer": "A statement names a signer that is not among the known keys: drop it.",
  "leaf/shape": "Leaf data has a wrong length or an unknown lane: the file or share is damaged.",
  "fragment/ciphertext-hash": "A fragment's ciphertext is not the one its leaf names: it was changed or damaged.",
  "fragment/key-commitment": "A fragment key is not the one its leaf commits to: refuse the grant.",
  "fragment/open": "A fragment's ciphertext does not open under its key: it was never sealed with it.",
  "wrap/shape": "A wrap is not 84 bytes long: the clip file is damaged.",
  "grant/shape": "A grant's content is not a sorted list of fragment keys: refuse it.",
  "share/shape": "A share is not the ustar archive with the fixed names and order: refuse it.",
  "clip-file/head": "A clip file's head is damaged or not a Doorward clip file: restore it from a copy.",
  "clip-file/record": "A clip file's record is damaged: what lies before it can be kept.",
  "meta/shape": "A clip's meta record is not of the known form: the clip plays, its times are unknown.",
  "channel/size": "A link message has a size no sender writes: drop it.",
  "channel/open": "A link message does not open under the pair's key: drop it.",
  "channel/padding": "A link message's length or padding is wrong: drop it.",
  "channel/replay": "A link message's counter did not rise: drop it.",
  "pairing/qr": "The pairing code is not one of Doorward's: scan it again.",
  "pairing/shape": "A pairing message has a wrong form: drop it.",
  "pairing/mac": "A pairing message's MAC is wrong: three of them close the window.",
  "pairing/signature": "The doorbell's pairing statement is not signed by the scanned key: stop, start again.",
  "live/description":
    "A session description is too long or does not name exactly one SHA-256 fingerprint: refuse the view.",
  "live/mismatch":
    "A session description is not the one that was signed, or is for another view: somebody changed it on its way; show nothing.",
  "mp4/shape": "Bytes are not the fragmented MP4 this software writes: the recording is damaged.",
} as const;

export type ProtocolErrorCode = keyof typeof protocolErrors;

/** A peer, a file or a person gave bytes that the protocol does not allow. */
export class ProtocolError extends CodedError<ProtocolErrorCode> {
  override readonly name = "ProtocolError";
}
