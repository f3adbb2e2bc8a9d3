"""Arrays, pictures and reports as the bytes of files, what is in a folder, and what is said of a photo that cannot be read."""

import io
import os

import numpy as np
import pytest
import tifffile

from blurkit import image, report
from blurkit.errors import InputError

GREY, SHARP = np.full((40, 60, 3), 90, np.uint8), np.ones((10, 15), np.float32)  # a photo and its map


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


def row(path="photo.jpg", score=0.5, photo=GREY, sharp=SHARP, **more):
    """What a report is told of a photo."""
    tint = None if sharp is None else report.overlay(sharp)
    return {"path": path, "score": score, "sigma": 1.25, "coverage": 0.345, "noise": 2.06, "thumbnail": report.thumbnail(photo), "overlay": tint, **more}


def made(rows, title="Photos", method="joint", facts=None):
    """The page of a report."""
    return b"".join(report.page(rows, title, method, {"photos": "3"} if facts is None else facts))


def listed(folder):
    """All files below a folder."""
    return sorted(os.path.relpath(os.path.join(here, name), folder) for here, _, names in os.walk(folder) for name in names)


def complaint(data, **options):
    """What is said of the bytes of a photo that cannot be decoded: one line."""
    with pytest.raises(InputError) as found:
        image.decode_photo(data, **options)
    assert "\n" not in str(found.value)
    return str(found.value)
