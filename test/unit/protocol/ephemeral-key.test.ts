import { describe, expect, test } from "vitest";
import type { Crypto } from "../../../src/protocol/crypto.ts";
import { sealTo } from "../../../src/protocol/sealed-message.ts";
import { cryptoPorts } from "./crypto-ports.ts";

/** Remembers every array in which a secret of an ephemeral key came or went. */
function watched(crypto: Crypto): { readonly crypto: Crypto; readonly secrets: Uint8Array[] } {
  const secrets: Uint8Array[] = [];
  const kept = (bytes: Uint8Array): Uint8Array => {
    secrets.push(bytes);
    return bytes;
  };
  return {
    secrets,
    crypto: {
      ...crypto,
      randomBytes: (length) => kept(crypto.randomBytes(length)),
      boxKeyFromSecret(secret) {
        const pair = crypto.boxKeyFromSecret(secret);
        return { ...pair, secretKey: kept(pair.secretKey) };
      },
    },
  };
}

describe.each(cryptoPorts)("%s", (_name, crypto) => {
  const receiver = crypto.boxKeyFromSecret(crypto.randomBytes(32));

  test("sealing leaves no array with the ephemeral secret, which would open the message", () => {
    const { crypto: port, secrets } = watched(crypto);
    sealTo(port, receiver.publicKey, Uint8Array.of(1, 2, 3));
    expect(secrets.map((secret) => secret.some((byte) => byte !== 0))).toEqual([false, false]);
  });

  test("the same eye sees a secret that is left", () => {
    const { crypto: port, secrets } = watched(crypto);
    port.boxKeyFromSecret(port.randomBytes(32));
    expect(secrets.every((secret) => secret.some((byte) => byte !== 0))).toBe(true);
  });
});
