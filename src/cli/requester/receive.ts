import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { toHex } from "../../protocol/bytes.ts";
import { RequesterError } from "../../requester/errors.ts";
import { requestOfShare } from "../../requester/proof-bundle.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { type AboutShare, receiveShares } from "../recipient/receive.ts";
import { RequesterHome } from "../requester-home.ts";
import { shortId } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const home = new RequesterHome(invocation);
  await home.signer();
  return receiveShares(invocation, home.recipient, async (share) => aboutShare(share));
}

function aboutShare(share: Uint8Array): AboutShare {
  let digest: Uint8Array | null;
  try {
    digest = requestOfShare(nodeCrypto, share);
  } catch (error) {
    if (error instanceof RequesterError) return { lines: [], json: { request: null } }; // the verdict says what is wrong
    throw error;
  }
  const request = digest === null ? null : toHex(digest);
  const line = request === null ? "answers no request" : `answers request ${shortId(request)}`;
  return { lines: [line], json: { request } };
}
