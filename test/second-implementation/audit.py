"""Section 14: the audit log."""

import canonical_json
from clip import WRAP_BYTES, Wrap
from kinds import (
    digest,
    identifier,
    is_boolean,
    is_integer,
    is_list,
    is_object,
    is_one_of,
    is_text,
    key,
    lane_ranges,
    number,
    or_null,
)
from primitives import ZERO_NONCE, own, secretbox_open, sha256, u32, u64
from refused import Refused

FIRST_CHAIN = bytes(32)
ENTRY_BYTES = 2048


def chain_of(previous, sequence, day, sealed):
    return own("audit", previous, u64(sequence), u32(day), sha256(sealed))


def open_row(sealed, box_secret):
    """(days of the wraps, the entry) as the member whose wrap this secret opens; None if none does or the form is another."""
    if not sealed or len(sealed) != 1 + WRAP_BYTES * sealed[0] + 16 + ENTRY_BYTES:
        return None
    end = 1 + WRAP_BYTES * sealed[0]
    wraps = [Wrap(sealed[at:at + WRAP_BYTES]) for at in range(1, end, WRAP_BYTES)]
    keys = [found for found in (wrap.open(box_secret) for wrap in wraps) if found is not None]
    plain = secretbox_open(sealed[end:], ZERO_NONCE, keys[0]) if keys else None
    if plain is None:
        return None
    length = int.from_bytes(plain[:4], "big")
    if 4 + length > ENTRY_BYTES or any(plain[4 + length:]):
        return None
    try:
        return [wrap.day for wrap in wraps], canonical_json.decode(plain[4:4 + length])
    except Refused:
        return None


_ENTRIES = {
    "release": {
        "token": identifier,
        "clip": identifier,
        "lanes": lane_ranges,
        "recipient": digest,
        "request": or_null(digest),
        "consent": digest,
        "basis": is_one_of("own", "voluntary", "compelled"),
        "signers": is_list(16, key),
    },
    "pairing": {"member": key},
    "household": {
        "state": number,
        "member": key,
        "role": is_one_of("owner", "viewer", "none"),
        "quorum": is_integer(1, 16),
    },
    "privacy": {"on": is_boolean, "member": or_null(key)},
    "config": {"settings": is_list(16, is_text(64))},
    "revocation": {"token": identifier, "member": key},
    "recovery": {
        "step": is_one_of("registered", "removed", "claimed", "cancelled", "done"),
        "member": key,
    },
    "live-session": {"member": key, "seconds": number},
}


def entry_is_known(entry):
    kind = entry.get("kind") if isinstance(entry, dict) else None
    if not isinstance(kind, str) or kind not in _ENTRIES:
        return False
    return is_object({**_ENTRIES[kind], "at": number, "kind": is_one_of(kind)})(entry)
