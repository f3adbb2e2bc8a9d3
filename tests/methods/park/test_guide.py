"""Stage 6: rolling guidance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from blurkit.methods.park import guide

planes = hnp.arrays(np.float64, (5, 6), elements=st.floats(0, 1))


def plainly(plane, along):
    """The joint bilateral filter by a loop over pixels and their neighbours, border repeated."""
    radius, filtered = guide.RADIUS, np.zeros_like(plane)
    offset = np.arange(-radius, radius + 1)
    space = np.exp(-np.add.outer(offset**2, offset**2) / (2 * 1.5**2))
    padded, beside = (np.pad(p, radius, mode="edge") for p in (plane, along))
    for row, column in np.ndindex(plane.shape):
        window = np.s_[row : row + 2 * radius + 1, column : column + 2 * radius + 1]
        weight = space * np.exp(-((beside[window] - along[row, column]) ** 2) / (2 * 1.5**2))
        filtered[row, column] = (weight * padded[window]).sum() / weight.sum()
    return filtered


@given(planes, planes)
def test_the_series_equals_the_double_loop(plane, along):
    assert guide.joint_bilateral(plane, along) == pytest.approx(plainly(plane, along), abs=1e-9)


@given(planes)
def test_guided_by_nothing_it_is_a_gaussian(plane):
    assert guide.joint_bilateral(plane, np.zeros_like(plane)) == pytest.approx(guide.gaussian(plane), abs=1e-12)


def test_rolling_guidance_is_three_rounds_guided_by_the_last_result():
    photo = np.random.default_rng(0).random((9, 8, 3))
    filtered = np.zeros_like(photo)
    for _ in range(3):
        filtered = np.dstack([plainly(photo[..., c], filtered[..., c]) for c in range(3)])
    assert guide.rolling_guidance(photo) == pytest.approx(filtered, abs=1e-9)


@given(st.floats(0, 1))
def test_a_flat_photo_stays_as_it_is(level):
    assert guide.rolling_guidance(np.full((4, 5, 3), level)) == pytest.approx(level, abs=1e-9)


@given(planes)
def test_values_stay_within_their_range(plane):
    filtered = guide.rolling_guidance(np.dstack([plane] * 3))
    assert plane.min() - 1e-9 <= filtered.min() and filtered.max() <= plane.max() + 1e-9
