"""Frames of a video with their times, and pages of a TIFF."""

import io
from fractions import Fraction

import numpy as np
import pytest
import tifffile

from blurkit.io.photo import decode_photo
from blurkit.io.pictures import pictures
from tests.files import tiff


def taken(data):
    """The bytes of every page of a TIFF."""
    return [picture.data for picture in pictures(io.BytesIO(data), pages=True)]


def test_frames_of_a_video_have_times_that_are_exact():
    stream = b"YUV4MPEG2 W2 H2 F30000:1001 Cmono\n" + b"FRAME Ip\n1234" * 3
    walk = list(pictures(io.BytesIO(stream + stream)))
    assert [picture.time for picture in walk] == [Fraction(1001 * n, 30000) for n in range(6)]
    assert all(picture.is_frame and not picture.is_interlaced for picture in walk)
    assert walk[4].data == b"YUV4MPEG2 W2 H2 F30000:1001 Cmono\nFRAME\n1234"


def test_a_video_that_names_no_rate_has_no_times():
    for rate in (b"", b" F0:0", b" F25:0"):
        (picture,) = pictures(io.BytesIO(b"YUV4MPEG2 W2 H2%s It Cmono\nFRAME\n1234" % rate))
        assert picture.time is None and picture.is_interlaced


def test_pages_of_a_tiff_are_counted_or_taken():
    pages = np.random.default_rng(0).integers(0, 256, (70, 12, 16), np.uint8)
    stack = tiff(pages, photometric="minisblack")
    (first,) = pictures(io.BytesIO(stack))
    assert first.others == 69 and np.array_equal(decode_photo(first.data)[..., 0], pages[0])
    each = taken(stack)
    assert [np.array_equal(decode_photo(page)[..., 0], pages[n]) for n, page in enumerate(each)] == [True] * 70


@pytest.mark.parametrize("options", [{"bigtiff": True}, {"byteorder": ">"}])
def test_pages_of_other_kinds_of_tiff_and_no_smaller_copies(options):
    out = io.BytesIO()
    with tifffile.TiffWriter(out, **options) as file:
        for value in (3, 5):
            file.write(np.full((16, 16), value, np.uint8), photometric="minisblack")
            file.write(np.full((8, 8), 9, np.uint8), photometric="minisblack", subfiletype=1)
    each = taken(out.getvalue())
    assert [int(decode_photo(page)[0, 0, 0]) for page in each] == [3, 5]
