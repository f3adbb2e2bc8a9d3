"""Filters of a plane. Second routes: SciPy's filters, and known answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from blurkit.ops import filters
from blurkit.ops.backend import CpuBackend
from blurkit.ops.filters import magnitude


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
    expected = ndimage.gaussian_filter(plane, sigma, mode="mirror", truncate=3)
    assert np.allclose(filters.smooth(plane, sigma), expected, atol=1e-5)


def test_convolve_correlates_and_mirrors_without_the_edge_pixel(plane):
    kernel = np.random.default_rng(2).normal(size=(7, 5)).astype(np.float32)
    assert np.allclose(filters.convolve(plane, kernel), ndimage.correlate(plane, kernel, mode="mirror"), atol=1e-5)


def test_separable_equals_the_outer_product(plane):
    column, row = np.float32([1, 2, 3, -1, 4]), np.float32([-1, 0, 2])
    assert np.allclose(filters.separable(plane, column, row), filters.convolve(plane, np.outer(column, row)), atol=1e-4)


def test_box_mean_equals_scipys_uniform_filter(plane):
    assert np.allclose(filters.box_mean(plane, 9), ndimage.uniform_filter(plane, 9, mode="mirror"), atol=1e-5)


@pytest.mark.parametrize("down, across", [(0.01, 0), (0, 0.02), (0.03, -0.04)])
def test_the_gradient_of_a_ramp_is_its_slope(down, across):
    rows, columns = np.mgrid[:12, :15].astype(np.float32)
    ramp = np.float32(0.5) + np.float32(down) * rows + np.float32(across) * columns
    assert magnitude(ramp, CpuBackend)[1:-1, 1:-1] == pytest.approx(np.hypot(down, across), abs=1e-6)


def test_at_the_border_the_slope_across_it_is_zero():
    rows = np.mgrid[:8, :9][0].astype(np.float32) / 8
    assert magnitude(rows, CpuBackend)[0] == pytest.approx(0)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_the_highest_of_a_window_is_scipys(plane, size):
    assert (filters.highest(plane, size) == ndimage.maximum_filter(plane, size, mode="nearest")).all()
