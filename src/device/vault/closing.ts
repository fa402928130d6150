import { concatBytes, wipe } from "../../protocol/bytes.ts";
import { CLOSING, encodeClosingRecord } from "../../protocol/clip-file.ts";
import { clipSigningSeed } from "../../protocol/clip-key.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import {
  encodePayload,
  type Signer,
  seedSigner,
  signPayload,
  signStatement,
  statementDigest,
} from "../../protocol/envelope.ts";
import { clipKeyStatement } from "../../protocol/statements/clip-key.ts";
import { type Manifest, manifestStatement } from "../../protocol/statements/manifest.ts";
import type { LeafSet } from "./leaf-set.ts";

/** What ends a clip file. */
export interface Closing {
  readonly manifest: Uint8Array;
  readonly clipKey: Uint8Array;
  readonly manifestDigest: Uint8Array;
}

/** Signs what the clip consists of with the clip's own key, and with the device key that this key is the device's. */
export async function signClosing(
  crypto: Crypto,
  deviceSigningSeed: Uint8Array,
  clip: Uint8Array,
  leaves: LeafSet,
  state: Pick<Manifest, "closed" | "clock">,
): Promise<Closing> {
  const seed = clipSigningSeed(crypto, deviceSigningSeed, clip);
  const pair = crypto.signingKeyFromSeed(seed);
  wipe(seed);
  const signer: Signer = { publicKey: pair.publicKey, sign: async (message) => crypto.sign(pair.secretKey, message) };
  const device = seedSigner(crypto, deviceSigningSeed);
  const payload = encodePayload(manifestStatement, {
    clip,
    clipKey: signer.publicKey,
    leaves: leaves.counts(),
    root: leaves.root(crypto),
    ...state,
  });
  const manifest = await signPayload(crypto, manifestStatement, payload, signer);
  wipe(pair.secretKey);
  const binding = { device: device.publicKey, clip, clipKey: signer.publicKey };
  const clipKey = await signStatement(crypto, clipKeyStatement, binding, device);
  return { manifest, clipKey, manifestDigest: statementDigest(crypto, manifestStatement, payload) };
}

/** Both records as one write: a file has either none, or a part that recovery recognises. */
export function closingRecords(crypto: Crypto, { manifest, clipKey }: Closing): Uint8Array {
  return concatBytes(
    encodeClosingRecord(crypto, CLOSING.manifest, manifest),
    encodeClosingRecord(crypto, CLOSING.clipKey, clipKey),
  );
}
