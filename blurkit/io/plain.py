"""WebP, GIF and BMP, which Pillow reads by itself, but for some colours of BMP."""

import threading
from contextlib import contextmanager, nullcontext

import numpy as np
from PIL import Image

from blurkit.errors import InputError, check_photo
from blurkit.io.orientation import orientation
from blurkit.io.pixels import as_rgb, opened, scaled, truncated, upright

LOCK = threading.Lock()
BITFIELDS, ALPHA_BITFIELDS = 3, 6  # compressions of a BMP with bit masks of the colours
LEAST_BMP = 40  # bytes of the header of a BMP that can have bit masks


def is_webp(data):
    """True for WebP."""
    return data.startswith(b"RIFF") and data[8:12] == b"WEBP"


def is_gif(data):
    """True for GIF."""
    return data.startswith(b"GIF8")


def is_bmp(data):
    """True for BMP."""
    return data.startswith(b"BM")


# ---- WebP -----------------------------------------------------------------


def decode_webp(data, wanted):
    """A photo from a WebP, upright: (H, W, 3) uint8."""
    picture = opened_webp(data, wanted.max_pixels)
    picture.load()
    return upright(as_rgb(picture), orientation(picture.info.get("exif", b""), picture.info.get("xmp", b"")))


def webp_turn(data):
    """The orientation of a WebP, None if it names none."""
    info = opened(data, "WebPImagePlugin", "WebPImageFile").info
    return orientation(info.get("exif", b""), info.get("xmp", b""))


def opened_webp(data, max_pixels):
    """A lazy picture; its size is checked first, since Pillow takes memory for all of it at once."""
    width, height = webp_size(data)
    check_photo(width, height, max_pixels)
    most = Image.MAX_IMAGE_PIXELS
    with unguarded() if most and width * height > most else nullcontext():
        picture = opened(data, "WebPImagePlugin", "WebPImageFile")
    check_photo(picture.width, picture.height, max_pixels)
    return picture


@contextmanager
def unguarded():
    """Lift Pillow's limit of pixels, which belongs to the whole process, while a header is read."""
    with LOCK:
        most, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = most


def webp_size(data):
    """(width, height) from the first chunk of a WebP."""
    kind, body = data[12:16], data[20:30]
    if len(body) < 10:
        raise truncated("WebP")
    if kind == b"VP8 ":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    raise InputError("cannot decode WebP: damaged")


def webp_metadata(data):
    """The EXIF of a WebP."""
    return opened_webp(data, np.inf).info.get("exif", b"")


# ---- GIF and BMP ------------------------------------------------------------


def decode_gif(data, wanted):
    """The first picture of a GIF: (H, W, 3) uint8."""
    picture = opened(data, "GifImagePlugin", "GifImageFile")
    check_photo(picture.width, picture.height, wanted.max_pixels)
    picture.load()
    return as_rgb(picture)


def decode_bmp(data, wanted):
    """A photo from a BMP: (H, W, 3) uint8, or uint16 if a colour has more than 8 bits."""
    try:
        picture = opened(data, "BmpImagePlugin", "BmpImageFile")
    except OSError:
        if not is_masked(data):
            raise
        return decode_masked(data, wanted.max_pixels)
    check_photo(picture.width, picture.height, wanted.max_pixels)
    picture.load()
    return as_rgb(picture)


def number(data, at, size=4, signed=False):
    """A number in the header of a BMP."""
    return int.from_bytes(data[at : at + size], "little", signed=signed)


def is_masked(data):
    """True if a BMP has bit masks of its colours."""
    header, bits, compression = number(data, 14), number(data, 28, 2), number(data, 30)
    return header >= LEAST_BMP and bits in (16, 32) and compression in (BITFIELDS, ALPHA_BITFIELDS)


def decode_masked(data, max_pixels):
    """A photo from a BMP whose bit masks Pillow does not support."""
    start, bits = number(data, 10), number(data, 28, 2)
    width, height = max(0, number(data, 18, signed=True)), number(data, 22, signed=True)
    check_photo(width, abs(height), max_pixels)
    row = -(-width * bits // 32) * 4  # bytes; rows end at a multiple of four
    if start + row * abs(height) > len(data):
        raise truncated("BMP")
    rows = np.frombuffer(data, np.uint8, row * abs(height), start).reshape(abs(height), row)
    words = rows[:, : width * bits // 8].copy().view(f"<u{bits // 8}")
    masks = [number(data, 54 + 4 * channel) for channel in range(3)]
    if not all(masks):
        raise InputError("cannot decode BMP: a colour without bits")
    shifts = [(mask & -mask).bit_length() - 1 for mask in masks]
    largest = [mask >> shift for mask, shift in zip(masks, shifts, strict=True)]
    if any(most & (most + 1) or most > 65535 for most in largest):
        raise InputError("cannot decode BMP: the bits of a colour do not stand side by side")
    deep = max(largest) > 255
    planes = []
    for mask, shift, most in zip(masks, shifts, largest, strict=True):
        plane = scaled((words & words.dtype.type(mask)) >> words.dtype.type(shift), most)
        planes.append(plane.astype(np.uint16) * 257 if deep and plane.dtype == np.uint8 else plane)
    return np.ascontiguousarray(np.stack(planes, axis=2)[:: 1 if height < 0 else -1])
