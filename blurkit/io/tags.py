"""The directories of TIFF, BigTIFF and EXIF: which tags they hold, and their values, as far as they can be read."""

from collections import namedtuple

import numpy as np

TYPES = {  # number of a type -> its NumPy type; RATIONAL and SRATIONAL are two numbers each
    1: "u1",  # BYTE
    2: "S1",  # ASCII
    3: "u2",  # SHORT
    4: "u4",  # LONG
    5: "2u4",  # RATIONAL
    6: "i1",  # SBYTE
    7: "V1",  # UNDEFINED
    8: "i2",  # SSHORT
    9: "i4",  # SLONG
    10: "2i4",  # SRATIONAL
    11: "f4",  # FLOAT
    12: "f8",  # DOUBLE
    13: "u4",  # IFD
    16: "u8",  # LONG8
    17: "i8",  # SLONG8
    18: "u8",  # IFD8
}
SIZES = {number: np.dtype(kind).itemsize for number, kind in TYPES.items()}  # bytes of one value
ASCII, SHORT = 2, 3  # types
STARTS = {  # how a file begins -> (byte order, whether it is BigTIFF)
    b"II*\0": ("<", False),
    b"MM\0*": (">", False),
    b"II+\0": ("<", True),
    b"MM\0+": (">", True),
}
SUB_DIRECTORIES = 330
MOST_DIRECTORIES = 64  # that are looked through; cameras write fewer than 16
MOST_TAGS = 4096  # of a directory; TIFF has room for 65535, and no program writes a tenth of this

Entry = namedtuple("Entry", "kind count at is_whole place")
"""Numbers of its type and of its values, where these begin and whether all are there, and where it stands itself."""


class Directory(dict):
    """{tag: Entry} of one directory, as far as it is there; it begins at `start`, the next at `next`, 0 for none."""

    def __init__(self, data, start):
        super().__init__()
        self.data = data
        self.start = start
        self.order, self.is_big = STARTS[bytes(data[:4])]
        self.next = 0
        self.is_whole = False
        self._read()

    def _read(self):
        head, size, place = (8, 20, 8) if self.is_big else (2, 12, 4)
        count = self._number(self.start, head)
        first, end = self.start + head, self.start + head + count * size
        self.is_whole = first <= len(self.data) and end + place <= len(self.data) and count <= MOST_TAGS
        for at in range(first, min(end, len(self.data) - size + 1, first + MOST_TAGS * size), size):
            kind, values = self._number(at + 2, 2), self._number(at + 4, place)
            length = SIZES.get(kind, 0) * values
            where = at + 4 + place if length <= place else self._number(at + 4 + place, place)
            self.setdefault(self._number(at, 2), Entry(kind, values, where, where + length <= len(self.data), at))
        self.next = self._number(end, place) if self.is_whole else 0

    def _number(self, at, size):
        return int.from_bytes(self.data[at : at + size], "little" if self.order == "<" else "big")

    def packed(self, *numbers):
        """Pairs of a number and its size as the bytes that stand for them in this file."""
        return b"".join(number.to_bytes(size, "little" if self.order == "<" else "big") for number, size in numbers)

    def raw(self, tag):
        """The bytes of a tag; none where it is not there or goes beyond the end."""
        entry = self.get(tag)
        if entry is None or not entry.is_whole or entry.kind not in SIZES:
            return b""
        return bytes(self.data[entry.at : entry.at + entry.count * SIZES[entry.kind]])

    def numbers(self, tag):
        """The whole numbers of a tag, an array of one dimension; empty where it is not there, damaged or holds none."""
        entry = self.get(tag)
        if entry is None or not entry.is_whole or np.dtype(TYPES.get(entry.kind, "V1")).kind not in "ui":
            return np.zeros(0, np.uint8)
        return np.frombuffer(self.data, self.order + TYPES[entry.kind], entry.count, entry.at)

    def number(self, tag, default=0):
        """The first whole number of a tag."""
        values = self.numbers(tag)
        return int(values[0]) if len(values) else default

    def text(self, tag):
        """The text of a tag, up to its end; empty where there is none."""
        entry = self.get(tag)
        return self.raw(tag).split(b"\0")[0].decode("utf-8", "replace").strip() if entry and entry.kind == ASCII else ""


def directories(data):
    """The directories of a file in their order, those below a directory after it; as far as they can be read."""
    if bytes(data[:4]) not in STARTS:
        return
    order, is_big = STARTS[bytes(data[:4])]
    place = slice(8, 16) if is_big else slice(4, 8)
    waiting, seen = [int.from_bytes(data[place], "little" if order == "<" else "big")], set()
    while waiting and len(seen) < MOST_DIRECTORIES:
        start = waiting.pop(0)
        if not 8 <= start < len(data) or start in seen:
            continue
        seen.add(start)
        tags = Directory(data, start)
        yield tags
        waiting += [*map(int, tags.numbers(SUB_DIRECTORIES)[:MOST_DIRECTORIES]), tags.next]


def below(tags, tag):
    """The directory that a tag of another one leads to; None where it does not."""
    start = tags.number(tag)
    return Directory(tags.data, start) if 8 <= start < len(tags.data) else None
