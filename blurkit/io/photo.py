"""Photos: bytes of a file in, an array out, by the table of formats. The content counts, never the suffix."""

import re
from collections.abc import Callable
from typing import NamedTuple

from blurkit.defaults import MAX_PIXELS
from blurkit.errors import InputError, missing_extra
from blurkit.io import heif, jpeg, plain, png, pnm, raw, tiff, y4m
from blurkit.io.npy import NPY_MAGIC
from blurkit.io.orientation import orientation as orientation_in
from blurkit.io.orientation import orientation_of
from blurkit.io.pixels import DAMAGED, Wanted, decoding, no_metadata, no_turn


def tiff_turn(data):
    """The orientation of a TIFF, None if it names none."""
    tags = tiff.page(data)
    return orientation_of(tags, tags.raw(tiff.XMP))


class Format(NamedTuple):
    """How one format of photos is recognized and read."""

    name: str
    sniff: Callable  # bytes -> bool: recognizes it
    decode: Callable  # bytes, Wanted -> (H, W, 3) uint8 or uint16, upright
    metadata: Callable  # bytes -> bytes of EXIF, or of a TIFF
    suffixes: tuple = ()  # by which a folder is searched
    packages: tuple = ()  # that it may need besides the required ones
    whole_shape: Callable | None = None  # bytes -> (H, W) upright; of formats whose decoders can reduce
    turn: Callable | None = None  # bytes -> orientation from 1 to 8, or None; of formats that others may read as stored


TIFF_PACKAGES = ("tifffile", "imagecodecs")
FORMATS = (  # the first that fits reads a file, so RAW stands before TIFF, and AVIF before HEIC
    Format("JPEG", jpeg.is_jpeg, jpeg.decode, jpeg.metadata, jpeg.SUFFIXES, (), jpeg.whole_shape, jpeg.turn),
    Format("PNG", png.is_png, png.decode, png.metadata, png.SUFFIXES, turn=png.turn),
    Format("RAW", raw.is_raw, raw.decode, raw.metadata, raw.SUFFIXES, ("rawpy",), raw.whole_shape),
    Format("TIFF", tiff.is_tiff, tiff.decode, tiff.metadata, tiff.SUFFIXES, TIFF_PACKAGES, turn=tiff_turn),
    Format("WebP", plain.is_webp, plain.decode_webp, plain.webp_metadata, (".webp",), turn=plain.webp_turn),
    Format("GIF", plain.is_gif, plain.decode_gif, no_metadata, (".gif",), turn=no_turn),
    Format("BMP", plain.is_bmp, plain.decode_bmp, no_metadata, (".bmp",), turn=no_turn),
    Format("PNM", pnm.is_pnm, pnm.decode, no_metadata, pnm.SUFFIXES, turn=no_turn),
    Format("Y4M", y4m.is_y4m, y4m.decode, no_metadata, turn=no_turn),
    Format("AVIF", heif.is_avif, heif.decode_avif, heif.avif_metadata, (".avif",), ("pillow>=11.3",)),
    Format("HEIC", heif.is_heic, heif.decode_heic, heif.heic_metadata, (".heic", ".heif", ".hif"), ("pillow-heif",)),
)
VIDEO = re.compile(rb"....(?:ftyp|moov|mdat|wide)|\x1a\x45\xdf\xa3|RIFF....AVI |FLV\x01", re.S)
RAW_SUFFIXES = raw.SUFFIXES
PICTURE_SUFFIXES = tuple(suffix for row in FORMATS if row.decode is not raw.decode for suffix in row.suffixes)


def check_not_video(data):
    """Raise an InputError for a video, by its first bytes."""
    if VIDEO.match(data) and not any(row.sniff(data) for row in FORMATS):
        raise InputError("is a video, not a photo; ffmpeg gives its frames: ffmpeg -i VIDEO -f yuv4mpegpipe - | ...")


def format_of(data):
    """The row of `FORMATS` that reads some bytes; an InputError if there is none."""
    if not data:
        raise InputError("empty file")
    if data.startswith(NPY_MAGIC):
        raise InputError("is an NPY array, not a photo")
    for row in FORMATS:
        if row.sniff(data):
            return row
    check_not_video(data)
    raise InputError(f"not a photo: {' '.join(row.name for row in FORMATS)} are known")


def decode_photo(data, max_pixels=MAX_PIXELS, develop=False, side=None, luma=False):
    """A photo from the bytes of its file, upright.

    EXIF orientation is applied. Grey, palette and CMYK become RGB; alpha is dropped; 16 bits are
    kept; of several pages the first is taken. Colour profiles are not applied. Of a RAW file the
    largest preview in it is taken.

    Parameters
    ----------
    data : bytes
    max_pixels : int
    develop : bool, optional
        Develop a RAW file instead.
    side : int, optional
        Pixels; longer side to which ``resize.reduce_to`` will reduce the photo. A JPEG is decoded at a half, a quarter
        or an eighth of its size, which is faster, as long as that leaves 1.9 times as much. Blocks that go beyond the
        photo are left out then: up to 31 pixels at the right and below.
    luma : bool
        Of a JPEG decode luma alone, which is faster still; with `side`, if it is larger than that. Of a Y4M take it.

    Returns
    -------
    ndarray, (H, W, 3), uint8 or uint16, RGB; or (H, W), where `luma` was decoded

    Raises
    ------
    InputError
        Empty, unknown, damaged, truncated or too large; or what it needs is not installed.
    """
    row = format_of(data)
    try:
        with decoding(row.name):
            return row.decode(data, Wanted(max_pixels, develop, side, luma))
    except ImportError as error:
        raise missing_extra(row.name, row.packages) from error


def orientation(data):
    """The orientation by which `decode_photo` turns a photo upright, from 1 to 8.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    int

    Raises
    ------
    InputError
        RAW, AVIF or HEIC, whose pixels other programs do not read as they are stored.
    """
    row = format_of(data)
    if row.turn is None:
        raise InputError(f"{row.name} has no pixels that are read as stored; make it a JPEG, PNG or TIFF first")
    with decoding(row.name):
        return row.turn(data) or 1


def stored_orientation(data):
    """As `orientation`, of every format: how other programs, which read the tags alone, think a photo is stored."""
    row = format_of(data)
    if row.turn is not None:
        return orientation(data)
    try:
        return orientation_in(row.metadata(data)) or 1
    except (InputError, ImportError, *DAMAGED):
        return 1


def whole_shape(data, photo, develop=False):
    """(H, W) of a photo if it had not been reduced, upright.

    Parameters
    ----------
    data : bytes
    photo : ndarray, (h, w[, 3])
        What `decode_photo` gave.
    develop : bool, optional
        As it was for `decode_photo`.

    Returns
    -------
    tuple of int
    """
    by_header = format_of(data).whole_shape
    return by_header(data) if by_header and not develop else photo.shape[:2]
