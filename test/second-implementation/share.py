"""Section 10: a share as an archive."""

import re

from clip import LEAF_BYTES, Leaf
from refused import Refused

_BLOCK = 512
_FRAGMENT = re.compile(r"fragments/([1-4])-([0-9]{8})\.bin")
_REQUIRED = ["release.json", "manifest.json", "leaves.bin", "grant.bin"]


def _header(name, size):
    block = bytearray(_BLOCK)
    encoded = name.encode("ascii")
    block[0:len(encoded)] = encoded
    block[100:108] = b"0000644\0"
    block[108:116] = block[116:124] = b"0000000\0"
    block[124:136] = b"%011o\0" % size
    block[136:148] = b"00000000000\0"
    block[148:156] = b" " * 8
    block[156:157] = b"0"
    block[257:265] = b"ustar\x0000"
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def _files(archive):
    """(name, content) of each file. Headers are written anew and compared, so nothing hides in them."""
    at, files = 0, []
    while True:
        block = archive[at:at + _BLOCK]
        if block == bytes(_BLOCK):
            break
        name, size = block[:100].rstrip(b"\0"), block[124:135]
        if len(block) != _BLOCK or not re.fullmatch(rb"[!-~]{1,100}", name) or not re.fullmatch(rb"[0-7]{11}", size):
            raise Refused("share/shape", "header")
        name, size = name.decode("ascii"), int(size, 8)
        if _header(name, size) != block:
            raise Refused("share/shape", "header")
        padded = -(-size // _BLOCK) * _BLOCK
        content = archive[at + _BLOCK:at + _BLOCK + padded]
        if len(content) != padded or any(content[size:]):
            raise Refused("share/shape", "content")
        files.append((name, content[:size]))
        at += _BLOCK + padded
    if archive[at:] != bytes(2 * _BLOCK):
        raise Refused("share/shape", "end")
    return files


def _leaves(data):
    """(Leaf, path) of each shared fragment."""
    at, leaves = 0, []
    while at < len(data):
        leaf = Leaf(data[at:at + LEAF_BYTES])
        if leaf.lane == 0:
            raise Refused("leaf/shape", "lane")
        at += LEAF_BYTES
        count = data[at] if at < len(data) else 33
        if count > 32 or at + 1 + 32 * count > len(data):
            raise Refused("share/shape", "path")
        path = [data[at + 1 + 32 * i:at + 33 + 32 * i] for i in range(count)]
        at += 1 + 32 * count
        if leaves and leaves[-1][0].place >= leaf.place:
            raise Refused("share/shape", "leaves out of order")
        leaves.append((leaf, path))
    return leaves


class Share:
    def __init__(self, archive):
        files = _files(archive)
        names = [name for name, _ in files]
        fixed = _REQUIRED + ["facts.bin"] if "facts.bin" in names else _REQUIRED
        if names[:len(fixed)] != fixed:
            raise Refused("share/shape", "files missing, unknown or out of place")
        contents = dict(files[:len(fixed)])
        self.release = contents["release.json"]
        self.manifest = contents["manifest.json"]
        self.grant = contents["grant.bin"]
        self.facts = contents.get("facts.bin")
        self.leaves = _leaves(contents["leaves.bin"])
        self.fragments = []  # ((lane, index), ciphertext): doubled or out of order is for the verdict to say
        for name, content in files[len(fixed):]:
            match = _FRAGMENT.fullmatch(name)
            if not match:
                raise Refused("share/shape", "unknown file")
            self.fragments.append(((int(match[1]), int(match[2])), content))
