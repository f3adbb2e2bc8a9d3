"""Files given from Python: by their path, their bytes, or open."""

import os
from typing import BinaryIO

from blurkit.errors import InputError, WeightsError

Source = str | os.PathLike[str] | bytes | BinaryIO
"""A file: its path, its bytes, or an open binary file."""


def read_bytes(source: Source, most: int, error_type: type[InputError] | type[WeightsError]) -> tuple[bytes, str]:
    """Read a file.

    Parameters
    ----------
    source : path, bytes or binary file
    most : int
        Bytes to read at most.
    error_type : type
        Raised if the file cannot be opened or read.

    Returns
    -------
    data : bytes
    prefix : str
        Of error messages about this file: its name and a colon; empty if `source` is no path.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), ""
    if not isinstance(source, str | os.PathLike):
        return read_stream(source, most, error_type), ""
    name = os.fspath(source)
    try:
        with open(name, "rb") as file:
            return file.read(most), f"{name}: "
    except OSError as error:
        raise error_type(f"{name}: {error.strerror}") from error


def read_stream(source: BinaryIO, most: int, error_type: type[InputError] | type[WeightsError]) -> bytes:
    """At most so many bytes of an open file; an error for what is none, or is open as text."""
    if not hasattr(source, "read"):
        what = type(source).__name__
        raise error_type(f"a path, bytes or an open binary file is needed, not {what}; one file at a time")
    data = source.read(most)
    if not isinstance(data, bytes):
        raise error_type("the file is open as text; open it in binary mode: open(name, 'rb')")
    return data
