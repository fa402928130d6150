"""Section 11, the check `init` and playing: as much of ISO 14496-12 as a share needs."""

from fractions import Fraction


class Malformed(Exception):
    pass


def boxes(data):
    """(type, body) of each box, which must fill the data exactly."""
    at, found = 0, []
    while at < len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        if size < 8 or at + size > len(data):
            raise Malformed("box of an impossible size")
        found.append((data[at + 4:at + 8], data[at + 8:at + size]))
        at += size
    return found


def child(data, *path):
    """The body of the first box of that path."""
    for kind in path:
        bodies = [body for name, body in boxes(data) if name == kind]
        if not bodies:
            raise Malformed(f"no {kind.decode()}")
        data = bodies[0]
    return data


class Fields:
    """Reads big-endian integers off a box's body."""

    def __init__(self, body):
        self._body, self._at = body, 0

    def take(self, length):
        if self._at + length > len(self._body):
            raise Malformed("box cut short")
        self._at += length
        return int.from_bytes(self._body[self._at - length:self._at], "big")

    def full_box(self):
        return self.take(1), self.take(3)


class Init:
    def __init__(self, plain):
        trak = child(plain, b"moov", b"trak")
        child(trak, b"tkhd")
        self.handler = child(trak, b"mdia", b"hdlr")[8:12]
        header = Fields(child(trak, b"mdia", b"mdhd"))
        version, _ = header.full_box()
        header.take(16 if version == 1 else 8)
        self.timescale = header.take(4)
        if self.timescale == 0:
            raise Malformed("time scale 0")
        if not boxes(child(trak, b"mdia", b"minf", b"stbl", b"stsd")[8:]):
            raise Malformed("no sample description")


_NOT_SYNC = 0x10000


class Fragment:
    def __init__(self, plain):
        moof = child(plain, b"moof")
        Fields(child(moof, b"mfhd")).take(8)
        traf = child(moof, b"traf")

        header = Fields(child(traf, b"tfhd"))
        _, flags = header.full_box()
        header.take(4)
        header.take((8 if flags & 1 else 0) + (4 if flags & 2 else 0))
        default_duration = header.take(4) if flags & 8 else None
        header.take(4 if flags & 0x10 else 0)
        default_flags = header.take(4) if flags & 0x20 else None

        decode = Fields(child(traf, b"tfdt"))
        self.decode_version, _ = decode.full_box()
        self.start = decode.take(8 if self.decode_version == 1 else 4)

        child(traf, b"trun")
        runs = [self._run(body, default_duration, default_flags) for kind, body in boxes(traf) if kind == b"trun"]
        first_flags, self.first_composition_offset = runs[0]
        self.begins_with_sync = first_flags is not None and not first_flags & _NOT_SYNC

    @staticmethod
    def _run(body, default_duration, default_flags):
        """(flags, composition offset) of the run's first sample, after a look at the whole run."""
        run = Fields(body)
        version, flags = run.full_box()
        count = run.take(4)
        run.take(4 if flags & 1 else 0)
        first_flags = run.take(4) if flags & 4 else None
        if not flags & 0x100 and default_duration is None:
            raise Malformed("no sample durations")
        fields = [field for field in (0x100, 0x200, 0x400, 0x800) if flags & field]
        first = {field: run.take(4) for field in fields} if count else {}
        run.take(4 * len(fields) * max(0, count - 1))
        if first_flags is None:
            first_flags = first.get(0x400, default_flags)
        offset = first.get(0x800, 0)
        return first_flags, 0 if version > 0 and offset >= 2**31 else offset


class LaneCheck:
    """Looks at a lane's plain texts one after another."""

    def __init__(self, plain, handler, needs_sync):
        if Init(plain).handler != handler:
            raise Malformed("another kind of track")
        self.fragments = []
        self._needs_sync = needs_sync

    def fragment(self, plain):
        fragment = Fragment(plain)
        if self.fragments and fragment.start <= self.fragments[-1].start:
            raise Malformed("tfdt does not rise")
        if not self.fragments and self._needs_sync and not fragment.begins_with_sync:
            raise Malformed("no key frame at the beginning")
        self.fragments.append(fragment)


# Section 11, playing


def _box(kind, *content):
    body = b"".join(content)
    return (8 + len(body)).to_bytes(4, "big") + kind + body


def _put(data, path, offset, value):
    """The data with an integer of four or eight bytes written into the body of the first box of that path."""
    start, end = 0, len(data)
    for kind in path:
        at = start
        while data[at + 4:at + 8] != kind:
            at += int.from_bytes(data[at:at + 4], "big")
            if at >= end:
                raise Malformed(f"no {kind.decode()}")
        start, end = at + 8, at + int.from_bytes(data[at:at + 4], "big")
    at = start + offset if offset >= 0 else end + offset
    return data[:at] + value + data[at + len(value):]


def _number(value):
    return value.to_bytes(4, "big")


def _round(numerator, denominator):
    """To the nearest integer, a half upwards."""
    return (2 * numerator + denominator) // (2 * denominator)


class _PlayedLane:
    def __init__(self, plains, track):
        self.init, self.plains, self.track = plains[0], plains[1:], track
        self.moov = child(self.init, b"moov")
        info = Init(self.init)
        self.timescale = info.timescale
        self.fragments = [Fragment(plain) for plain in self.plains]

    def track_box(self, starts_at):
        trak = child(self.moov, b"trak")
        header = child(trak, b"tkhd")
        parts = []
        for kind, body in boxes(trak):
            if kind == b"edts" and starts_at:
                continue
            box = _box(kind, body)
            if kind == b"tkhd":
                box = _put(box, [b"tkhd"], 20 if header[0] == 1 else 12, _number(self.track))
            parts.append(box)
            if kind == b"tkhd" and starts_at:
                entry = _number(0) + _number(1) + _number(0) + _number(starts_at) + _number(0x10000)
                parts.append(_box(b"edts", _box(b"elst", entry)))
        return _box(b"trak", *parts)

    def defaults_box(self):
        return _put(_box(b"trex", child(self.moov, b"mvex", b"trex")), [b"trex"], 4, _number(self.track))


def playable(lanes):
    """The one MP4 of a share's plain lanes."""
    played = [_PlayedLane(lanes[lane], track) for track, lane in enumerate(sorted(lanes), start=1)]
    first = played[0]
    composition = first.fragments[0].first_composition_offset if 1 in lanes else 0
    if len(played) == 1 and not composition:
        return first.init + _retimed(played, renumber=False)
    tracks = [lane.track_box(composition if lane is first else 0) for lane in played]
    movie = _put(_box(b"mvhd", child(first.moov, b"mvhd")), [b"mvhd"], -4, _number(len(played) + 1))
    moov = _box(b"moov", movie, *tracks, _box(b"mvex", *[lane.defaults_box() for lane in played]))
    return _box(b"ftyp", child(first.init, b"ftyp")) + moov + _retimed(played, renumber=True)


def _retimed(played, renumber):
    first = played[0]
    zero = first.fragments[0].start
    order = []
    for lane in played:
        # The instant in this lane's ticks; rounding must not put the lane's first fragment before it.
        origin = min(_round(zero * lane.timescale, first.timescale), *[one.start for one in lane.fragments])
        for fragment, plain in zip(lane.fragments, lane.plains):
            order.append((Fraction(fragment.start, lane.timescale), lane.track, fragment, plain, origin))
    order.sort(key=lambda one: one[:2])

    parts = []
    for sequence, (_, track, fragment, plain, origin) in enumerate(order, start=1):
        width = 8 if fragment.decode_version == 1 else 4
        plain = _put(plain, [b"moof", b"mfhd"], 4, _number(sequence))
        if renumber:
            plain = _put(plain, [b"moof", b"traf", b"tfhd"], 4, _number(track))
        plain = _put(plain, [b"moof", b"traf", b"tfdt"], 4, (fragment.start - origin).to_bytes(width, "big"))
        parts.append(plain)
    return b"".join(parts)
