"""Whether a file of results is whole, told by its header, its size and its end.

Nothing is decoded: what the commands write appears under its name only when it is
complete, so this finds what was cut short elsewhere, on a full disk or in a copy.
"""

import math
import struct

from blurkit.errors import InputError
from blurkit.io.npy import read_npy_header

PNG_START, PNG_END = b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB`\x82"
TIFF_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
STRIP_OFFSETS, STRIP_BYTES = 273, 279  # TIFF tags
TIFF_SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
}  # bytes, by the type of a value
PFM_HEADER = 100  # bytes; longer than any


def is_whole(file, form):
    """True if a file holds one whole result.

    Parameters
    ----------
    file : seekable binary file object, at its start
    form : {'npy', 'png', 'tiff', 'pfm'}

    Returns
    -------
    bool
        Of a TIFF, whether all lies within the file that its directory points to.
    """
    size = file.seek(0, 2)
    file.seek(0)
    try:
        return {"npy": npy_is_whole, "png": png_is_whole, "tiff": tiff_is_whole, "pfm": pfm_is_whole}[form](file, size)
    except (InputError, ValueError, KeyError, struct.error):
        return False


def npy_is_whole(file, size):
    """The header promises just what follows it."""
    header = read_npy_header(file)
    return header is not None and size - file.tell() == math.prod(header[0]) * header[2].itemsize


def png_is_whole(file, size):
    """The last chunk is there."""
    whole = file.read(len(PNG_START)) == PNG_START and size > len(PNG_START) + len(PNG_END)
    file.seek(-min(size, len(PNG_END)), 2)
    return whole and file.read() == PNG_END


def tiff_is_whole(file, size):
    """The directory is there with all it points to, and so is the one strip of pixels that ``encode`` writes."""
    order = TIFF_ORDERS[file.read(4)]
    file.seek(struct.unpack(f"{order}I", file.read(4))[0])
    (count,) = struct.unpack(f"{order}H", file.read(2))
    entries = {
        tag: (kind, number, value)
        for tag, kind, number, value in struct.iter_unpack(f"{order}HHII", file.read(12 * count))
    }
    lengths = [(TIFF_SIZES[kind] * number, place) for kind, number, place in entries.values()]
    ends = [place + length for length, place in lengths if length > 4]
    strip = entries[STRIP_OFFSETS], entries[STRIP_BYTES]
    if all(number == 1 for _, number, _ in strip):
        ends.append(sum(value for *_, value in strip))
    return len(file.read(4)) == 4 and max(ends) <= size


def pfm_is_whole(file, size):
    """The header promises just what follows it."""
    _, sides, _, start = file.read(PFM_HEADER).split(b"\n", 3)
    width, height = map(int, sides.split())
    return (
        size - PFM_HEADER + len(start) == 4 * width * height if size > PFM_HEADER else len(start) == 4 * width * height
    )
