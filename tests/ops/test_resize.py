"""Grids and resizing between them. Checked against NumPy's padding and means."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.ops import resize


@pytest.fixture
def plane():
    return np.random.default_rng(1).random((37, 52), dtype=np.float32)


@given(st.integers(1, 23), st.integers(1, 23), st.integers(1, 6))
def test_pool_is_the_mean_of_each_cell_with_the_last_row_and_column_repeated(height, width, cell):
    plane = np.random.default_rng(height * 100 + width).random((height, width), dtype=np.float32)
    filled = np.pad(plane, ((0, -height % cell), (0, -width % cell)), mode="edge")
    expected = filled.reshape(filled.shape[0] // cell, cell, -1, cell).mean(axis=(1, 3))
    assert resize.pool(plane, cell).shape == expected.shape
    assert np.allclose(resize.pool(plane, cell), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "side", "expected"),
    [
        ((100, 200), 2048, (100, 200)),
        ((3000, 4000), 2048, (1536, 2048)),
        ((3000, 4000), 0, (3000, 4000)),
        ((1, 9000), 2048, (1, 2048)),
        ((50, 20, 3), 25, (25, 10)),
    ],
)
def test_the_working_shape_is_bounded_by_its_longer_side(shape, side, expected):
    assert resize.working_shape(shape, side) == expected


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_reducing_by_a_whole_factor_averages_areas(dtype):
    array = np.arange(96).reshape(8, 12).astype(dtype)
    reduced = resize.reduce_to(array, (4, 6))
    assert reduced.dtype == dtype
    assert np.abs(reduced - array.reshape(4, 2, 6, 2).mean(axis=(1, 3))).max() <= 0.5


def test_reducing_to_the_same_shape_changes_nothing(plane):
    assert np.array_equal(resize.reduce_to(plane, plane.shape), plane)


def test_enlarging_stays_within_the_range_and_keeps_a_ramp(plane):
    large = resize.enlarge_to(plane, (101, 99))
    assert large.shape == (101, 99)
    assert plane.min() <= large.min() and large.max() <= plane.max()
    ramp = resize.enlarge_to(np.arange(4, dtype=np.float32)[None].repeat(4, 0), (16, 16))
    assert np.allclose(ramp[:, 2:-2], (np.arange(2, 14) + 0.5) / 4 - 0.5, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("height, width, colours", [(8, 12, ()), (12, 8, (3,)), (1, 8, ()), (8, 1, (3,))])
def test_resizing_averages_areas_on_the_way_down_and_goes_straight_on_the_way_up(dtype, height, width, colours):
    array = np.random.default_rng(0).integers(0, 200, (4 * height, 4 * width, *colours)).astype(dtype)
    small = resize.resize_to(array, (height, width))
    means = array.reshape(height, 4, width, 4, *colours).astype(float).mean(axis=(1, 3))
    assert small.shape == means.shape and small.dtype == dtype and np.abs(small - means).max() <= 0.501
    large = resize.resize_to(small, (3 * height, 3 * width))
    assert large.shape == (3 * height, 3 * width, *colours) and large.dtype == dtype
    assert (large[1::3, 1::3] == small).all()  # the centres are where they were
    for axis, between in ((0, np.s_[2:-1:3, 1::3]), (1, np.s_[1::3, 2:-1:3])):
        before, after = (np.take(small.astype(float), range(i, small.shape[axis] - 1 + i), axis) for i in (0, 1))
        assert np.abs(large[between] - (2 * before + after) / 3).max(initial=0) <= 1.01 * (dtype != np.float32) + 1e-4


@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 70), st.integers(1, 70), st.integers(0, 255))
def test_resizing_gives_the_shape_asked_for_and_leaves_a_flat_photo_flat(height, width, rows, columns, value):
    result = resize.resize_to(np.full((height, width, 3), value, np.uint8), (rows, columns))
    assert result.shape == (rows, columns, 3) and (result == value).all()


def test_resizing_to_the_same_shape_changes_nothing(plane):
    assert np.array_equal(resize.resize_to(plane, plane.shape), plane)


@pytest.mark.parametrize("scale, expected", [(0.5, (4, 20)), (1, (7, 40)), (2.0, (14, 80)), (0.01, (1, 1))])
def test_a_scaled_shape_is_rounded_and_never_empty(scale, expected):
    assert resize.scaled_shape((7, 40), scale) == resize.scaled_shape((7, 40, 3), scale) == expected
