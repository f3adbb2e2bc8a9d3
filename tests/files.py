"""Arrays and pictures as the bytes of files, what is in a folder, and what is said of a photo that cannot be read."""

import io
import os

import numpy as np
import pytest
import tifffile

from blurkit import image
from blurkit.errors import InputError


def npy(*several):
    """Arrays as an NPY stream."""
    out = io.BytesIO()
    for array in several:
        np.save(out, array)
    return out.getvalue()


def joined(pieces):
    """What was encoded piece by piece, as a file."""
    return b"".join(bytes(piece) for piece in pieces)


def saved(picture, form, **options):
    """A Pillow picture as a file."""
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def tiff(array, **options):
    """An array as a TIFF."""
    out = io.BytesIO()
    tifffile.imwrite(out, array, **options)
    return out.getvalue()


def listed(folder):
    """All files below a folder."""
    return sorted(os.path.relpath(os.path.join(here, name), folder) for here, _, names in os.walk(folder) for name in names)


def complaint(data, **options):
    """What is said of the bytes of a photo that cannot be decoded: one line."""
    with pytest.raises(InputError) as found:
        image.decode_photo(data, **options)
    assert "\n" not in str(found.value)
    return str(found.value)
