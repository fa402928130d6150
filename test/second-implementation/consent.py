"""Section 9: the grant and the facts of a consent."""

import canonical_json
from canonical_json import LARGEST
from kinds import is_integer, is_object, is_text, or_null
from primitives import own, sealed_open
from refused import Refused

_ENTRY = 1 + 4 + 32


class NotForUs(Exception):
    """A grant that does not open: sealed to somebody else, or changed. The page gives it no code."""


class Grant:
    def __init__(self, data, box_secret):
        plain = sealed_open(data, box_secret)
        if plain is None:
            raise NotForUs
        if len(plain) < 16 or (len(plain) - 16) % _ENTRY:
            raise Refused("grant/shape")
        self.clip = plain[:16]
        self.keys = {}
        last = None
        for at in range(16, len(plain), _ENTRY):
            place = (plain[at], int.from_bytes(plain[at + 1:at + 5], "big"))
            if not 1 <= place[0] <= 4 or (last is not None and place <= last):
                raise Refused("grant/shape")
            self.keys[place] = plain[at + 5:at + _ENTRY]
            last = place


def grant_digest(data):
    return own("grant", data)


def purpose_digest(text):
    return own("purpose", text.encode("utf-8"))


def _clip_key_text(value):
    return is_text(4096)(value) and canonical_json.base64url_decode(value) is not None


_facts = is_object({
    "clipKey": or_null(_clip_key_text),
    "clockErrorMs": or_null(is_integer(-LARGEST)),
    "contact": or_null(is_text(240)),
    "name": or_null(is_text(120)),
    "place": or_null(is_text(500)),
    "version": is_integer(1, 1),
})


def open_facts(data, box_secret):
    """The facts' JSON, or None where they do not open or have another form."""
    plain = sealed_open(data, box_secret)
    if plain is None:
        return None
    try:
        value = canonical_json.decode(plain)
    except Refused:
        return None
    return value if _facts(value) else None
