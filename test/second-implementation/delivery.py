"""Section 12: messages, topics and login of a delivery."""

from canonical_json import base64url
from primitives import own, sealed_open, sha256, u32, u64

OFFER, CHUNK = 0, 1
CHUNK_BYTES = 131_072


def chunk_count(length):
    return -(-length // CHUNK_BYTES)


def message(kind, index, share_length, digest, data=b""):
    return bytes([kind]) + u32(index) + u32(chunk_count(share_length)) + u64(share_length) + digest + data


def open_message(sealed, box_secret):
    return sealed_open(sealed, box_secret)


def inbox_id(secret):
    return own("inbox", secret)[:16]


def login(secret):
    return inbox_id(secret).hex(), base64url(secret)


def inbox_topic(inbox, delivery):
    return f"in/{inbox.hex()}/{delivery.hex()}"


def receipt_topic(delivery):
    return f"rc/{delivery.hex()}"


def share_digest(share):
    return sha256(share)
