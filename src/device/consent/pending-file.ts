import { compareBytes, fromBase64url, toBase64url } from "../../protocol/bytes.ts";
import { decodeJson, encodeJson } from "../../protocol/canonical-json.ts";
import {
  array,
  bytes,
  integer,
  literal,
  nullable,
  object,
  type Shape,
  text,
  type ValueOf,
} from "../../protocol/shape.ts";
import { ConsentError } from "./errors.ts";

/** One owner household cannot need more at once; what comes beyond is refused as `size`. */
export const MAX_PENDING_CONSENTS = 32;
/** Revocations that came first or undid something; beyond it the one that would be forgotten first goes. */
export const MAX_REVOCATIONS = 1024;
const MAX_SIGNERS = 64;
const MAX_PURPOSE_CODE_POINTS = 2048;

const someBytes: Shape<Uint8Array> = {
  read: (json) => fromBase64url(text(Number.MAX_SAFE_INTEGER).read(json)),
  write: toBase64url,
};

const pendingConsent = object({
  token: bytes(16),
  envelopes: array(someBytes, MAX_SIGNERS),
  grant: someBytes,
  card: someBytes,
  facts: nullable(someBytes),
  purpose: text(MAX_PURPOSE_CODE_POINTS),
  /** `waiting` for signers, or `accepted` and in its undo window. */
  state: literal("waiting", "accepted"),
});

const pendingRevocation = object({
  token: bytes(16),
  /** Unix seconds after which the token is worth nothing anyway; 0 until the clock is set. */
  until: integer(0, Number.MAX_SAFE_INTEGER),
});

const pendingFile = object({
  consents: array(pendingConsent, MAX_PENDING_CONSENTS),
  revocations: array(pendingRevocation, MAX_REVOCATIONS),
  version: literal("doorward-pending-1"),
});

export type PendingConsent = ValueOf<typeof pendingConsent>;
export type PendingRevocation = ValueOf<typeof pendingRevocation>;

export interface Pending {
  readonly consents: readonly PendingConsent[];
  readonly revocations: readonly PendingRevocation[];
}

const byToken = (a: { readonly token: Uint8Array }, b: { readonly token: Uint8Array }): number =>
  compareBytes(a.token, b.token);

/** The bytes depend on the entries alone, not on their order or on what was there before. */
export function encodePending({ consents, revocations }: Pending): Uint8Array {
  return encodeJson(
    pendingFile.write({
      consents: consents.toSorted(byToken),
      revocations: revocations.toSorted(byToken),
      version: "doorward-pending-1",
    }),
  );
}

/** @throws {@link ConsentError} `consent/pending-damaged`. */
export function decodePending(file: Uint8Array): Pending {
  try {
    return pendingFile.read(decodeJson(file));
  } catch (cause) {
    throw new ConsentError("consent/pending-damaged", "pending.bin cannot be read", { cause });
  }
}
