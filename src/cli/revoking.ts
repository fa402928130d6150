import { nodeCrypto } from "../device/platform/node-crypto.ts";
import { makeRevocation } from "../owner/make-consent.ts";
import type { DoorbellSession } from "./doorbell-session.ts";

/** Forbids a token for good. */
export async function revoke({ doorbell, deviceKey, signer }: DoorbellSession, token: Uint8Array): Promise<void> {
  await doorbell.revoke(await makeRevocation(nodeCrypto, signer, deviceKey, token));
}
