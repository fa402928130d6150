/** `doorward/protocol`: wire formats and cryptography, unchanged in Node and browser. */

export { checkPublicKey, verifySignature } from "./verify.ts";
