"""Section 7: keys, leaves and tree, wraps and the day chain, meta records."""

import canonical_json
from kinds import is_list, is_object, is_one_of, number
from primitives import hmac, own, secretbox_open, sealed_open, sha256, u32
from refused import Refused

VIDEO, AUDIO, THUMBNAIL, META = 1, 2, 3, 4
LANE_NAMES = {VIDEO: "video", AUDIO: "audio", THUMBNAIL: "thumbnail", META: "meta"}
LEAF_BYTES = 73
WRAP_BYTES = 84
DAY_SECONDS = 86_400


# Keys


def fragment_key(seed, lane, index):
    chain = hmac(seed, b"lane", bytes([lane]))
    for _ in range(index):
        chain = hmac(chain, b"next")
    return hmac(chain, b"fragment")


def nonce_of(clip, lane, index):
    return clip + bytes([lane]) + u32(index) + bytes(3)


def key_commitment(key, nonce):
    return own("key-commitment", key, nonce)


def clip_signing_seed(device_seed, clip):
    return hmac(device_seed, b"clip-key", clip)


# Leaves and tree


class Leaf:
    def __init__(self, data):
        if len(data) != LEAF_BYTES or data[0] > 4:
            raise Refused("leaf/shape")
        self.data = data
        self.lane = data[0]
        self.index = int.from_bytes(data[1:5], "big")
        self.length = int.from_bytes(data[5:9], "big")
        self.ciphertext_hash = data[9:41]
        self.commitment = data[41:73]

    @property
    def place(self):
        return (self.lane, self.index)

    def is_of(self, ciphertext):
        return len(ciphertext) == self.length and sha256(ciphertext) == self.ciphertext_hash


def make_leaf(lane, index, ciphertext, commitment):
    return bytes([lane]) + u32(index) + u32(len(ciphertext)) + sha256(ciphertext) + commitment


def open_fragment(clip, leaf, key, ciphertext):
    if not leaf.is_of(ciphertext):
        raise Refused("fragment/ciphertext-hash")
    nonce = nonce_of(clip, leaf.lane, leaf.index)
    if key_commitment(key, nonce) != leaf.commitment:
        raise Refused("fragment/key-commitment")
    plain = secretbox_open(ciphertext, nonce, key)
    if plain is None:
        raise Refused("fragment/open")
    return plain


def leaf_hash(data):
    return sha256(b"\0", data)


def node_hash(left, right):
    return sha256(b"\1", left, right)


def _split(count):
    """The largest power of two below count."""
    return 1 << (count - 1).bit_length() - 1


def tree_root(hashes):
    if not hashes:
        return sha256(b"")
    if len(hashes) == 1:
        return hashes[0]
    half = _split(len(hashes))
    return node_hash(tree_root(hashes[:half]), tree_root(hashes[half:]))


def audit_path(hashes, position):
    if len(hashes) == 1:
        return []
    half = _split(len(hashes))
    if position < half:
        return audit_path(hashes[:half], position) + [tree_root(hashes[half:])]
    return audit_path(hashes[half:], position - half) + [tree_root(hashes[:half])]


def root_of_path(hash_, position, count, path):
    """The root that the path leads to from a leaf at this position of count; None where the path has another length."""
    if count == 1:
        return hash_ if not path else None
    if not path:
        return None
    half = _split(count)
    if position < half:
        below = root_of_path(hash_, position, half, path[:-1])
        return below and node_hash(below, path[-1])
    below = root_of_path(hash_, position - half, count - half, path[:-1])
    return below and node_hash(path[-1], below)


def position_of(leaf, counts):
    """The leaf's place among all leaves of the manifest, or None."""
    if leaf.lane not in LANE_NAMES or leaf.index >= counts[LANE_NAMES[leaf.lane]]:
        return None
    return sum(counts[LANE_NAMES[lane]] for lane in range(1, leaf.lane)) + leaf.index


# Wraps and the day chain


def next_chain_key(chain_key):
    return hmac(chain_key, b"day")


def chain_key_of(first_day, first_chain_key, day):
    if day < first_day:
        raise ValueError("the chain does not run backwards")
    chain_key = first_chain_key
    for _ in range(day - first_day):
        chain_key = next_chain_key(chain_key)
    return chain_key


def day_box_secret(chain_key):
    return hmac(chain_key, b"box")


class Wrap:
    def __init__(self, data):
        if len(data) != WRAP_BYTES:
            raise Refused("wrap/shape")
        self.day = int.from_bytes(data[:4], "big")
        self.sealed = data[4:]

    def open(self, box_secret):
        plain = sealed_open(self.sealed, box_secret)
        return plain if plain is not None and len(plain) == 32 else None


# Meta records

_META_BYTES = 1 << 20
_milliseconds = is_list(100_000, number)
_opening = is_object({
    "clock": is_one_of("synced", "unsynced"),
    "preRollMs": number,
    "startMs": number,
    "trigger": is_one_of("ring", "motion"),
})
_closing = is_object({
    "audio": _milliseconds,
    "durationMs": number,
    "retriggers": _milliseconds,
    "video": _milliseconds,
})


def _meta(data, form):
    if len(data) > _META_BYTES:
        raise Refused("meta/shape")
    value = canonical_json.decode(data, "meta/shape")
    if not form(value):
        raise Refused("meta/shape")
    return value


def opening_meta(data):
    return _meta(data, _opening)


def closing_meta(data):
    return _meta(data, _closing)
