"""HEIC and AVIF, recognized by their brands; HEIC is read by pillow-heif (extra ``heif``), AVIF by Pillow."""

import re
import struct

import numpy as np

from blurkit.errors import InputError, check_photo
from blurkit.io.orientation import orientation
from blurkit.io.pixels import as_rgb, opened, three, truncated, upright

AVIF = {b"avif", b"avis"}
HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1"}
MOST_BRANDS = 64
LONG_HEADER = 16  # bytes of a box's size, type and 64-bit size
SIZE = re.compile(rb"ispe\0.{3}(.{8})", re.DOTALL)  # of the picture and of every part of it, whatever its flags
EXIF_ITEM = re.compile(rb"(infe[\2\3]...(?:..|....)..)Exif", re.DOTALL)  # the entry of the EXIF
NO_ITEM = rb"\1skip"


def brands(data):
    """The brands that a file of ISO boxes names; an empty set for other files."""
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
    """Raise an InputError if the boxes of a file go beyond its end; libheif would leave missing tiles grey."""
    at = 0
    while at + LONG_HEADER <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size == 1:
            [size] = struct.unpack_from(">Q", data, at + 8)
        if kind in (b"meta", b"mdat", b"moov") and at + size > len(data):
            raise truncated(what)
        if size < 8:
            return  # it goes to the end, or is no box
        at += size


def check_sizes(data, max_pixels):
    """Raise an InputError if any picture of a file has too many pixels.

    The photo may be cut out of a larger one, which is decoded whole.
    """
    for size in SIZE.finditer(data):
        width, height = struct.unpack(">II", size[1])
        check_photo(width, height, max_pixels)


# ---- AVIF -------------------------------------------------------------------


def decode_avif(data, wanted):
    """A photo from AVIF: (H, W, 3) uint8, upright as the picture itself says, which Pillow puts into the EXIF."""
    check_sizes(data, wanted.max_pixels)
    try:
        picture = opened_avif(data)
    except SyntaxError:  # Pillow reads the EXIF, which may be broken
        picture = opened_avif(EXIF_ITEM.sub(NO_ITEM, data))
    check_photo(picture.width, picture.height, wanted.max_pixels)
    picture.load()
    return upright(as_rgb(picture), orientation(picture.info.get("exif", b""), picture.info.get("xmp", b"")))


def opened_avif(data):
    """Pillow's picture of an AVIF, not decoded yet; an ImportError if this Pillow does not read AVIF."""
    from PIL import _avif  # noqa: F401

    return opened(data, "AvifImagePlugin", "AvifImageFile")


def avif_metadata(data):
    """The EXIF of AVIF."""
    return opened_avif(data).info.get("exif", b"")


# ---- HEIC -------------------------------------------------------------------


def opened_heic(data):
    """The primary picture of a HEIC file, upright already, not decoded yet."""
    import pillow_heif

    file = pillow_heif.open_heif(data, convert_hdr_to_8bit=False)
    if not len(file):
        raise InputError("cannot decode HEIC: it holds no picture that can be read")
    return file[file.primary_index]


def decode_heic(data, wanted):
    """A photo from HEIC, upright: (H, W, 3) uint8, or uint16 if it has more than 8 bits."""
    check_whole(data, "HEIC")
    check_sizes(data, wanted.max_pixels)
    picture = opened_heic(data)
    width, height = picture.size
    check_photo(width, height, wanted.max_pixels)
    array = np.asarray(picture)
    if array.shape[:2] != (height, width):
        raise InputError(f"cannot decode HEIC: declared as {width}x{height}, but is {array.shape[1]}x{array.shape[0]}")
    if array.ndim == 2 or array.shape[2] < 3:
        return three(array.reshape(*array.shape[:2], -1)[..., 0])
    return np.ascontiguousarray(array[..., :3])


def heic_metadata(data):
    """The EXIF of HEIC."""
    return opened_heic(data).info.get("exif") or b""
