import type { StatementKind } from "../envelope.ts";
import { boolean, bytes, integer, object, type ValueOf } from "../shape.ts";

const count = integer(0, 0xffff_ffff);

const shape = object({
  delivery: bytes(16),
  /** SHA-256 of the whole share. */
  share: bytes(32),
  /** Chunks held from the first on without a gap: the next one wanted. */
  next: count,
  chunks: count,
  /** All chunks are there and their digest is the share's. */
  complete: boolean,
});

/** How far a delivery has come, signed by the recipient's card key. */
export type Receipt = ValueOf<typeof shape>;

export const receiptStatement: StatementKind<Receipt> = { kind: "receipt", shape };
