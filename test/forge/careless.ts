import { createPublicKey, verify } from "node:crypto";
import nacl from "tweetnacl";
import { fragmentNonce } from "../../src/protocol/clip-keys.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import { seedSigner } from "../../src/protocol/envelope.ts";
import { malleated, smallOrderPoints } from "../unit/protocol/ed25519-points.ts";
import { twoKeySecretbox } from "../unit/protocol/two-key-secretbox.ts";

/** Shows that a forgery is real: code without the one check that is tested takes it. */
export interface CarelessCheck {
  readonly name: string;
  takesIt(crypto: Crypto): boolean | Promise<boolean>;
}

const SPKI_ED25519 = Buffer.from("302a300506032b6570032100", "hex");

export const carelessChecks: readonly CarelessCheck[] = [
  {
    name: "tweetnacl alone takes S + L in the place of S",
    async takesIt(crypto) {
      const signer = seedSigner(crypto, crypto.randomBytes(32));
      const message = crypto.randomBytes(100);
      return nacl.sign.detached.verify(message, malleated(await signer.sign(message)), signer.publicKey);
    },
  },
  {
    name: "node:crypto alone takes one signature for every message under the identity point",
    takesIt(crypto) {
      const identity = smallOrderPoints[0] ?? new Uint8Array(32);
      const key = createPublicKey({ key: Buffer.concat([SPKI_ED25519, identity]), format: "der", type: "spki" });
      const signature = Uint8Array.of(1, ...new Uint8Array(63));
      return [1, 2, 3].every(() => verify(null, crypto.randomBytes(64), key, signature));
    },
  },
  {
    name: "secretbox alone opens one ciphertext under two keys to two texts",
    takesIt(crypto) {
      const nonce = fragmentNonce(crypto.randomBytes(16), 1, 5);
      const [one, two] = [crypto.randomBytes(32), crypto.randomBytes(32)];
      const sealed = twoKeySecretbox(one, two, nonce);
      const texts = [one, two].map((key) => crypto.openSecretbox(sealed, nonce, key));
      return texts.every((text) => text !== null) && String(texts[0]) !== String(texts[1]);
    },
  },
];
