"""Truths, segmentations and maps as they come in."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn
from PIL import Image

from blurkit.errors import InputError
from blurkit.io import encode, maps
from tests.files import joined, saved

# ---- truths and segmentations -----------------------------------------------


def test_white_means_what_the_user_says():
    data = saved(Image.fromarray(np.uint8([[0, 100, 255]])), "PNG")
    assert maps.decode_truth(data).tolist() == [[0, 100, 255]]
    assert maps.decode_truth(data, truth_is="blurred").tolist() == [[255, 155, 0]]


def test_a_16_bit_truth_has_the_same_meaning():
    _, data = cv2.imencode(".png", np.uint16([[0, 257 * 128, 65535]]))
    assert maps.decode_truth(data.tobytes()).tolist() == [[0, 128, 255]]


@given(hn.arrays(np.uint8, (5, 6, 3), elements=st.integers(0, 2)))
def test_regions_are_distinct_where_their_colours_are_and_survive_single_precision(colours):
    numbers = maps.decode_segments(saved(Image.fromarray(colours), "PNG")).astype(np.float32).ravel()
    flat = colours.reshape(-1, 3)
    same_colour = (flat[:, None] == flat[None]).all(axis=2)
    assert np.array_equal(numbers[:, None] == numbers[None], same_colour)


def test_region_numbers_of_16_bits_stay_distinct():
    _, data = cv2.imencode(".png", np.uint16([[300, 301], [44, 65535]]))
    assert len(np.unique(maps.decode_segments(data.tobytes()))) == 4


# ---- maps -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([[False, True]]), [[0, 1]]),
        (np.uint8([[0, 51, 255]]), [[0, 0.2, 1]]),
        (np.uint16([[0, 13107, 65535]]), [[0, 0.2, 1]]),
        (np.float64([[0, 0.2, 1]]), [[0, 0.2, 1]]),
        (np.array([[0, 0.25, 1]], ">f4"), [[0, 0.25, 1]]),
        (np.float16([[[0.25], [1]]]), [[0.25, 1]]),
    ],
)
def test_arrays_of_any_numeric_type_become_maps(array, expected):
    result = maps.as_map(array)
    assert result.dtype == np.float32 and result.dtype.isnative and np.allclose(result, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("array", "complaint"),
    [
        (np.zeros((2, 3, 4)), r"shape \(2, 3, 4\)"),
        (np.zeros(5), r"shape \(5,\)"),
        (np.zeros((0, 5)), r"shape \(0, 5\)"),
        (np.float32([[0, np.nan]]), "NaN"),
        (np.float32([[0, np.inf]]), "infinite"),
        (np.float32([[0, 1.5]]), "from 0 to 1.5"),
        (np.float32([[-0.25, 1]]), "from -0.25 to 1"),
        (np.int32([[0, 1]]), "int32"),
        (np.array([["a"]]), "type"),
        (np.array([[1j]]), "complex"),
        (np.zeros((1, 1), "M8[s]"), "type"),
        (np.zeros((1, 1), [("a", "f4")]), "type"),
    ],
)
def test_arrays_that_are_no_maps_are_refused_in_plain_words(array, complaint):
    with pytest.raises(InputError, match=complaint):
        maps.as_map(array)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"Pf\nx y\n-1\n", "header"),
        (b"Pf\n2 2\n-1\n1234", "4 of 16 bytes"),
        (b"PF\n1 1\n-1\n" + bytes(12), "one channel"),
        (b"Pf\n-1 -1\n-1\n1234", "one channel"),
        (b"Pf\n99999999 99999999\n-1\n", "at most"),
        (b"Pf\n2", "header"),
    ],
)
def test_damaged_pfm_is_an_error_in_plain_words(data, complaint):
    with pytest.raises(InputError, match=complaint):
        maps.decode_map(data)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's
@given(st.integers(0, 10**6))
def test_a_truncated_float_tiff_is_an_error(length):
    data = joined(encode.encode_map(np.random.default_rng(0).random((40, 40), dtype=np.float32), "tiff"))
    with pytest.raises(InputError):
        maps.decode_map(data[: length % len(data)])


def test_an_8_bit_grey_png_is_a_map_of_255ths():
    assert np.allclose(maps.decode_map(saved(Image.fromarray(np.uint8([[0, 51, 255]])), "PNG")), [[0, 0.2, 1]])
