"""What users give as photos and as boxes, checked and made alike."""

import math
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blurkit.errors import InputError

Photo = NDArray[np.uint8] | NDArray[np.uint16]
Box = tuple[int, int, int, int]
"""Left, top, width and height, whole pixels within a photo."""

ROUNDING = 0.02  # pixels; shares of a photo, told with six digits, do not give whole pixels exactly


def as_photo(photo: ArrayLike) -> Photo:
    """An array that is a photo, converted to (H, W, 3), uint8 or uint16, RGB.

    Parameters
    ----------
    photo : array_like
        (H, W) or (H, W, 1), grey; (H, W, 2), grey and alpha; (H, W, 3), RGB; (H, W, 4), RGB and alpha. Alpha is left
        out. uint8, uint16, or floating point in [0, 1], which becomes 16 bits.

    Returns
    -------
    ndarray, (H, W, 3), uint8 or uint16

    Raises
    ------
    InputError
        Another shape, no pixels, another type, NaN, or values out of range.
    """
    if isinstance(photo, str | bytes) or hasattr(photo, "__fspath__"):
        raise InputError("photo is a file, not an array; read it by blurkit.read_photo")
    array = as_array(photo, "photo")
    if array.ndim not in (2, 3) or array.ndim == 3 and not 1 <= array.shape[2] <= 4:
        raise InputError(f"photo has shape {array.shape}; (H, W), (H, W, 3) or (H, W, 4) is needed, of one photo")
    if not array.size:
        raise InputError(f"photo has no pixels: its shape is {array.shape}")
    if array.dtype.kind == "f":
        array = sixteen_bits(array)
    elif array.dtype not in (np.uint8, np.uint16):
        raise InputError(
            f"photo has values of type {array.dtype}; uint8, uint16, or floating point in [0, 1] is needed; convert it"
        )
    if array.ndim == 3 and array.shape[2] >= 3:
        return np.ascontiguousarray(array[..., :3])
    grey = array if array.ndim == 2 else array[..., 0]
    return np.repeat(grey[..., None], 3, axis=2)


def as_array(values: ArrayLike, what: str) -> NDArray[Any]:
    """An array; an InputError that names `what` it should be if it is none."""
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InputError(f"{what} is no array: {error}") from error


def sixteen_bits(array: NDArray[np.floating]) -> NDArray[np.uint16]:
    """Values in [0, 1], floating point, as uint16 from 0 to 65535; InputError if one is out of range or NaN."""
    low, high = array.min(), array.max()
    if not (low >= 0 and high <= 1):
        raise InputError(f"photo values run from {low:g} to {high:g}; floating point must lie in [0, 1]")
    scaled = array * np.float32(65535)  # float32, as float16 ends at 65504
    return cast(NDArray[np.uint16], np.rint(scaled).astype(np.uint16))


def as_boxes(boxes: ArrayLike, shape: tuple[int, ...]) -> list[Box]:
    """Boxes of a photo of (H, W[, 3]), (n, 4) of any numbers, as whole pixels within it; an InputError for others."""
    array = as_array(boxes, "boxes")
    if not array.size:
        return []
    if array.ndim != 2 or array.shape[1] != 4 or array.dtype.kind not in "uif":
        raise InputError(f"boxes are {array.dtype} {array.shape}; numbers of shape (n, 4) are needed")
    found = []
    for number, box in enumerate(array.tolist(), 1):
        try:
            found.append(as_box(box, shape))
        except InputError as error:
            raise InputError(f"box {number}: {error}") from error
    return found


def as_box(box: list[float], shape: tuple[int, ...]) -> Box:
    """Left, top, width and height in pixels of a photo of (H, W[, 3]) as whole pixels within it.

    Parameters
    ----------
    box : sequence of float
        A part of a pixel is taken for a whole one.
    shape : tuple

    Returns
    -------
    tuple of int

    Raises
    ------
    InputError
        A number is not finite, the box has no pixels, or none within the photo.
    """
    if not all(map(math.isfinite, box)):
        raise InputError(f"{as_text(box)} are not all numbers")
    left, top, width, height = box
    if width <= 0 or height <= 0:
        raise InputError(f"is {width:g} wide and {height:g} high")
    columns, rows = within(left, left + width, shape[1]), within(top, top + height, shape[0])
    if columns is None or rows is None:
        raise InputError(f"{as_text(box)} lies outside of the photo, which is {shape[1]}x{shape[0]} pixels")
    return columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0]


def within(start: float, stop: float, size: int) -> tuple[int, int] | None:
    """The first pixel and the one behind the last of an interval, of those from 0 to `size`; None if there is none."""
    first, end = max(0, math.floor(start + ROUNDING)), min(size, math.ceil(stop - ROUNDING))
    return (first, end) if first < end else None


def as_text(box: Any) -> str:
    """The numbers of a box, as they are written."""
    return ",".join(f"{number:g}" for number in box)
