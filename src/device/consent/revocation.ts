import { equalBytes } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { openStatement } from "../../protocol/envelope.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { revocationStatement } from "../../protocol/statements/revocation.ts";
import type { HouseholdView } from "./ports.ts";

export type RevocationReading =
  | { readonly token: Uint8Array; readonly owner: Uint8Array }
  /** For the log: a code of the protocol, `wrong-device`, or `role`. */
  | { readonly refused: string };

/** Any owner may revoke any token of this device, whoever signed it. */
export function readRevocation(
  crypto: Crypto,
  envelope: Uint8Array,
  device: Uint8Array,
  household: HouseholdView,
): RevocationReading {
  try {
    const keys = household.members.map(({ signKey }) => signKey);
    const { payload, signer } = openStatement(crypto, revocationStatement, envelope, keys);
    if (!equalBytes(payload.device, device)) return { refused: "wrong-device" };
    const isOwner = household.members.some(({ signKey, role }) => role === "owner" && equalBytes(signKey, signer));
    return isOwner ? { token: payload.token, owner: signer } : { refused: "role" };
  } catch (error) {
    if (error instanceof ProtocolError) return { refused: error.code };
    throw error;
  }
}
