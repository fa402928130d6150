"""Section 13, channel: sealed messages and their bodies."""

import canonical_json
from kinds import is_bytes, is_object, is_one_of, is_text
from primitives import secretbox, secretbox_open, u32, u64
from refused import Refused

BLOCK = 4096
LARGEST_BODY = 1 << 20
_HEAD = 8 + 4
_OVERHEAD = 24 + 16
LARGEST_COUNTER = 2**53 - 1


def _padded(body_length):
    return -(-(_HEAD + body_length) // BLOCK) * BLOCK


def seal(key, nonce, counter, body):
    plain = (u64(counter) + u32(len(body)) + body).ljust(_padded(len(body)), b"\0")
    return nonce + secretbox(plain, nonce, key)


def receive(key, message, accepted=-1):
    """(counter, body); accepted is the highest counter received before, -1 for none."""
    plain_length = len(message) - _OVERHEAD
    if plain_length < BLOCK or plain_length % BLOCK or plain_length > _padded(LARGEST_BODY):
        raise Refused("channel/size")
    plain = secretbox_open(message[24:], message[:24], key)
    if plain is None:
        raise Refused("channel/open")
    counter, length = int.from_bytes(plain[:8], "big"), int.from_bytes(plain[8:12], "big")
    if length > LARGEST_BODY or _padded(length) != len(plain) or any(plain[_HEAD + length:]) or counter > LARGEST_COUNTER:
        raise Refused("channel/padding")
    if counter <= accepted:
        raise Refused("channel/replay")
    return counter, plain[_HEAD:_HEAD + length]


def _anything(_):
    return True


_BODIES = {
    "request": {"id": is_bytes(8), "op": is_text(64), "args": _anything},
    "response": {"id": is_bytes(8), "result": _anything},
    "notice": {"notice": is_text(64), "fields": _anything},
}


def take_body(body):
    """(JSON, attachment), or None for another form."""
    length = int.from_bytes(body[:4], "big")
    if len(body) < 4 or len(body) < 4 + length:
        return None
    try:
        value = canonical_json.decode(body[4:4 + length])
    except Refused:
        return None
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _BODIES:
        return None
    if not is_object({**_BODIES[kind], "kind": is_one_of(kind)})(value):
        return None
    return value, body[4 + length:]
