"""Maps, truth masks and segmentations: bytes in, arrays out (``encode`` is the way back).

Decoders of photos are imported by those functions that need them: an NPY map needs none.
"""

import numpy as np

from blurkit.defaults import MAX_PIXELS
from blurkit.errors import InputError, NotAMap

PFM_MAGIC = (b"Pf\n", b"PF\n")
LARGEST_NUMBER = 15  # of a mask of 8 bits that numbers kinds instead of drawing them in black and white


def as_map(array, raw=False, sigma=False):
    """An array of any numeric type as a map: (H, W) float32 in [0, 1]; if `raw`, (2, H, W) passes too.

    If `sigma`, it holds blur in pixels, and may go above 1. Integers and booleans are scaled by their largest value.
    An InputError: another shape, empty, not numeric, NaN, out of range.
    """
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    planes = array.ndim == 3 and array.shape[0] == 2
    if not array.size or array.ndim != 2 and not (planes and raw):
        first = "; raw maps of two planes need blur-refine first" * planes
        raise InputError(f"map has shape {array.shape}; it must be (H, W){first}")
    if array.dtype.kind == "b":
        return array.astype(np.float32)
    if array.dtype.kind == "u":
        return array.astype(np.float32) / np.float32(np.iinfo(array.dtype).max)
    if array.dtype.kind != "f":
        raise InputError(f"map has values of type {array.dtype}; floating point or unsigned integers are needed")
    low, high = array.min(), array.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InputError("map holds NaN or infinite values")
    if low < 0 or high > 1 and not sigma:
        needed = "not be negative" if sigma else "lie in [0, 1]"
        raise InputError(f"map values run from {low:g} to {high:g}; they must {needed}")
    return np.ascontiguousarray(array, dtype=np.float32)


def decode_map(data, max_pixels=MAX_PIXELS, sigma=False):
    """A map from the bytes of a PNG, TIFF or PFM: (H, W) float32 in [0, 1]; if `sigma`, of blur in pixels, no PNG."""
    from blurkit.io import tiff
    from blurkit.io.photo import decode_photo, format_of
    from blurkit.io.pixels import decoding

    if data.startswith(PFM_MAGIC):
        return as_map(decode_pfm(data, max_pixels), sigma=sigma)
    if format_of(data).decode is tiff.decode:
        with decoding("TIFF"):
            array = tiff.decode_map(data, max_pixels)
        if array is not None:
            return as_map(array, sigma=sigma)
    if sigma:
        raise InputError("holds 0 to 1, not blur in pixels; NPY, TIFF and PFM hold that")
    photo = decode_photo(data, max_pixels)
    if (photo[..., 0] != photo[..., 1]).any() or (photo[..., 0] != photo[..., 2]).any():
        raise NotAMap("is a colour picture, not a map; a map or a mask must be grey")
    return as_map(photo[..., 0])


def decode_pfm(data, max_pixels):
    """Portable float map, one channel: rows from the bottom up, byte order by the sign of the scale."""
    try:
        kind, size, scale, pixels = data.split(b"\n", 3)
        width, height = map(int, size.split())
        order = "<" if float(scale) < 0 else ">"
    except ValueError as error:
        raise InputError("PFM header is damaged") from error
    if kind != b"Pf" or min(width, height) < 1 or width * height > max_pixels:
        raise InputError(f"PFM is {width}x{height}; one channel and at most {max_pixels} pixels are supported")
    if len(pixels) != 4 * width * height:
        raise InputError(f"PFM is truncated: {len(pixels)} of {4 * width * height} bytes")
    return np.frombuffer(pixels, order + "f4").reshape(height, width)[::-1]


def decode_truth(data, max_pixels=MAX_PIXELS, truth_is="sharp"):
    """A truth mask from the bytes of an image file: (H, W) uint8, 255 in focus, 0 out of focus, else unknown.

    `truth_is`, 'sharp' or 'blurred', says what white means in the file. An InputError if its values are not on the
    full scale of their type, as in masks of 0 and 1.
    """
    from blurkit.io.photo import decode_photo

    truth = decode_photo(data, max_pixels)[..., 0]
    check_scale(truth)
    if truth.dtype == np.uint16:
        truth = (truth // 257).astype(np.uint8)
    return np.ascontiguousarray(truth if truth_is == "sharp" else 255 - truth)


def check_scale(truth):
    """Raise an InputError for masks of numbers such as 0 and 1, or of 8 bits stored in 16, which all are black."""
    full, largest = np.iinfo(truth.dtype).max, int(truth.max())
    if 0 < largest <= (LARGEST_NUMBER if full == 255 else 255):
        way_out = f"; multiply all by {full // largest}" if full % largest == 0 else ""
        raise InputError(f"its largest value is {largest}: black and white must be 0 and {full}{way_out}")


def decode_segments(data, max_pixels=MAX_PIXELS):
    """Region numbers from 0 up, one per value, from the bytes of a grey (8/16-bit) or RGB image: (H, W) int64."""
    from blurkit.io.photo import decode_photo

    picture = decode_photo(data, max_pixels).astype(np.int64)
    _, numbers = np.unique((picture[..., 0] << 32) | (picture[..., 1] << 16) | picture[..., 2], return_inverse=True)
    return numbers.reshape(picture.shape[:2])
