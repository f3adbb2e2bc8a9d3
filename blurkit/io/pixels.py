"""What decoders share: the request for a photo, pictures as arrays, arrays turned upright, messages for damage."""

import importlib
import io
import struct
import zlib
from collections import namedtuple
from contextlib import contextmanager

import cv2
import numpy as np
from PIL import Image

from blurkit.defaults import MAX_PIXELS
from blurkit.errors import BlurkitError, InputError

Wanted = namedtuple("Wanted", "max_pixels develop side luma", defaults=(MAX_PIXELS, False, None, False))
"""The arguments of ``photo.decode_photo``."""

TURNED = {  # EXIF orientation -> what undoes it
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a.swapaxes(0, 1)[::-1],
}
DAMAGED = (  # what decoders raise on damaged files
    *(OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, OverflowError, EOFError, RuntimeError),
    *(struct.error, zlib.error, Image.DecompressionBombError),
)
FOR_PROGRAMMERS = (SyntaxError, TypeError, LookupError, struct.error)  # errors whose messages mean nothing to users
SIGNS_OF_TRUNCATION = ("truncated", "eof", "not enough", "unexpected end", "insufficient")
STRIP = 16384  # pixels taken over from Pillow at a time; few, so that the allocator keeps its buffers
WIDEST = 1 << 20  # pixels of a row taken over at a time; far below Pillow's own bound


def truncated(kind):
    """An InputError for a file that ends too early."""
    return InputError(f"cannot decode {kind}: truncated")


@contextmanager
def decoding(kind):
    """Turn errors of decoders into an InputError with a plain message."""
    try:
        yield
    except BlurkitError:
        raise
    except DAMAGED as error:
        raise InputError(f"cannot decode {kind}: {reason(error)}") from error


def reason(error):
    """The message of a library, in our words if we have them."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if isinstance(error, FOR_PROGRAMMERS) or text.startswith("decoder error"):
        return "damaged, truncated or of a kind that is not supported"
    return "truncated" if any(sign in text.lower() for sign in SIGNS_OF_TRUNCATION) else text


def opened(data, module, name):
    """A lazy picture by one of Pillow's classes.

    ``Image.open`` would ask the guard against giants that the whole process has; ours is ``check_photo``.
    """
    return getattr(importlib.import_module(f"PIL.{module}"), name)(io.BytesIO(data))


def upright(array, orientation):
    """Undo an EXIF orientation on (H, W, ...)."""
    return np.ascontiguousarray(TURNED.get(orientation, lambda a: a)(array))


def as_stored(array, orientation):
    """The opposite of `upright`: (H, W, ...) as the pixels of a file lie that has this orientation."""
    return upright(array, {6: 8, 8: 6}.get(orientation, orientation))


def as_rgb(picture):
    """A decoded Pillow picture as (H, W, 3) uint8, or uint16 if it is of 16 bits, which is grey."""
    if picture.mode.startswith("I;16") or picture.mode == "I":
        return three(as_16_bits(np.asarray(picture)))
    width, height = picture.size
    array = np.empty((height, width, 3), np.uint8)
    rows = max(1, STRIP // width)
    for top in range(0, height, rows):  # a whole photo at once takes Pillow four times as long, and one more copy
        bottom = min(top + rows, height)
        for left in range(0, width, WIDEST):
            right = min(left + WIDEST, width)
            part = picture.crop((left, top, right, bottom))
            array[top:bottom, left:right] = np.asarray(part if part.mode == "RGB" else part.convert("RGB"))
    return array


def by_opencv(data, kind, size, is_multiplied=False):
    """16-bit colour, or grey + alpha, which Pillow would cut to 8 bits, by OpenCV.

    Parameters
    ----------
    data : bytes
        A file without metadata that would have OpenCV turn it.
    kind : str
        Its format, for complaints.
    size : tuple of int
        (width, height) it must have.
    is_multiplied : bool
        Whether its values are those of the colours times alpha.

    Returns
    -------
    ndarray, (H, W, 3), uint16
    """
    try:
        array = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise InputError(f"cannot decode {kind}: 16-bit photo is too wide or too high for OpenCV") from error
    if array is None or array.dtype != np.uint16 or array.shape[1::-1] != size:
        raise InputError(f"cannot decode {kind}: 16-bit layout not supported")
    if array.ndim == 2 or array.shape[2] == 2:
        return three(array.reshape(*array.shape[:2], -1)[..., 0])
    if is_multiplied and array.shape[2] == 4:
        return divided(array[..., 2::-1], array[..., 3])
    return np.ascontiguousarray(array[..., 2::-1])


def divided(colours, alpha):
    """Colours, (H, W, n), divided by alpha, (H, W), that they were multiplied by; unchanged where alpha is 0."""
    full, array = np.iinfo(colours.dtype).max, np.ascontiguousarray(colours)
    for row, opacity in zip(array, alpha, strict=True):  # row by row: a whole photo would take several times its memory
        share = np.where(opacity, opacity, full).astype(np.float32) / full
        row[:] = np.minimum(np.rint(row / share[:, None]), full)
    return array


def as_16_bits(grey):
    """Whole numbers of any type as uint16; an InputError if they do not fit."""
    if grey.min() < 0:
        raise InputError("photo has signed values, some below 0, which is not supported; 8 and 16 bits from 0 on are")
    if grey.max() > 65535:
        raise InputError("photo has 32-bit values, which are not supported; 8 and 16 bits are")
    return grey.astype(np.uint16)


def three(grey):
    """(H, W) as (H, W, 3)."""
    return np.repeat(grey[..., None], 3, axis=2)


def scaled(array, largest):
    """Whole numbers from 0 to `largest` as uint8 from 0 to 255, or as uint16 from 0 to 65535 if `largest` > 255."""
    kind, full = (np.uint8, 255) if largest <= 255 else (np.uint16, 65535)
    if largest == full:
        return array.astype(kind, copy=False)
    table = np.rint(np.arange(largest + 1) * (full / largest)).astype(kind)
    return table[array]


def no_metadata(data):
    """Formats without EXIF."""
    return b""


def no_turn(data):
    """Formats without an orientation."""
