"""PAM: all kinds of planes, depths and largest values."""

import numpy as np
import pytest

from blurkit.io.photo import decode_photo
from tests.files import complaint


def pam(array, kind=None, largest=255, more=b""):
    height, width, depth = array.shape
    named = b"TUPLTYPE %s\n" % kind if kind else b""
    head = b"P7\n%sWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\n%sENDHDR\n" % (more, width, height, depth, largest, named)
    return head + array.astype("u1" if largest < 256 else ">u2").tobytes()


KINDS = {
    b"BLACKANDWHITE": 1,
    b"GRAYSCALE": 1,
    b"RGB": 3,
    b"BLACKANDWHITE_ALPHA": 2,
    b"GRAYSCALE_ALPHA": 2,
    b"RGB_ALPHA": 4,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("largest", [1, 7, 255, 256, 4095, 65535])
def test_every_kind_of_pam_comes_out_on_the_full_scale(kind, largest):
    values = np.random.default_rng(0).integers(0, largest + 1, (7, 11, KINDS[kind]))
    full, dtype = (255, np.uint8) if largest < 256 else (65535, np.uint16)
    colours = values[..., :3] if KINDS[kind] > 2 else np.repeat(values[..., :1], 3, axis=2)
    for named in (kind, None):
        decoded = decode_photo(pam(values, named, largest, b"# words\n\n"))
        assert decoded.dtype == dtype and decoded.flags.c_contiguous
        assert np.array_equal(decoded, np.rint(colours * (full / largest)))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pam(np.zeros((3, 4, 3), int))[:-1], "truncated"),
        (pam(np.full((3, 4, 3), 9, int), largest=7), "values up to 9, and declares 7"),
        (pam(np.zeros((3, 4, 5), int)), "5 planes"),
        (pam(np.zeros((3, 4, 3), int), b"GRAYSCALE"), "type GRAYSCALE and 3 planes"),
        (pam(np.zeros((3, 4, 3), int), b"HSV"), "type HSV"),
        (b"P7\nWIDTH 4\nENDHDR\n", "lacks a number"),
        (b"P7\nWIDTH 4\n", "no end"),
        (b"P7\nWIDTH 99999\nHEIGHT 99999\nDEPTH 1\nMAXVAL 1\nENDHDR\n", "99999x99999"),
        (b"P7\nWIDTH 0\nHEIGHT 9\nDEPTH 1\nMAXVAL 1\nENDHDR\n", "no pixels"),
    ],
)
def test_a_pam_that_is_none_is_told_as_such(data, words):
    assert words in complaint(data)
