import { CodedError } from "../../protocol/errors.ts";

/** Why a register's log could not be mirrored; the copy that is there stays, and the next fixed minute tries again. */
export const mirrorErrors = {
  "mirror/unreachable":
    "A register could not be reached, or hung up: members see the copy there is, and are told when it has become stale.",
  "mirror/status":
    "A register answered with an error, or sent the doorbell elsewhere: check its address in `registers.follow`.",
  "mirror/missing":
    "A register lacks a file that its checkpoint promises: it is at fault, or the address is not its own.",
  "mirror/too-large": "A register sent a file larger than any of its kind can be: it is at fault, or is none.",
  "mirror/no-checkpoint":
    "A register's checkpoint has no size in its second line: the address is not that of a register's log.",
  "mirror/no-room":
    "A register's log grew by more than one fetch takes: its checkpoint lies, or members have to follow it directly.",
} as const;

export type MirrorErrorCode = keyof typeof mirrorErrors;

export class MirrorError extends CodedError<MirrorErrorCode> {
  override readonly name = "MirrorError";
}
