"""Patch sets: records of patches, read through a temporary file."""

import hashlib
import math
import tempfile

import numpy as np

from blurkit.errors import InputError
from blurkit.io.npy import as_bytes, encode_npy, read_into, read_npy_header

AT_ONCE = 1 << 22  # bytes read and written at a time, or one record if that is larger
LONGEST_ORIGIN = 4096  # bytes of the text that says how a patch set was made


def encode_origin(text):
    """The text that says how a patch set was made, as the pieces of the NPY array that follows the records."""
    return encode_npy(np.array(text.encode(errors="surrogateescape")[:LONGEST_ORIGIN]))


def is_origin(shape, dtype):
    """True for the header of an array of `encode_origin`."""
    return shape == () and dtype.kind == "S" and 0 < dtype.itemsize <= LONGEST_ORIGIN


def read_origin(stream, dtype):
    """The text of an array of `encode_origin` whose header is read."""
    text = np.empty(1, dtype)
    read_into(stream, text)
    return text[0].decode(errors="replace")


def read_patches(stream, dtype, most_bytes):
    """All patch sets of a stream, joined in a temporary file: a million patches need not fit in memory.

    Parameters
    ----------
    stream : binary file object
        One or more NPY arrays of records, one after the other, perhaps each with the text of `encode_origin`.
    dtype : numpy.dtype
        Of the method's records.
    most_bytes : int
        Larger sets are refused.

    Returns
    -------
    records : numpy.memmap, (n,), dtype
        Read-only. Its file has no name and goes with it.
    digest : str
        SHA-256 of the records.
    origins : list of str
        How the sets were made, as far as they say.
    """
    digest, total, origins = hashlib.sha256(), 0, []
    with tempfile.TemporaryFile() as file:
        while (header := read_npy_header(stream)) is not None:
            shape, _, actual = header
            if total and is_origin(shape, actual):
                origins.append(read_origin(stream, actual))
                continue
            if actual != dtype or len(shape) != 1:
                content = "fields " + ", ".join(actual.names) if actual.names else f"values {actual}"
                meant = "not a patch set of this method (is it of another method or version, or of its other --for?)"
                raise InputError(f"{meant}: array of shape {shape}, {content}")
            total += math.prod(shape) * dtype.itemsize
            if total > most_bytes:
                raise InputError(f"patch set needs {total} bytes; max_bytes allows {most_bytes} (--max-bytes)")
            at_once = max(1, AT_ONCE // dtype.itemsize)
            for start in range(0, shape[0], at_once):
                records = np.empty(min(at_once, shape[0] - start), dtype)
                read_into(stream, records)
                digest.update(as_bytes(records))
                file.write(as_bytes(records))
        if not total:
            raise InputError("no patches on the input")
        file.flush()
        return np.memmap(file, dtype, "r"), digest.hexdigest(), origins
