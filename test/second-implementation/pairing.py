"""Section 13, pairing: the code, the three messages, what both ends derive."""

import re

import ed25519
from canonical_json import base64url, base64url_decode
from dsse import open_statement
from primitives import hkdf, hmac, own, x25519
from refused import Refused
_BROKER = re.compile(r"(mqtts?|wss?)://([^:@/\s]*:[^@/\s]*@)?[^@#\s]+(#sha256=[0-9a-f]{64})?")


class Code:
    def __init__(self, text):
        ours = text.startswith("doorward:") and len(text) <= 1024
        data = base64url_decode(text[len("doorward:"):]) if ours else None
        if data is None or len(data) <= 1 + 32 + 16 or data[0] != 1:
            raise Refused("pairing/qr")
        self.device_key, self.secret = data[1:33], data[33:49]
        try:
            self.broker = data[49:].decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("pairing/qr") from None
        if len(self.broker.encode("utf-16-be")) > 2 * 512:
            raise Refused("pairing/qr")
        if not all(_BROKER.fullmatch(url) for url in self.broker.split(" ")):
            raise Refused("pairing/qr")
        if not ed25519.key_is_sound(self.device_key):
            raise Refused("pairing/qr")


def code_text(device_key, secret, broker):
    return "doorward:" + base64url(b"\1" + device_key + secret + broker.encode("utf-8"))


def pairing_topics(secret):
    topic = own("pairing-topic", secret)[:16].hex()
    return f"{topic}/device", f"{topic}/member"


def pairing_login(secret):
    password = hkdf(secret, b"", b"doorward/v1/pairing-password\0", 24)
    return own("pairing-topic", secret)[:16].hex(), base64url(password)


def hello(secret, device_key, member_key, ephemeral_key):
    head = b"\1" + member_key + ephemeral_key
    return head + hmac(secret, b"hello", device_key, head)


def open_hello(secret, device_key, data):
    """(member key, ephemeral key)"""
    if len(data) != 97 or data[0] != 1:
        raise Refused("pairing/shape")
    if hmac(secret, b"hello", device_key, data[:65]) != data[65:]:
        raise Refused("pairing/mac")
    if not ed25519.key_is_sound(data[1:33]):
        raise Refused("pairing/shape")
    return data[1:33], data[33:65]


class Link:
    """What device and member derive from the pairing's exchange."""

    def __init__(self, own_secret, other_key, pairing_secret, transcript):
        shared = x25519(own_secret, other_key)
        keys = hkdf(shared, pairing_secret, b"doorward/v1/link\0" + transcript, 160)
        self.device_mac = hmac(keys[0:32], transcript)
        self.member_mac = hmac(keys[32:64], transcript)
        self.to_device_key, self.to_member_key = keys[64:96], keys[96:128]
        self.to_device_topic, self.to_member_topic = keys[128:144].hex(), keys[144:160].hex()

    def login(self):
        password = hkdf(self.to_device_key, b"", b"doorward/v1/link-password\0", 24)
        return self.to_device_topic, base64url(password)


def transcript_of(device_key, member_key, app_ephemeral, device_ephemeral):
    return own("pairing", device_key, member_key, app_ephemeral, device_ephemeral)


def open_answer(data, device_key, member_key, app_ephemeral_secret, app_ephemeral, secret):
    """(Link, transcript) on the app's side."""
    if len(data) <= 65 or data[0] != 2:
        raise Refused("pairing/shape")
    transcript = transcript_of(device_key, member_key, app_ephemeral, data[1:33])
    link = Link(app_ephemeral_secret, data[1:33], secret, transcript)
    if link.device_mac != data[33:65]:
        raise Refused("pairing/mac")
    try:
        statement = open_statement("pairing", data[65:], [device_key])
    except Refused:
        raise Refused("pairing/signature") from None
    named = (statement.bytes_of("device"), statement.bytes_of("member"), statement.bytes_of("transcript"))
    if named != (device_key, member_key, transcript):
        raise Refused("pairing/signature")
    return link, transcript


def finish(link):
    return b"\3" + link.member_mac
