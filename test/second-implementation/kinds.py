"""Section 6: the members of each statement kind."""

import unicodedata

from canonical_json import LARGEST, base64url_decode
from refused import Refused


def is_bytes(length):
    def check(value):
        data = base64url_decode(value) if isinstance(value, str) else None
        return data is not None and len(data) == length

    return check


def is_integer(low, high=LARGEST):
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def is_one_of(*choices):
    return lambda value: isinstance(value, str) and value in choices


def is_text(most):
    return lambda value: isinstance(value, str) and len(value) <= most


def or_null(check):
    return lambda value: value is None or check(value)


def is_boolean(value):
    return isinstance(value, bool)


def is_object(members):
    def check(value):
        return (
            isinstance(value, dict)
            and set(value) == set(members)
            and all(test(value[name]) for name, test in members.items())
        )

    return check


def is_list(most, item):
    return lambda value: isinstance(value, list) and len(value) <= most and all(item(one) for one in value)


identifier = is_bytes(16)
key = is_bytes(32)
digest = is_bytes(32)
number = is_integer(0)

_lane_range = is_object({"lane": is_integer(1, 2), "first": is_integer(1, 100_000), "end": is_integer(2, 100_000)})


def lane_ranges(value):
    if not is_list(2, _lane_range)(value) or not value:
        return False
    lanes = [one["lane"] for one in value]
    return lanes == sorted(set(lanes)) and all(one["first"] < one["end"] for one in value)


_FORBIDDEN = {
    0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x2028, 0x202F),
    *range(0x2060, 0x2070), 0x2800, 0x3164, 0xFEFF, 0xFFA0, *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE1000),
}


def display_name(value):
    return is_text(120)(value) and not any(
        unicodedata.category(character) == "Cc" or ord(character) in _FORBIDDEN for character in value
    )


def inbox_url(value):
    if not is_text(512)(value) or not all(0x21 <= ord(character) <= 0x7E for character in value):
        return False
    return any(value.startswith(scheme) and value != scheme for scheme in ("mqtt://", "mqtts://", "ws://", "wss://"))


def is_plain(value):
    """Section 19: the same to everybody who looks at it."""
    hidden = any(unicodedata.category(one) == "Cc" or ord(one) in _FORBIDDEN for one in value)
    marks = "".join("m" if unicodedata.category(one)[0] == "M" else " " for one in value)
    return not hidden and "mmmmm" not in marks and unicodedata.normalize("NFC", value) == value


def is_line(most):
    return lambda value: is_text(most)(value) and value != "" and is_plain(value)


def register_name(value):
    return is_text(120)(value) and value != "" and all("!" <= one <= "~" and one != "+" for one in value)


_LIMITS = {
    "requestsPerDay": is_integer(1, 5),
    "radiusMin": is_integer(150, 650),
    "radiusMax": is_integer(150, 650),
    "windowMin": is_integer(900, 43_200),
    "windowMax": is_integer(900, 43_200),
    "textMax": is_integer(1, 280),
    "expiryMax": is_integer(3_600, 1_209_600),
}


def limits(value):
    if not is_object(_LIMITS)(value):
        return False
    return value["radiusMin"] <= value["radiusMax"] and value["windowMin"] <= value["windowMax"]


OFFENCES = (
    "arson assault burglary criminal-damage drugs fraud hit-and-run homicide kidnapping missing-person robbery "
    "sexual-offence theft vehicle-crime weapons other"
).split()

_AREA = {
    "latitude": is_integer(-9_000_000, 9_000_000),
    "longitude": is_integer(-18_000_000, 17_999_999),
    "radius": is_integer(1, 100_000),
}

KINDS = {
    "manifest": {
        "clip": identifier,
        "clipKey": key,
        "leaves": is_object({lane: is_integer(0, 100_000) for lane in ("audio", "meta", "thumbnail", "video")}),
        "root": digest,
        "closed": is_one_of("full", "cut"),
        "clock": is_one_of("synced", "unsynced"),
    },
    "clip-key": {"device": key, "clip": identifier, "clipKey": key},
    "pairing": {"device": key, "member": key, "transcript": digest},
    "member": {
        "device": key,
        "state": is_integer(1),
        "member": key,
        "role": is_one_of("owner", "viewer", "none"),
        "quorum": is_integer(1, 16),
    },
    "consent": {
        "token": identifier,
        "device": key,
        "household": number,
        "clip": identifier,
        "manifest": digest,
        "request": or_null(digest),
        "lanes": lane_ranges,
        "recipient": digest,
        "purpose": digest,
        "basis": is_one_of("own", "voluntary", "compelled"),
        "challenge": identifier,
        "grant": digest,
        "expires": number,
    },
    "release": {
        "manifest": digest,
        "lanes": lane_ranges,
        "recipient": digest,
        "request": or_null(digest),
        "consent": digest,
    },
    "revocation": {"device": key, "token": identifier},
    "app-bundle": {"files": is_list(500, is_object({"path": is_text(200), "sha256": digest}))},
    "recovery": {"device": key, "household": number, "key": or_null(key)},
    "recovery-claim": {"device": key, "member": key},
    "recipient-card": {
        "name": display_name,
        "signKey": key,
        "boxKey": key,
        "inbox": is_object({"url": inbox_url, "ca": or_null(is_text(8192)), "id": identifier}),
    },
    "receipt": {
        "delivery": identifier,
        "share": digest,
        "next": is_integer(0, 2**32 - 1),
        "chunks": is_integer(0, 2**32 - 1),
        "complete": is_boolean,
    },
    "audit-head": {"device": key, "sequence": number, "chain": digest},
    "register": {"register": register_name, "operator": key, "about": is_line(280)},
    "rules": {"register": register_name, "limits": limits, "words": is_list(600, is_line(60))},
    "accreditation": {
        "register": register_name,
        "requester": key,
        "agency": is_line(120),
        "voucher": is_line(120),
        "evidence": is_line(280),
    },
    "accreditation-revocation": {"register": register_name, "requester": key, "reason": is_line(280)},
    "request": {
        "register": register_name,
        "requester": key,
        "agency": is_line(120),
        "officer": is_line(120),
        "caseNumber": is_line(80),
        "offence": is_one_of(*OFFENCES),
        "basis": is_one_of("voluntary"),
        "area": is_object(_AREA),
        "window": is_object({"start": number, "end": number}),
        "text": is_text(1_000),
        "card": lambda value: isinstance(value, dict),
        "expires": number,
        "extends": or_null(digest),
    },
    "outcome": {
        "register": register_name,
        "requester": key,
        "request": digest,
        "outcome": is_one_of("kept-until", "deleted-on"),
        "day": is_integer(0, 2**32 - 1),
    },
}


def check(kind, value):
    members = KINDS[kind]
    if not is_object({**members, "version": number})(value):
        raise Refused("statement/shape", f"members of a {kind}")
    if kind == "consent" and (value["request"] is not None) != (value["basis"] == "voluntary"):
        raise Refused("statement/shape", "request and basis")
    if value["version"] != 1:
        raise Refused("statement/version")
