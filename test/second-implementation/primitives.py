"""Section 3: hashes, boxes, X25519."""

import hashlib
import hmac as _hmac

import nacl.bindings as sodium
import nacl.exceptions

from refused import Refused

ZERO_NONCE = bytes(24)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hmac(key, *data):
    return _hmac.new(key, b"".join(data), hashlib.sha256).digest()


def hkdf(ikm, salt, info, length):
    pseudorandom = hmac(salt, ikm)
    block, out, count = b"", b"", 1
    while len(out) < length:
        block = hmac(pseudorandom, block, info, bytes([count]))
        out, count = out + block, count + 1
    return out[:length]


def own(label, *parts):
    return sha256(b"doorward/v1/", label.encode("ascii"), b"\0", *parts)


def u32(number):
    return number.to_bytes(4, "big")


def u64(number):
    return number.to_bytes(8, "big")


def secretbox(plain, nonce, key):
    return sodium.crypto_secretbox(plain, nonce, key)


def secretbox_open(ciphertext, nonce, key):
    """The plain text, or None."""
    try:
        return sodium.crypto_secretbox_open(ciphertext, nonce, key)
    except (nacl.exceptions.CryptoError, nacl.exceptions.TypeError, nacl.exceptions.ValueError):
        return None


def x25519_public(secret):
    return sodium.crypto_scalarmult_base(secret)


def x25519(secret, public):
    try:
        shared = sodium.crypto_scalarmult(secret, public)
    except nacl.exceptions.CryptoError:
        raise Refused("key/weak") from None
    if shared == bytes(32):
        raise Refused("key/weak")
    return shared


def sealed_open(message, secret):
    """Opens `ephemeral public key 32 · box(plain)`; None where it does not open."""
    if len(message) < 32 + 16:
        return None
    try:
        return sodium.crypto_box_open(message[32:], ZERO_NONCE, message[:32], secret)
    except nacl.exceptions.CryptoError:
        return None
