"""Section 3: public keys checked on entry, signatures checked strictly. Big integers, no library."""

import hashlib
from functools import lru_cache

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)
IDENTITY = (0, 1, 1, 0)


def _add(a, b):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    e = (y1 - x1) * (y2 - x2) % P
    f = (y1 + x1) * (y2 + x2) % P
    g = 2 * t1 * t2 * D % P
    h = 2 * z1 * z2 % P
    i, j, k, m = f - e, h - g, h + g, f + e
    return (i * j % P, k * m % P, j * k % P, i * m % P)


def _times(scalar, point):
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _is_identity(point):
    x, y, z, _ = point
    return x % P == 0 and (y - z) % P == 0


def _encode(point):
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decode(data):
    """The point with this canonical encoding, or None."""
    if len(data) != 32:
        return None
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_MINUS_1 % P
    if (x * x - square) % P:
        return None
    if x == 0 and sign:
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = _decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


@lru_cache(maxsize=4096)
def checked_point(public_key):
    """The point of a sound public key, or None."""
    point = _decode(public_key)
    if point is None:
        return None
    if _is_identity(_times(8, point)):
        return None  # small order; L alone would let the identity through
    if not _is_identity(_times(L, point)):
        return None
    return point


def key_is_sound(public_key):
    return checked_point(public_key) is not None


def verify(public_key, message, signature):
    point = checked_point(public_key)
    if point is None or len(signature) != 64:
        return False
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if s >= L or r == b"\1" + bytes(31):
        return False
    k = int.from_bytes(hashlib.sha512(r + public_key + message).digest(), "little") % L
    x, y, z, t = _times(k, point)
    # Encoding the result and comparing bytes also refuses every R that is not canonical.
    return _encode(_add(_times(s, BASE), (P - x, y, z, P - t))) == r


def _expand(seed):
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little")
    return scalar & ~7 & (2**254 - 1) | 2**254, digest[32:]


def public_key_of(seed):
    return _encode(_times(_expand(seed)[0], BASE))


def sign(seed, message):
    scalar, prefix = _expand(seed)
    public_key = _encode(_times(scalar, BASE))
    nonce = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % L
    r = _encode(_times(nonce, BASE))
    k = int.from_bytes(hashlib.sha512(r + public_key + message).digest(), "little") % L
    return r + ((nonce + k * scalar) % L).to_bytes(32, "little")
