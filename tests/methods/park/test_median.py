"""Stage 9: the weighted median."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.methods.park import median


def plainly(plane, guide):
    """One round: at every pixel the first of the sorted values whose summed weights reach one half.

    Windows end with the photo.
    """
    filtered = np.zeros_like(plane)
    for row, column in np.ndindex(plane.shape):
        window = np.s_[max(row - 5, 0) : row + 6, max(column - 5, 0) : column + 6]
        weight = np.exp(-((guide[window] - guide[row, column]) ** 2).sum(axis=-1) / (2 * 0.25**2)).ravel()
        order = np.argsort(plane[window], axis=None)
        reached = np.cumsum(weight[order])
        filtered[row, column] = plane[window].ravel()[order[np.searchsorted(reached, reached[-1] / 2)]]
    return filtered


@pytest.mark.parametrize("height, width", [(1, 1), (1, 9), (40, 13)])
def test_it_is_three_sorted_medians_to_half_a_step_each(height, width):
    rng = np.random.default_rng(3)
    plane, guide = rng.uniform(0.5, 2, (height, width)), rng.random((height, width, 3))
    expected = plane
    for _ in range(3):
        expected = plainly(expected, guide)
    filtered = median.weighted_median(plane, guide)
    assert filtered.dtype == np.float32 and filtered.shape == plane.shape
    assert np.abs(filtered - expected).max() <= 3 * 1.5 / 512 + 1e-6


@given(st.floats(0, 5), st.integers(0, 10**6))
def test_a_constant_stays_constant(level, seed):
    guide = np.random.default_rng(seed).random((6, 7, 3))
    assert median.weighted_median(np.full((6, 7), level), guide) == pytest.approx(level)


@given(st.integers(0, 10**6))
def test_values_stay_within_their_range(seed):
    rng = np.random.default_rng(seed)
    plane = rng.normal(1, 1, (7, 9))
    filtered = median.weighted_median(plane, rng.random((7, 9, 3)))
    assert plane.min() - 1e-6 <= filtered.min() and filtered.max() <= plane.max() + 1e-6


def test_a_speck_goes_and_a_border_along_the_colours_stays():
    plane, guide = np.full((20, 30), 0.5), np.zeros((20, 30, 3))
    plane[:, 15:], guide[:, 15:] = 2.0, 1.0
    specked = plane.copy()
    specked[10, 5], specked[10, 22] = 2.0, 0.5
    assert np.abs(median.weighted_median(specked, guide) - plane).max() < 0.02


def test_what_leaked_over_an_edge_is_taken_back():
    plane, guide = np.full((20, 30), 0.5), np.zeros((20, 30, 3))
    plane[:, 13:], guide[:, 15:] = 2.0, 1.0
    assert np.abs(median.weighted_median(plane, guide)[:, :15] - 0.5).max() < 0.02
