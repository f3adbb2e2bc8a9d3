"""The marks by which blurkit recognizes its own outputs, so that an output never replaces another file.

PNG, TIFF and HTML name the program that wrote them at a fixed place. Weights (NPZ) have a header of their own.
NPY and PFM have no room for a name, and are recognized by their values.
"""

import io
import math
import re
import struct
import zlib

import numpy as np

from blurkit.defaults import LOG_COLUMNS
from blurkit.errors import InputError
from blurkit.io.npy import NPY_MAGIC, read_npy_header
from blurkit.io.patchset import is_origin
from blurkit.io.tags import Directory, FileBytes

PROGRAM = "blurkit"
GENERATOR = f'<meta name="generator" content="{PROGRAM}">'  # in the head of a page
HEAD = 1024  # bytes of a page that are searched for it
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_HEAD = 33  # bytes of a PNG's signature and of its first chunk, IHDR
PNG_COLOUR, GREY = 25, 0  # place in a PNG of its kind of colour, and that of one channel
SOFTWARE = 305  # TIFF tag
TIFF_START = b"II*\0" + struct.pack("<I", 8)  # of ours: the directory comes next, in front of the pixels
TIFF_MARK = PROGRAM.encode() + b"\0"  # its Software
TIFF_ENTRY = 12  # bytes of an entry of a directory
PFM_HEADER = re.compile(rb"Pf\n(\d{1,10}) (\d{1,10})\n-1\.0\n")
PFM_LONGEST = 30  # bytes of that header
PFM_CUT = re.compile(rb"P(f(\n[\d .\n-]*)?)?")  # a part of it
NPY_HEADER = 128  # bytes of an NPY header of ours, and the most that is left of one that was cut short
OF_PATCHES = {"photo", "number", "copy", "row", "col"}  # fields that the patch sets of all methods have
OF_POINTS = ("row", "col", "strong")  # the first fields of tables of points
PIECE = 1 << 20  # bytes looked at at a time


def chunk(kind, body):
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


PNG_MARK = chunk(b"tEXt", b"Software\0" + PROGRAM.encode())


def mark_png(data):
    """The bytes of a PNG with the mark right behind its first chunk."""
    return data[:PNG_HEAD] + PNG_MARK + data[PNG_HEAD:]


def is_output(file, form, sigma=False):
    """True if a file is an output of blurkit, whole or cut short, or holds nothing at all.

    Parameters
    ----------
    file : seekable binary file object, at its start
    form : {'npy', 'png', 'tiff', 'pfm', 'npz', 'html', 'log'}
        The format of what is to take its place.
    sigma : bool
        NPY and PFM are recognized by their values: a map from 0 to 1, or, if `sigma`, pixels of blur of any size.
    """
    largest = np.finfo(np.float32).max if sigma else 1
    size = file.seek(0, 2)
    file.seek(0)
    test = {
        "npy": is_npy,
        "png": is_png,
        "tiff": is_tiff,
        "pfm": is_pfm,
        "npz": is_weights,
        "html": is_page,
        "log": is_log,
    }[form]
    return size == 0 or test(file, size, largest)


def is_log(file, *_):
    """The table of a training begins with its header."""
    header = ",".join(LOG_COLUMNS).encode() + b"\r\n"
    return header.startswith(file.read(len(header)))


def is_png(file, size, _):
    """The mark stands where `mark_png` puts it."""
    head = file.read(PNG_HEAD + len(PNG_MARK))
    return PNG_START.startswith(head[: len(PNG_START)]) and PNG_MARK.startswith(head[PNG_HEAD:])


def is_marked_picture(file):
    """True if a PNG or TIFF, open at its start, bears the mark: a map, a mask or a cut-out, and no photo."""
    head = file.read(PNG_HEAD + len(PNG_MARK))
    if head.startswith(PNG_START):
        return head.endswith(PNG_MARK)
    return head.startswith(TIFF_START) and software_of(file) == TIFF_MARK


def is_marked_map(data):
    """True if the bytes of a PNG or TIFF bear the mark and are grey: a map or a mask, neither colours nor a cut-out."""
    if not data.startswith((PNG_START, TIFF_START)) or not is_marked_picture(io.BytesIO(data)):
        return False
    return data.startswith(TIFF_START) or data[PNG_COLOUR] == GREY


def is_page(file, *_):
    """The head names the program."""
    return GENERATOR.encode() in file.read(HEAD)


def is_tiff(file, size, _):
    """The directory lies in front of the pixels, and its Software is the program."""
    start = len(TIFF_START)
    head = file.read(start + 2)
    if not TIFF_START.startswith(head[:start]):
        return False
    entries = int.from_bytes(head[start:], "little")
    if size < start + 2 + TIFF_ENTRY * entries or size < start + 2:
        return True  # cut short before the first pixel
    software = software_of(file)
    return software is not None and TIFF_MARK.startswith(software)


def software_of(file):
    """What is there of the Software of a TIFF whose directory lies in front; None if it is not as long as ours."""
    software = Directory(FileBytes(file), len(TIFF_START)).get(SOFTWARE)
    if software is None or software.count != len(TIFF_MARK):
        return None
    file.seek(software.at)
    return file.read(software.count)


def is_pfm(file, size, largest):
    """One channel in the way that maps are written, with the values of a map."""
    head = file.read(PFM_LONGEST)
    header = PFM_HEADER.match(head)
    if not header:
        return size < PFM_LONGEST and PFM_CUT.fullmatch(head) is not None
    count = int(header[1]) * int(header[2])
    file.seek(header.end())
    return size - header.end() <= 4 * count and holds_map(file, count, largest)


def is_weights(file, size, _):
    """An NPZ with the header of weights."""
    from blurkit.io.weights import LARGEST_WEIGHTS, is_weights

    return size <= LARGEST_WEIGHTS and is_weights(file.read())


def is_npy(file, size, largest):
    """Maps, masks or patch sets, any number of them one after the other; the last one may be cut short."""
    while (start := file.tell()) < size:
        try:
            shape, fortran_order, dtype = read_npy_header(file)
        except InputError:
            file.seek(start)
            return size - start < NPY_HEADER and file.read(len(NPY_MAGIC)) == NPY_MAGIC[: size - start]
        count = math.prod(shape)
        if dtype.names:
            if len(shape) != 1 or not (set(dtype.names) >= OF_PATCHES or dtype.names[:3] == OF_POINTS):
                return False
            file.seek(min(size, file.tell() + count * dtype.itemsize))
        elif start and is_origin(shape, dtype):
            file.seek(min(size, file.tell() + dtype.itemsize))
        elif fortran_order or not holds_values(file, shape, dtype, count, largest):
            return False
    return True


def holds_values(file, shape, dtype, count, largest):
    """True if the values that follow are those of a map, of one plane or two, or of a mask."""
    if dtype == np.float32 and (len(shape) == 2 or len(shape) == 3 and shape[0] == 2):
        return holds_map(file, count, largest)
    if dtype != np.uint8 or len(shape) != 2:
        return False
    return all(np.isin(values, (0, 255)).all() for values in pieces(file, count, np.uint8))


def holds_map(file, count, largest):
    """True if `count` values of float32, or all there are, lie between 0 and `largest`; NaN does not."""
    return all(values.min() >= 0 and values.max() <= largest for values in pieces(file, count, np.float32))


def pieces(file, count, dtype):
    """`count` values of a file, or all there are, in arrays of at most a megabyte."""
    size = np.dtype(dtype).itemsize
    while count and len(data := file.read(min(PIECE, count * size))) >= size:
        values = np.frombuffer(data[: len(data) // size * size], dtype)
        count -= len(values)
        yield values
