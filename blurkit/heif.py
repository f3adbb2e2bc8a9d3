"""HEIC and AVIF: told by their brands; HEIC read by pillow-heif (extra ``heif``), AVIF by Pillow in ``image``."""

import re
import struct

import numpy as np

from blurkit.errors import InputError, check_photo, missing_extra

AVIF = {b"avif", b"avis"}
HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1"}
MOST_BRANDS = 64
LONG_HEADER = 16  # bytes of a box's size, type and 64-bit size
SIZE = re.compile(rb"ispe\0.{3}(.{8})", re.DOTALL)  # of the picture itself, and of every part it is made of, whatever its flags


def brands(data):
    """The brands a file of ISO boxes names; none where it is no such file."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4]), 4 * MOST_BRANDS)
    return {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}


def is_avif(data):
    """True for AVIF."""
    return bool(brands(data) & AVIF)


def is_heic(data):
    """True for HEIC and other HEIF that is not AVIF."""
    return not is_avif(data) and bool(brands(data) & HEIC)


def check_whole(data, what):
    """Raise an InputError where the boxes of a file go beyond its end; libheif leaves grey what is missing of a grid."""
    at = 0
    while at + LONG_HEADER <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size == 1:
            [size] = struct.unpack_from(">Q", data, at + 8)
        if kind in (b"meta", b"mdat", b"moov") and at + size > len(data):
            raise InputError(f"cannot decode {what}: truncated")
        if size < 8:
            return  # it goes to the end, or is no box
        at += size


def check_sizes(data, max_pixels):
    """Raise an InputError where any picture of a file has too many pixels; it may be cut out of a larger one, which is decoded whole."""
    for found in SIZE.finditer(data):
        width, height = struct.unpack(">II", found[1])
        check_photo(width, height, max_pixels)


def check_avif(data, max_pixels):
    """Raise an InputError where AVIF is too large, or where Pillow is one that does not read it."""
    check_sizes(data, max_pixels)
    try:
        from PIL import _avif  # noqa: F401
    except ImportError as error:
        raise missing_extra("AVIF", "heif") from error


def opened(data):
    """The primary picture of a HEIC file, upright already; nothing decoded yet."""
    try:
        import pillow_heif
    except ImportError as error:
        raise missing_extra("HEIC", "heif") from error
    file = pillow_heif.open_heif(data, convert_hdr_to_8bit=False)
    return file[file.primary_index]


def decode_heic(data, max_pixels):
    """A photo from HEIC, upright: (H, W, 3) uint8, or uint16 where it has more than 8 bits."""
    check_whole(data, "HEIC")
    check_sizes(data, max_pixels)
    picture = opened(data)
    width, height = picture.size
    check_photo(width, height, max_pixels)
    array = np.asarray(picture)
    if array.shape[:2] != (height, width):
        raise InputError(f"cannot decode HEIC: declared as {width}x{height}, but is {array.shape[1]}x{array.shape[0]}")
    if array.ndim == 2 or array.shape[2] < 3:
        return np.repeat(array.reshape(*array.shape[:2], -1)[..., :1], 3, axis=2)
    return np.ascontiguousarray(array[..., :3])
