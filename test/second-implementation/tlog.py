"""Section 18: notes, checkpoints, tiles and proofs of a public log."""

import base64
import binascii
import re

import clip
import ed25519
from primitives import sha256
from refused import Refused

MAX_NOTE_BYTES = 131_072
MAX_SIGNATURES = 64
MAX_PROOF_HASHES = 63
MAX_NUMBER = 2**53 - 1
WIDTH = 256


def unbase64(text, code="log/malformed"):
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise Refused(code, "base64") from None
    if base64.b64encode(data).decode("ascii") != text:
        raise Refused(code, "base64 that no writer writes")
    return data


def decimal(text):
    if not re.fullmatch("0|[1-9][0-9]*", text) or int(text) > MAX_NUMBER:
        raise Refused("log/malformed", "number")
    return int(text)


def hash_of_line(text):
    data = unbase64(text)
    if len(data) != 32:
        raise Refused("log/malformed", "hash")
    return data


# Signed notes and keys


def is_name(name):
    # In Python's str.isspace are the control characters 1C to 1F as well, which no name may have either.
    return name != "" and not any(c.isspace() or c == "+" or c < " " or "\x7f" <= c <= "\x9f" for c in name)


class Key:
    def __init__(self, name, kind, public_key):
        if not is_name(name) or kind not in (1, 4) or not ed25519.key_is_sound(public_key):
            raise Refused("log/key")
        self.name, self.kind, self.public_key = name, kind, public_key
        self.id = sha256(name.encode("utf-8"), b"\n", bytes([kind]), public_key)[:4]

    def text(self):
        material = base64.b64encode(bytes([self.kind]) + self.public_key).decode("ascii")
        return f"{self.name}+{self.id.hex()}+{material}"


def _key_parts(text):
    parts = re.fullmatch(r"([^+]*)\+([0-9a-f]{8})\+(.*)", text, re.DOTALL)
    if parts is None:
        raise Refused("log/key", "form")
    material = unbase64(parts[3], "log/key")
    if not material:
        raise Refused("log/key", "no type")
    return parts[1], bytes.fromhex(parts[2]), material[0], material[1:]


def verifier_key(text):
    name, key_id, kind, public_key = _key_parts(text)
    key = Key(name, kind, public_key)
    if key.id != key_id:
        raise Refused("log/key", "id")
    return key


def signing_key(text):
    """The verifier key and the seed."""
    prefix = "PRIVATE+KEY+"
    if not text.startswith(prefix):
        raise Refused("log/key", "form")
    name, key_id, kind, seed = _key_parts(text[len(prefix):])
    if len(seed) != 32:
        raise Refused("log/key", "seed")
    key = Key(name, kind, ed25519.public_key_of(seed))
    if key.id != key_id:
        raise Refused("log/key", "id")
    return key, seed


class Note:
    def __init__(self, data):
        if len(data) > MAX_NOTE_BYTES:
            raise Refused("log/malformed", "size")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("log/malformed", "UTF-8") from None
        if any(byte < 0x20 and byte != 0x0A for byte in data):
            raise Refused("log/malformed", "control character")
        split = whole.rfind("\n\n")
        if split < 0:
            raise Refused("log/malformed", "no empty line")
        self.text = whole[: split + 1]
        lines = whole[split + 2:].split("\n")
        if lines.pop() != "" or not 1 <= len(lines) <= MAX_SIGNATURES:
            raise Refused("log/malformed", "signature lines")
        self.signatures = [self._signature(line) for line in lines]

    @staticmethod
    def _signature(line):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014" or not is_name(parts[1]):
            raise Refused("log/malformed", "signature line")
        data = unbase64(parts[2])
        if len(data) < 5:
            raise Refused("log/malformed", "signature line")
        return parts[1], data[:4], data[4:]

    def said_by(self, key):
        """None where the key has no line, False where one of its lines is false, else True or the newest time."""
        verdicts = [
            self._holds(key, signature) for name, key_id, signature in self.signatures
            if name == key.name and key_id == key.id
        ]
        if not verdicts:
            return None
        return False if any(verdict is False for verdict in verdicts) else max(verdicts)

    def _holds(self, key, signature):
        if key.kind == 1:
            return ed25519.verify(key.public_key, self.text.encode("utf-8"), signature)
        if len(signature) != 72:
            return False
        time = int.from_bytes(signature[:8], "big")
        if not 1 <= time <= MAX_NUMBER:
            return False
        message = f"cosignature/v1\ntime {time}\n{self.text}".encode("utf-8")
        return time if ed25519.verify(key.public_key, message, signature[8:]) else False


# Checkpoints


class Checkpoint:
    """A note that a follower of this policy takes, who does not look at the clock."""

    def __init__(self, data, origin, log_key, witnesses, quorum):
        keys = [key.public_key for key in (log_key, *witnesses)]
        if log_key.kind != 1 or any(witness.kind != 4 for witness in witnesses) or len(set(keys)) != len(keys):
            raise Refused("log/policy")
        if not 0 <= quorum <= len(witnesses):
            raise Refused("log/policy")
        note = Note(data)
        lines = note.text.split("\n")
        if len(lines) < 4 or "" in lines[:-1]:
            raise Refused("log/malformed", "lines")
        self.origin, self.size, self.root = lines[0], decimal(lines[1]), hash_of_line(lines[2])
        if self.origin != origin:
            raise Refused("log/other-origin")
        if note.said_by(log_key) is not True:
            raise Refused("log/unsigned")
        said = [note.said_by(witness) for witness in witnesses]
        if any(one is False for one in said):
            raise Refused("log/unwitnessed", "a false one")
        self.times = [one for one in said if one is not None]
        if len(self.times) < quorum:
            raise Refused("log/unwitnessed", "too few")


# Files


def tile_path(level, index, width):
    digits = f"{index:d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at:at + 3] for at in range(0, len(digits), 3)]
    name = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{name}" + ("" if width == WIDTH else f".p/{width}")


def files_of(entries):
    """Every file but the checkpoint of a log that was grown to these entries in one step, by path; and the root."""
    files = {}

    def put(level, items):
        for index in range(-(-len(items) // WIDTH)):
            part = items[index * WIDTH:(index + 1) * WIDTH]
            files[tile_path(level, index, len(part))] = b"".join(part)

    put("entries", [len(entry).to_bytes(2, "big") + entry for entry in entries])
    leaves = [clip.leaf_hash(entry) for entry in entries]
    level, hashes = 0, leaves
    while hashes:
        put(level, hashes)
        full = len(hashes) // WIDTH
        hashes = [clip.tree_root(hashes[index * WIDTH:(index + 1) * WIDTH]) for index in range(full)]
        level += 1
    return files, clip.tree_root(leaves)


# Proofs


def consistency_proof(leaves, old_size):
    if old_size in (0, len(leaves)):
        return []
    noted, start, end = [], 0, len(leaves)
    while end != old_size:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if old_size <= middle:
            noted.append(clip.tree_root(leaves[middle:end]))
            end = middle
        else:
            noted.append(clip.tree_root(leaves[start:middle]))
            start = middle
    if start > 0:
        noted.append(clip.tree_root(leaves[start:end]))
    return noted[::-1]


def is_consistent(old_size, old_root, size, root, proof):
    if old_size > size or len(proof) > MAX_PROOF_HASHES:
        return False
    if old_size == size:
        return not proof and old_root == root
    if old_size == 0:
        return not proof and old_root == sha256(b"")
    reached = _roots(old_size, size, True, old_root, list(proof))
    return reached == (old_root, root)


def _roots(old_size, size, is_whole, old_root, proof):
    """(older, newer) root of a subtree, taking hashes from the end of the proof; None where there are too few or too many."""
    if old_size == size:
        if is_whole:
            return (old_root, old_root) if not proof else None
        return (proof[0], proof[0]) if len(proof) == 1 else None
    if not proof:
        return None
    middle = 1 << (size - 1).bit_length() - 1
    if old_size <= middle:
        below = _roots(old_size, middle, is_whole, old_root, proof[:-1])
        return below and (below[0], clip.node_hash(below[1], proof[-1]))
    below = _roots(old_size - middle, size - middle, False, old_root, proof[:-1])
    return below and (clip.node_hash(proof[-1], below[0]), clip.node_hash(proof[-1], below[1]))


def _head_and_note(text):
    head, separator, note = text.partition("\n\n")
    if not separator:
        raise Refused("log/malformed", "no empty line")
    return head.split("\n"), note.encode("utf-8")


def _hashes(lines):
    if len(lines) > MAX_PROOF_HASHES:
        raise Refused("log/malformed", "too many hashes")
    return [hash_of_line(line) for line in lines]


def request(text):
    """(old size, proof, note) of a request to a witness."""
    lines, note = _head_and_note(text)
    if not lines[0].startswith("old "):
        raise Refused("log/malformed", "old size")
    return decimal(lines[0][4:]), _hashes(lines[1:]), note


def proof_file(text):
    """(index, proof, extra or None, note)"""
    lines, note = _head_and_note(text)
    if lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise Refused("log/malformed", "first line")
    extra = unbase64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
    if not lines or not lines[0].startswith("index "):
        raise Refused("log/malformed", "index")
    return decimal(lines[0][6:]), _hashes(lines[1:]), extra, note
