"""Section 4: canonical JSON, and bytes inside it."""

import json
import re

from refused import Refused

LARGEST = 2**53 - 1
DEEPEST = 16
_SURROGATE = re.compile("[\ud800-\udfff]")


def _text(value):
    if _SURROGATE.search(value):
        raise ValueError("lone surrogate")
    return json.dumps(value, ensure_ascii=False)


def _write(value, depth):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise ValueError("number out of range")
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if depth == DEEPEST:
        raise ValueError("too deep")
    if isinstance(value, list):
        return "[" + ",".join(_write(item, depth + 1) for item in value) + "]"
    if isinstance(value, dict):
        _ = [_text(name) for name in value]
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(_text(name) + ":" + _write(value[name], depth + 1) for name in names) + "}"
    raise ValueError("no JSON")


def encode(value):
    return _write(value, 0).encode("utf-8")


def _not_an_integer(text):
    raise ValueError(text)


def decode(data, code="json/encoding"):
    try:
        value = json.loads(data.decode("utf-8"), parse_float=_not_an_integer, parse_constant=_not_an_integer)
        again = encode(value)
    except (ValueError, RecursionError) as error:
        raise Refused(code, str(error)) from None
    if again != data:
        raise Refused(code, "not in canonical form")
    return value


_URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_STANDARD = _URL[:-2] + "+/"


def _decode_base64(text, alphabet):
    """Bytes of unpadded base64, or None."""
    if len(text) % 4 == 1 or any(character not in alphabet for character in text):
        return None
    bits = 0
    for character in text:
        bits = bits << 6 | alphabet.index(character)
    spare = len(text) * 6 % 8
    if bits & ((1 << spare) - 1):
        return None
    return (bits >> spare).to_bytes(len(text) * 6 // 8, "big")


def base64url(data):
    bits, spare = int.from_bytes(data, "big"), -len(data) * 8 % 6
    bits <<= spare
    count = (len(data) * 8 + spare) // 6
    return "".join(_URL[bits >> 6 * (count - 1 - i) & 63] for i in range(count))


def base64url_decode(text):
    return _decode_base64(text, _URL)


def envelope_base64_decode(text):
    """Section 5: either alphabet but not both, padded or not."""
    bare = text.rstrip("=")
    if len(text) != len(bare) and (len(text) % 4 or len(text) - len(bare) > 2):
        return None
    data = _decode_base64(bare, _STANDARD)
    return data if data is not None else _decode_base64(bare, _URL)


def standard_base64(data):
    text = base64url(data).replace("-", "+").replace("_", "/")
    return text + "=" * (-len(text) % 4)
