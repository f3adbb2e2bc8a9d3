"""Second routes: SciPy's filters and NumPy's padding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from blurkit.ops import filters, resize, statistics


@pytest.fixture
def plane():
    return np.random.default_rng(1).random((37, 52), dtype=np.float32)


@given(st.floats(0.3, 9))
def test_a_gaussian_kernel_is_odd_symmetric_and_sums_to_one(sigma):
    kernel = filters.gaussian_kernel(sigma)
    assert len(kernel) == 2 * int(np.ceil(3 * sigma)) + 1 and kernel.dtype == np.float32
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert np.allclose(kernel, kernel[::-1])


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0])
def test_smooth_equals_scipys_gaussian(plane, sigma):
    assert np.allclose(filters.smooth(plane, sigma), ndimage.gaussian_filter(plane, sigma, mode="mirror", truncate=3), atol=1e-5)


def test_convolve_correlates_and_mirrors_without_the_edge_pixel(plane):
    kernel = np.random.default_rng(2).normal(size=(7, 5)).astype(np.float32)
    assert np.allclose(filters.convolve(plane, kernel), ndimage.correlate(plane, kernel, mode="mirror"), atol=1e-5)


def test_separable_equals_the_outer_product(plane):
    column, row = np.float32([1, 2, 3, -1, 4]), np.float32([-1, 0, 2])
    assert np.allclose(filters.separable(plane, column, row), filters.convolve(plane, np.outer(column, row)), atol=1e-4)


@given(st.integers(1, 23), st.integers(1, 23), st.integers(1, 6))
def test_pool_is_the_mean_of_each_cell_with_the_last_row_and_column_repeated(height, width, cell):
    plane = np.random.default_rng(height * 100 + width).random((height, width), dtype=np.float32)
    filled = np.pad(plane, ((0, -height % cell), (0, -width % cell)), mode="edge")
    expected = filled.reshape(filled.shape[0] // cell, cell, -1, cell).mean(axis=(1, 3))
    assert resize.pool(plane, cell).shape == expected.shape
    assert np.allclose(resize.pool(plane, cell), expected, atol=1e-5)


def test_box_mean_equals_scipys_uniform_filter(plane):
    assert np.allclose(filters.box_mean(plane, 9), ndimage.uniform_filter(plane, 9, mode="mirror"), atol=1e-5)


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
    for axis, place in ((0, np.s_[2:-1:3, 1::3]), (1, np.s_[1::3, 2:-1:3])):
        one, next_one = (np.take(small.astype(float), range(i, small.shape[axis] - 1 + i), axis) for i in (0, 1))
        assert np.abs(large[place] - (2 * one + next_one) / 3).max(initial=0) <= 1.01 * (dtype != np.float32) + 1e-4


@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 70), st.integers(1, 70), st.integers(0, 255))
def test_resizing_gives_the_shape_asked_for_and_leaves_a_flat_photo_flat(height, width, rows, columns, value):
    found = resize.resize_to(np.full((height, width, 3), value, np.uint8), (rows, columns))
    assert found.shape == (rows, columns, 3) and (found == value).all()


def test_resizing_to_the_same_shape_changes_nothing(plane):
    assert np.array_equal(resize.resize_to(plane, plane.shape), plane)


def test_otsu_parts_two_kinds_of_values_whatever_their_scale():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(0.2, 0.03, 3000), rng.normal(0.7, 0.05, 1000)]).astype(np.float32).reshape(50, 80)
    level = statistics.otsu(values)
    assert (values[:37] <= level).mean() > 0.99 and (values[38:] > level).all()
    assert statistics.otsu(values * 40 - 7) == pytest.approx(level * 40 - 7, abs=0.2)
    assert statistics.otsu(np.full((4, 4), 0.3, np.float32)) == np.float32(0.3)


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 100), st.integers(0, 100))
def test_a_percentile_is_that_of_numpy(height, width, percent, seed):
    plane = np.random.default_rng(seed).normal(size=(height, width)).astype(np.float32)
    before = plane.copy()
    assert statistics.percentile(plane, percent) == pytest.approx(np.percentile(plane.astype(np.float64), percent), abs=1e-6)
    assert (plane == before).all()
