"""Maps in a stream, for a program of your own in a pipe with the commands.

``np.load`` and ``np.save`` do not work on pipes; these do.
"""

import io
from collections.abc import Iterator
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt

from blurkit.defaults import MAX_PIXELS
from blurkit.errors import InputError
from blurkit.io.maps import as_map
from blurkit.io.npy import encode_npy, read_npy


def read_maps(
    stream: BinaryIO, *, sigma: bool = False, max_pixels: int = MAX_PIXELS
) -> Iterator[npt.NDArray[np.float32]]:
    """Every map of a stream, one in memory at a time.

    Parameters
    ----------
    stream : binary file object
        Needs ``read`` alone: a file, a pipe, ``sys.stdin.buffer``. Any number of NPY arrays, one after the other, in
        either byte order.
    sigma : bool, optional
        The maps hold blur in pixels, as those of ``blur-map --sigma``, and may go above 1.
    max_pixels : int, optional
        Larger maps are refused before memory is taken for them.

    Yields
    ------
    ndarray, float32
        (H, W) in [0, 1], 1 = in focus; integers are scaled by the largest value of their type. Raw maps of the method
        park are (2, H, W): value and weight.

    Raises
    ------
    InputError
        The stream is not NPY, or ends within an array; or an array is not a map: its shape, its type, NaN, a value out
        of range.

    Examples
    --------
    >>> import io, blurkit
    >>> stream = io.BytesIO()
    >>> blurkit.write_map(stream, [[0.0, 0.5]])
    >>> _ = stream.seek(0)
    >>> [sharp.tolist() for sharp in blurkit.read_maps(stream)]
    [[[0.0, 0.5]]]
    """
    if not hasattr(stream, "read"):
        raise InputError(f"maps are read from an open binary file, not {type(stream).__name__}: open(name, 'rb')")
    if isinstance(cast(object, stream), io.TextIOBase):
        raise InputError("the stream is text; its bytes are in its buffer: sys.stdin.buffer")
    number = 0
    while True:
        number += 1
        try:
            array = read_npy(stream, 2 * max_pixels)  # of a raw map of two planes
            if array is None:
                return
            sharpness = as_map(array, raw=True, sigma=sigma)
            height, width = sharpness.shape[-2:]
            if height * width > max_pixels:
                raise InputError(f"map is {width}x{height} = {height * width} pixels; at most {max_pixels} are read")
        except InputError as error:
            raise InputError(f"map {number} of the stream: {error}") from error
        yield sharpness


def write_map(stream: BinaryIO, sharpness: npt.ArrayLike, *, sigma: bool = False) -> None:
    """Write one map into a stream, as the commands read it, and flush it.

    Parameters
    ----------
    stream : binary file object
        Needs ``write`` alone: a file, a pipe, ``sys.stdout.buffer``.
    sharpness : array_like
        A map as `read_maps` gives it; (H, W, 1), other floating-point types and unsigned integers are converted.
    sigma : bool, optional
        It holds blur in pixels and may go above 1.

    Raises
    ------
    InputError
        It is not a map: its shape, its type, NaN, a value out of range.
    """
    if not hasattr(stream, "write"):
        what = type(stream).__name__
        raise InputError(f"a map is written to an open binary file, not {what}: write_map(open(name, 'wb'), sharpness)")
    if isinstance(cast(object, stream), io.TextIOBase):
        raise InputError("the stream is text; its bytes are in its buffer: sys.stdout.buffer")
    for piece in encode_npy(as_map(np.asarray(sharpness), raw=True, sigma=sigma)):
        view = memoryview(piece).cast("B")
        while view:
            view = view[stream.write(view) :]  # a stream without a buffer may take a part
    if hasattr(stream, "flush"):
        stream.flush()
