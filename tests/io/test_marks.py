"""Pictures that bear the mark of blurkit, and those that do not, whole or cut short."""

import io

import numpy as np
import pytest
from PIL import Image

from blurkit.io import marks
from blurkit.io.encode import encode_map
from tests.files import joined

MAP = np.linspace(0, 1, 9 * 12, dtype=np.float32).reshape(9, 12)


def photo_as(form):
    """A photo of somebody else as the bytes of a file."""
    held = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 255, (9, 9, 3), np.uint8)
    Image.fromarray(noise).save(held, form, software="Some editor")
    return held.getvalue()


@pytest.mark.parametrize("form", ["png", "tiff"])
def test_no_part_of_a_photo_is_taken_for_a_marked_picture(form):
    ours = joined(encode_map(MAP, form))
    assert marks.is_marked_picture(io.BytesIO(ours))
    for theirs in (photo_as(form.upper()), b"II*\0\x08\0\0\0\xff\0" + bytes(300)):
        assert not any(marks.is_marked_picture(io.BytesIO(theirs[:length])) for length in range(len(theirs) + 1))
