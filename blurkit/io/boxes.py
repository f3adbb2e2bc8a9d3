"""Boxes in photos, as other programs tell them: what they mean, and where in a photo they lie."""

import math
from typing import NamedTuple

from blurkit.errors import InputError
from blurkit.io.orientation import SIDEWAYS

POINT_SIDE = 0.1  # of the longer side of a photo; of the box around a point without a size
BEYOND = 2.0  # shares of a photo do not go beyond this; pixels do
SAME_ASPECT = 0.02  # by which the ratio of width to height of two copies of a photo differs at most
TURNED = {  # orientation -> where the point (x, y) of the stored picture lies in the photo upright, in shares of both
    1: lambda x, y: (x, y),
    2: lambda x, y: (1 - x, y),
    3: lambda x, y: (1 - x, 1 - y),
    4: lambda x, y: (x, 1 - y),
    5: lambda x, y: (y, x),
    6: lambda x, y: (1 - y, x),
    7: lambda x, y: (1 - y, 1 - x),
    8: lambda x, y: (y, 1 - x),
}


class Box(NamedTuple):
    """A box as it is told."""

    sides: tuple
    """Left, top, right, bottom; a point without a size has left = right and top = bottom."""
    label: str | None = None
    """What is in it."""
    confidence: float | None = None
    frame: tuple | None = None
    """(width, height), pixels, of the picture that it lies in; None if that is not told."""
    in_shares: bool = True
    """`sides` are shares of that picture, not pixels."""
    is_stored: bool = False
    """It lies in the picture as it is stored, unless `frame` shows that it does not; else in the photo upright."""


class Table(NamedTuple):
    """All boxes of a file; each list holds an InputError in place of a box that is none."""

    boxes: dict
    """{photo as it is named there: list of Box}"""
    names: str = "path"
    """What photos are named by: "path", "stem" (the path without suffix), "number" (the same; a number without its
    leading zeros), or "none"."""
    is_whole: bool = True
    """Photos without boxes are named as well."""
    errors: tuple = ()
    """What of the file is of no photo."""


def one_box(make, *values, **more):
    """What a maker of boxes gives, or the InputError it raises."""
    try:
        return make(*values, **more)
    except InputError as error:
        return error


def finite(value, what):
    """A number of JSON as a float; an InputError if it is none."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{what} is {shown(value)}, which is no number")
    return number


def shown(value):
    """A value of JSON, short enough for a message."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def text_of(value):
    """A label: the text or whole number of JSON; None for anything else."""
    return str(value)[:1000] if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def corner_box(values, in_shares, **more):
    """A `Box` of its left, its top, its width and its height; an InputError if they are none."""
    if not isinstance(values, list | tuple) or len(values) != 4:
        raise InputError(f"{shown(values)} are not the four numbers of a box")
    left, top, width, height = (finite(value, "one of its numbers") for value in values)
    if width <= 0 or height <= 0:
        raise InputError(f"is {width:g} wide and {height:g} high")
    sides = left, top, left + width, top + height
    if in_shares and max(map(abs, sides)) > BEYOND:
        raise InputError(f"{shown(values)} look like pixels, where shares of the photo from 0 to 1 are wanted")
    if not in_shares and max(map(abs, sides)) <= 1:
        raise InputError(f"{shown(values)} look like shares of the photo, where pixels are wanted")
    return Box(sides, in_shares=in_shares, **more)


def middle_box(values, in_shares, **more):
    """A `Box` of its middle, x and y, its width and its height."""
    if not isinstance(values, list | tuple) or len(values) != 4:
        raise InputError(f"{shown(values)} are not the four numbers of a box")
    x, y, width, height = (finite(value, "one of its numbers") for value in values)
    return corner_box((x - width / 2, y - height / 2, width, height), in_shares, **more)


def placed(box, shape, turn):
    """Where a box lies in a photo.

    Parameters
    ----------
    box : Box
    shape : tuple
        (H, W[, 3]) of the photo, upright.
    turn : int
        Its orientation, 1 to 8.

    Returns
    -------
    tuple of float
        Left, top, width, height, pixels of the photo upright.

    Raises
    ------
    InputError
        The picture that the box lies in has other proportions than the photo.
    """
    size = shape[1], shape[0]
    stored = size[::-1] if turn in SIDEWAYS else size
    is_stored = box.is_stored
    if box.frame is not None:
        fits_upright, fits_stored = (is_alike(box.frame, one) for one in (size, stored))
        if not (fits_upright or fits_stored):
            theirs = f"{box.frame[0]:g}x{box.frame[1]:g}"
            raise InputError(f"lies in a picture of {theirs} pixels; the photo, {size[0]}x{size[1]}, has another shape")
        if fits_upright != fits_stored:
            is_stored = fits_stored
    unit = (1, 1) if box.in_shares else box.frame or (stored if is_stored else size)
    ends = [(x / unit[0], y / unit[1]) for x, y in (box.sides[:2], box.sides[2:])]
    if is_stored:
        ends = [TURNED[turn](*end) for end in ends]
    left, right = sorted(x * size[0] for x, _ in ends)
    top, bottom = sorted(y * size[1] for _, y in ends)
    grown = POINT_SIDE * max(size) / 2 if box.sides[:2] == box.sides[2:] else 0
    return left - grown, top - grown, right - left + 2 * grown, bottom - top + 2 * grown


def is_alike(frame, size):
    """True if two (width, height) have the same proportions, but for rounding."""
    return abs(frame[0] * size[1] / (frame[1] * size[0]) - 1) <= SAME_ASPECT
