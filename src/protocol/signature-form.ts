/**
 * What must hold of a signature's 64 bytes before any curve arithmetic.
 * tweetnacl alone takes S+L as well as S, so one message would have many signatures.
 */

/** L, the order of the base point, little-endian as signatures carry S. */
const ORDER = Uint8Array.from([
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0x10,
]);

function isBelowOrder(scalar: Uint8Array): boolean {
  for (let i = 31; i >= 0; i -= 1) {
    const difference = (scalar[i] ?? 0) - (ORDER[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/**
 * R as the identity verifies under a torsion-free key when the signer chose the nonce 0. No honest signer does;
 * libsodium refuses it and OpenSSL does not, so it is ruled out here for all to agree.
 */
function isIdentity(point: Uint8Array): boolean {
  return point[0] === 1 && point.subarray(1).every((byte) => byte === 0);
}

export function isStrictSignatureForm(signature: Uint8Array): boolean {
  return signature.length === 64 && isBelowOrder(signature.subarray(32)) && !isIdentity(signature.subarray(0, 32));
}
