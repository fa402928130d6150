import { nodeCrypto, nodeCryptoWith } from "../../../src/device/platform/node-crypto.ts";
import type { Crypto } from "../../../src/protocol/crypto.ts";
import { portableCrypto } from "../../../src/protocol/portable-crypto.ts";

/** Everything that stands behind the port; each test of bytes runs through all of them. */
export const cryptoPorts: readonly (readonly [name: string, crypto: Crypto])[] = [
  ["portable", portableCrypto],
  ["node", nodeCrypto],
  ["node without sodium", nodeCryptoWith(null)],
];
