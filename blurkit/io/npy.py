"""NPY arrays in a stream, any number of them one after the other.

NPY delimits itself, so arrays can follow each other through a pipe. Nothing here seeks, and nothing is unpickled.
"""

import io
import math
import struct
import tokenize

import numpy as np

from blurkit.defaults import MAX_PIXELS
from blurkit.errors import InputError

NPY_MAGIC = b"\x93NUMPY"
NPY_MAX_HEADER = 10_000  # bytes; NumPy's own bound against hostile headers
MAX_DIMENSIONS = 32  # NumPy's own bound before 2.0
WIDEST = 16  # bytes; the largest element of which `max_elements` are read


def read_npy(stream, max_elements=MAX_PIXELS):
    """The next NPY array of a stream.

    Works on anything with ``read``, pipes included, and never unpickles.

    Parameters
    ----------
    stream : binary file object
    max_elements : int
        Arrays of more elements are refused before they are allocated.

    Returns
    -------
    ndarray or None
        None at a clean end of the stream.
    """
    header = read_npy_header(stream)
    if header is None:
        return None
    shape, fortran_order, dtype = header
    if math.prod(max(n, 1) for n in shape) > max_elements:
        raise InputError(
            f"array of shape {shape} has {math.prod(shape)} elements; at most {max_elements} are read (max_pixels)"
        )
    count = math.prod(shape)
    if count * dtype.itemsize > max_elements * WIDEST:
        raise InputError(
            f"array of shape {shape} needs {count * dtype.itemsize} bytes; "
            f"at most {max_elements * WIDEST} are read (max_pixels)"
        )
    try:
        array = np.empty(count, dtype)
    except (MemoryError, ValueError) as error:
        raise InputError(f"array of shape {shape} needs {count * dtype.itemsize} bytes: not enough memory") from error
    read_into(stream, array)
    return array.reshape(shape, order="F" if fortran_order else "C")


def read_npy_header(stream):
    """(shape, fortran_order, dtype) of the next NPY array, or None at a clean end."""
    magic = stream.read(1)
    if not magic:
        return None
    try:
        source = OnlyRead(stream, magic, NPY_MAX_HEADER)
        version = np.lib.format.read_magic(source)
        read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        header = read_header[version](source, max_header_size=NPY_MAX_HEADER)
    except KeyError as error:
        raise InputError(f"NPY version {version[0]}.{version[1]} is not supported") from error
    except (
        ValueError,
        TypeError,
        SyntaxError,
        EOFError,
        struct.error,
        tokenize.TokenError,
        MemoryError,
        RecursionError,
    ) as error:
        raise InputError("not an NPY array, or its header is damaged") from error
    if header[2].hasobject:
        raise InputError("NPY array holds Python objects; they are never loaded")
    if header[2].subdtype:
        raise InputError("NPY array has elements that are arrays themselves")
    if any(type(n) is not int or n < 0 for n in header[0]) or len(header[0]) > MAX_DIMENSIONS:
        raise InputError(f"NPY array has the absurd shape {header[0]}")
    return header


class OnlyRead:
    """A stream that has only ``read``, so that NumPy does not read from its descriptor.

    `start` comes before the rest of the stream. A ValueError if more than `most` bytes are read at a time.
    """

    def __init__(self, stream, start=b"", most=math.inf):
        self._stream, self._start, self._most = stream, start, most

    def read(self, size):
        if size > self._most:
            raise ValueError(f"{size} bytes at a time; at most {self._most} are read")
        start, self._start = self._start[:size], self._start[size:]
        return start + self._stream.read(size - len(start)) if len(start) < size else start


def read_into(stream, array):
    """Fill a flat array from a stream, however small the pieces it comes in."""
    view = as_bytes(array)
    filled = 0
    while filled < len(view):
        piece = stream.read(min(len(view) - filled, 1 << 20))
        if not piece:
            raise InputError(f"NPY array is truncated: {filled} of {len(view)} bytes")
        view[filled : filled + len(piece)] = piece
        filled += len(piece)


def encode_npy_header(shape, dtype):
    """The NPY 1.0 header of a C-ordered array."""
    header = io.BytesIO()
    described = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, described)
    return header.getvalue()


def encode_npy(array):
    """An array as the pieces of an NPY file: header and values."""
    return [encode_npy_header(array.shape, array.dtype), as_bytes(array)]


def as_bytes(array):
    """The values of an array of any dtype as a flat memoryview of bytes, copied only if not contiguous."""
    if not array.nbytes:
        return memoryview(b"")  # elements of no bytes cannot be seen as bytes
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
