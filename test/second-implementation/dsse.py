"""Section 5: statements."""

import canonical_json
import ed25519
import kinds
from primitives import own, sha256
from refused import Refused

LARGEST = 16384


def payload_type(kind):
    return f"application/vnd.doorward.{kind}.v1+json"


def pae(kind, payload):
    name = payload_type(kind).encode("ascii")
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)


def keyid(public_key):
    return canonical_json.base64url(own("key-id", public_key)[:16])


def envelope(kind, payload, seed):
    """The one envelope that a writer makes: padded standard base64."""
    signature = {
        "keyid": keyid(ed25519.public_key_of(seed)),
        "sig": canonical_json.standard_base64(ed25519.sign(seed, pae(kind, payload))),
    }
    return canonical_json.encode({
        "payload": canonical_json.standard_base64(payload),
        "payloadType": payload_type(kind),
        "signatures": [signature],
    })


class Statement:
    """A statement of the right form whose signature has not been looked at."""

    def __init__(self, kind, data):
        if len(data) > LARGEST:
            raise Refused("statement/size")
        outer = canonical_json.decode(data, "statement/encoding")
        if not _is_envelope(outer):
            raise Refused("statement/shape", "not an envelope with one signature")
        payload = canonical_json.envelope_base64_decode(outer["payload"])
        signature = canonical_json.envelope_base64_decode(outer["signatures"][0]["sig"])
        if payload is None or signature is None:
            raise Refused("statement/encoding", "base64")
        if outer["payloadType"] != payload_type(kind):
            raise Refused("statement/shape", f"not a {kind} statement")
        self.kind = kind
        self.payload = payload
        self.signature = signature
        self.keyid = outer["signatures"][0]["keyid"]
        self.fields = canonical_json.decode(payload, "statement/encoding")
        kinds.check(kind, self.fields)
        self.digest = sha256(pae(kind, payload))

    def bytes_of(self, name):
        return canonical_json.base64url_decode(self.fields[name])

    def signed_by(self, public_key):
        return ed25519.verify(public_key, pae(self.kind, self.payload), self.signature)


def open_statement(kind, data, known_keys):
    """A statement signed by one of the known keys, which its keyid chooses."""
    statement = Statement(kind, data)
    named = [key for key in known_keys if keyid(key) == statement.keyid]
    if not named:
        raise Refused("statement/unknown-signer")
    if not any(statement.signed_by(key) for key in named):
        raise Refused("statement/signature")
    return statement


def open_self_signed(kind, data, member):
    """A manifest or a card: signed by the key that it carries, whatever keyid says."""
    statement = Statement(kind, data)
    if not statement.signed_by(statement.bytes_of(member)):
        raise Refused("statement/signature")
    return statement


def _is_envelope(value):
    if not isinstance(value, dict) or set(value) != {"payload", "payloadType", "signatures"}:
        return False
    signatures = value["signatures"]
    if not isinstance(value["payload"], str) or not kinds.is_text(128)(value["payloadType"]):
        return False
    signature = kinds.is_object({"keyid": kinds.is_text(64), "sig": kinds.is_text(128)})
    return isinstance(signatures, list) and len(signatures) == 1 and signature(signatures[0])
