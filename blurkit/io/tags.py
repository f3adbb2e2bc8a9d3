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
FRACTIONS = {5: "u4", 10: "i4"}  # types of two numbers each, and the type of those
STARTS = {  # how a file begins -> (byte order, whether it is BigTIFF)
    b"II*\0": ("<", False),
    b"MM\0*": (">", False),
    b"II+\0": ("<", True),
    b"MM\0+": (">", True),
}
SUB_DIRECTORIES = 330
MOST_DIRECTORIES = 64  # that are read; cameras write fewer than 16
MOST_TAGS = 4096  # of a directory; TIFF has room for 65535, and no program writes a tenth of this

Entry = namedtuple("Entry", "kind count at is_whole place")
"""Type, number of values, offset of the values, whether all of them are in the file, offset of the entry itself."""


class FileBytes:
    """A seekable file that is sliced like bytes: only the slices are read."""

    def __init__(self, file):
        self.file, self.size = file, file.seek(0, 2)

    def __len__(self):
        return self.size

    def __getitem__(self, part):
        start, stop, _ = part.indices(self.size)
        self.file.seek(start)
        return self.file.read(max(0, stop - start))


class Directory(dict):
    """{tag: Entry} of one directory of `data`, bytes or `FileBytes`, as far as it is there.

    It begins at `start`, the next directory at `next`, 0 for none.
    """

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
            begin = at + 4 + place if length <= place else self._number(at + 4 + place, place)
            is_whole = begin + length <= len(self.data)
            self.setdefault(self._number(at, 2), Entry(kind, values, begin, is_whole, at))
        self.next = self._number(end, place) if self.is_whole else 0

    def _number(self, at, size):
        return int.from_bytes(self.data[at : at + size], "little" if self.order == "<" else "big")

    def packed(self, *numbers):
        """(number, size) pairs as bytes in the order of this file."""
        return b"".join(number.to_bytes(size, "little" if self.order == "<" else "big") for number, size in numbers)

    def raw(self, tag):
        """The bytes of a tag; none if it is missing or goes beyond the end of the file."""
        entry = self.get(tag)
        if entry is None or not entry.is_whole or entry.kind not in SIZES:
            return b""
        return bytes(self.data[entry.at : entry.at + entry.count * SIZES[entry.kind]])

    def numbers(self, tag):
        """The whole numbers of a tag, an array of one dimension; empty if it is missing, damaged or has none."""
        entry = self.get(tag)
        if entry is None or not entry.is_whole or np.dtype(TYPES.get(entry.kind, "V1")).kind not in "ui":
            return np.zeros(0, np.uint8)
        if isinstance(self.data, FileBytes):
            return np.frombuffer(self.raw(tag), self.order + TYPES[entry.kind])
        return np.frombuffer(self.data, self.order + TYPES[entry.kind], entry.count, entry.at)

    def number(self, tag, default=0):
        """The first whole number of a tag."""
        values = self.numbers(tag)
        return int(values[0]) if len(values) else default

    def ratio(self, tag):
        """The first fraction of a tag as a float; None if it is missing, damaged, no fraction, or divides by 0."""
        entry = self.get(tag)
        if entry is None or entry.kind not in FRACTIONS or len(raw := self.raw(tag)) < SIZES[entry.kind]:
            return None
        above, below = np.frombuffer(raw, self.order + FRACTIONS[entry.kind], 2)
        return float(above) / float(below) if below else None

    def text(self, tag):
        """The text of a tag, up to its end; empty if there is none."""
        entry = self.get(tag)
        return self.raw(tag).split(b"\0")[0].decode("utf-8", "replace").strip() if entry and entry.kind == ASCII else ""


def directories(data):
    """The directories of a file, bytes or `FileBytes`, in their order, sub-directories after the one above them.

    Those that cannot be read are left out.
    """
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
    """The directory that a tag of another directory points to; None if it points to none."""
    start = tags.number(tag)
    return Directory(tags.data, start) if 8 <= start < len(tags.data) else None
