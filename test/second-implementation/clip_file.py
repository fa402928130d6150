"""Section 8: the clip file, whole or in pieces of any size."""

from clip import LEAF_BYTES, WRAP_BYTES, Leaf, Wrap
from primitives import own
from refused import Refused

MAGIC = b"DWCLIP1\n"
LARGEST_FRAGMENT = 64 << 20
LARGEST_CLOSING = 16384
_FIXED_HEAD = 8 + 16 + 4 + 1


class ClipFileReader:
    """Takes the file's bytes as they come; what it has read is in its members."""

    def __init__(self):
        self.clip = self.day = self.head_length = None
        self.wraps = []
        self.fragments = []  # (Leaf, ciphertext), in the order of the file
        self.manifest = self.clip_key = None
        self._buffer = bytearray()

    def take(self, piece):
        self._buffer += piece
        if self.clip is None and not self._head():
            return
        while self._record():
            pass

    def _head(self):
        data = bytes(self._buffer)
        if data[:8] != MAGIC[:len(data)]:
            raise Refused("clip-file/head", "magic")
        if len(data) < _FIXED_HEAD:
            return False
        hashed = _FIXED_HEAD + data[28] * WRAP_BYTES
        if len(data) < hashed + 32:
            return False
        if own("clip-head", data[:hashed]) != data[hashed:hashed + 32]:
            raise Refused("clip-file/head", "hash")
        self.clip, self.day, self.head_length = data[8:24], int.from_bytes(data[24:28], "big"), hashed + 32
        self.wraps = [Wrap(data[at:at + WRAP_BYTES]) for at in range(_FIXED_HEAD, hashed, WRAP_BYTES)]
        del self._buffer[:self.head_length]
        return True

    def _record(self):
        if len(self._buffer) < LEAF_BYTES:
            return False  # at the end of the file: a record that is not whole, which is cut off
        try:
            leaf = Leaf(bytes(self._buffer[:LEAF_BYTES]))
        except Refused:
            raise Refused("clip-file/record", "leaf") from None
        closing = leaf.lane == 0
        if leaf.length > (LARGEST_CLOSING if closing else LARGEST_FRAGMENT):
            raise Refused("clip-file/record", "length")
        if len(self._buffer) < LEAF_BYTES + leaf.length:
            return False
        content = bytes(self._buffer[LEAF_BYTES:LEAF_BYTES + leaf.length])
        del self._buffer[:LEAF_BYTES + leaf.length]
        if not leaf.is_of(content):
            raise Refused("clip-file/record", "hash")
        if not closing:
            self.fragments.append((leaf, content))
        elif leaf.index == 0:
            self.manifest = content
        elif leaf.index == 1:
            self.clip_key = content
        return True

    @property
    def left_over(self):
        return len(self._buffer)

    def finish(self):
        """No more bytes come. What is left over is a record that was cut short."""
        if self.clip is None:
            raise Refused("clip-file/head", "cut short")
        return self


def read_clip_file(data, piece=None):
    reader = ClipFileReader()
    piece = piece or max(1, len(data))
    for at in range(0, len(data), piece):
        reader.take(data[at:at + piece])
    return reader.finish()
