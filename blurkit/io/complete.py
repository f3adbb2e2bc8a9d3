"""Whether a file of results is whole, by its header, its size and its end.

Nothing is decoded. The commands give a file its name when it is complete, so this finds files that were cut
short elsewhere: on a full disk, or in a copy.
"""

import math

from blurkit.errors import InputError
from blurkit.io.npy import read_npy_header
from blurkit.io.tags import SIZES, FileBytes, directories

PNG_START, PNG_END = b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB`\x82"
STRIP_OFFSETS, STRIP_BYTES = 273, 279  # TIFF tags
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
    check = {"npy": npy_is_whole, "png": png_is_whole, "tiff": tiff_is_whole, "pfm": pfm_is_whole}[form]
    try:
        return check(file, size)
    except (InputError, ValueError):
        return False


def npy_is_whole(file, size):
    """As many bytes follow the header as it says."""
    header = read_npy_header(file)
    if header is None:
        return False
    shape, _, dtype = header
    return size - file.tell() == math.prod(shape) * dtype.itemsize


def png_is_whole(file, size):
    """The last chunk is there."""
    if file.read(len(PNG_START)) != PNG_START or size <= len(PNG_START) + len(PNG_END):
        return False
    file.seek(-len(PNG_END), 2)
    return file.read() == PNG_END


def tiff_is_whole(file, size):
    """The first directory is there with all it points to, the strips of pixels among it."""
    tags = next(directories(FileBytes(file)), None)
    if tags is None or not tags.is_whole:
        return False
    if not all(entry.is_whole and entry.kind in SIZES for entry in tags.values()):
        return False
    offsets, lengths = tags.numbers(STRIP_OFFSETS).tolist(), tags.numbers(STRIP_BYTES).tolist()
    ends = [offset + length for offset, length in zip(offsets, lengths, strict=True)]
    return max(ends) <= size


def pfm_is_whole(file, size):
    """As many bytes follow the header as it says."""
    head = file.read(PFM_HEADER)
    _, sides, _, start = head.split(b"\n", 3)
    width, height = map(int, sides.split())
    header_bytes = len(head) - len(start)
    return size - header_bytes == 4 * width * height
