"""Stage 14: which blur it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.methods.joint import kind


def planes(height, width, motion, focus):
    return np.full((height, width), motion, np.float32), np.full((height, width), focus, np.float32)


@pytest.mark.parametrize("motion", [-3.0, -0.2, 0.0, 0.7, 4.0])
def test_one_answer_everywhere_in_a_blurred_photo_is_that_of_the_whole_added_to_itself(motion):
    assert kind.spread(*planes(20, 30, motion, -8.0)) == pytest.approx(2 * motion, rel=0.01, abs=1e-6)


def test_what_is_sharp_has_no_say():
    motion, focus = planes(30, 60, -2.0, -8.0)
    motion[:, 30:], focus[:, 30:] = 5.0, 12.0
    spread = kind.spread(motion, focus)
    assert spread.dtype == np.float32 and spread.shape == (30, 60) and (spread < 0).all()
    assert spread[:, :28] == pytest.approx(-4, abs=0.1)


def test_a_doubtful_cell_takes_the_kind_of_its_neighbours_and_of_the_photo():
    motion, focus = planes(40, 40, 3.0, -6.0)
    motion[20, 20] = -3.0
    assert kind.spread(motion, focus).min() > 4
    motion[:, :10] = 0.0  # shows nothing; the rest of the photo moved
    assert kind.spread(motion, focus)[20, 0] > 1.5


def test_two_kinds_in_one_photo_are_told_apart_where_they_are_sure():
    motion, focus = planes(40, 80, 4.0, -6.0)
    motion[:, 40:] = -6.0
    spread = kind.spread(motion, focus)
    assert spread[:, :30].min() > 0 > spread[:, 50:].max()


def test_the_sum_is_the_mean_over_blurred_neighbours_plus_that_of_the_whole_photo():
    rng = np.random.default_rng(0)
    motion, focus = rng.normal(0, 2, (2, 17, 23)).astype(np.float32)
    blurred = 1 / (1 + np.exp(focus.astype(float)))
    offsets = np.arange(-12, 13)
    kernel = np.exp(-(offsets**2) / (2 * 4.0**2))
    kernel /= kernel.sum()

    def smooth(plane):
        for axis in (0, 1):
            padded = np.pad(plane, [(12, 12) if a == axis else (0, 0) for a in (0, 1)], "reflect")
            windows = np.lib.stride_tricks.sliding_window_view(padded, 25, axis)
            plane = windows @ kernel
        return plane

    around = smooth(motion * blurred) / (smooth(blurred) + 1e-3)
    expected = around + (around * blurred).sum() / (blurred.sum() + 1e-3)
    assert kind.spread(motion, focus) == pytest.approx(expected, abs=1e-3)


@pytest.mark.filterwarnings("error")
@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from([-16.0, 0.0, 16.0]), st.integers(0, 10**6))
def test_any_answers_give_finite_ones(height, width, focus, seed):
    motion = np.random.default_rng(seed).uniform(-16, 16, (height, width)).astype(np.float32)
    spread = kind.spread(motion, np.full((height, width), focus, np.float32))
    assert np.isfinite(spread).all() and np.abs(spread).max() <= 32.1
