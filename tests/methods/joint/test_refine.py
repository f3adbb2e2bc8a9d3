"""Stage 8: edge-aware smoothing of the map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.defaults import WORKING_SIDE
from blurkit.methods.joint import evidence, refine
from blurkit.ops.smoothing import spread_confident


def noise(rng, height, width):
    return rng.random((height, width)).astype(np.float32), rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 60), st.booleans())
def test_any_map_of_any_size_stays_in_range(seed, height, width, deep):
    raw, guide = noise(np.random.default_rng(seed), height, width)
    refined = refine.spread(raw, guide.astype(np.uint16) * 257 if deep else guide)
    assert refined.shape == raw.shape and refined.dtype == np.float32
    assert refined.min() >= 0 and refined.max() <= 1  # false for NaN too


@given(st.integers(0, 10_000), st.integers(1, 50), st.integers(1, 50))
def test_what_is_out_of_focus_is_the_complement_of_what_is_in_focus(seed, height, width):
    raw, guide = noise(np.random.default_rng(seed), height, width)
    assert refine.spread(1 - raw, guide) == pytest.approx(1 - refine.spread(raw, guide), abs=1e-4)


def test_it_spreads_on_the_cells_of_the_evidence_with_its_own_numbers_and_no_lean():
    raw, guide = noise(np.random.default_rng(6), 50, 70)
    numbers = refine.STRENGTH, refine.EDGE_SCALE, refine.ROUNDS
    for side, measured in ((WORKING_SIDE, (50, 70)), (0, (50, 70)), (35, (25, 35))):
        expected = spread_confident(
            raw, guide, measured, evidence.CELL, *numbers, least_weight=refine.LEAST_WEIGHT, gain=refine.GAIN, lean=0.0
        )
        assert (refine.spread(raw, guide, side) == expected).all()


@given(st.floats(0.01, 0.99), st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 40))
def test_a_map_of_one_value_keeps_it_but_for_the_gain_on_its_logit(value, seed, height, width):
    _, guide = noise(np.random.default_rng(seed), height, width)
    refined = refine.spread(np.full((height, width), value, np.float32), guide)
    odds = (value / (1 - value)) ** refine.GAIN
    assert refined == pytest.approx(odds / (1 + odds), abs=1e-3)


def test_confident_cells_fill_their_region_and_stop_at_the_edge_of_the_photo():
    guide = np.zeros((60, 80, 3), np.uint8)
    guide[:, 40:] = 255
    raw = np.full((60, 80), 0.5, np.float32)
    raw[24:36, 8:20], raw[24:36, 60:72] = 0.99, 0.01
    refined = refine.spread(raw, guide)
    assert refined[:, :36].min() > 0.8
    assert refined[:, 44:].max() < 0.2


def test_an_uncertain_part_takes_the_value_of_confident_ones_around_it_and_not_the_reverse():
    guide = np.full((64, 64, 3), 90, np.uint8)
    raw = np.full((64, 64), 0.98, np.float32)
    raw[24:40, 24:40] = 0.4
    refined = refine.spread(raw, guide)
    assert refined.min() > 0.9


def test_eight_and_sixteen_bit_guides_give_the_same_map():
    raw, guide = noise(np.random.default_rng(1), 31, 45)
    # Only the rounding of the reduced guide differs, by half an 8-bit step.
    difference = refine.spread(raw, guide.astype(np.uint16) * 257) - refine.spread(raw, guide)
    assert np.abs(difference).mean() < 0.03


def test_cells_are_those_of_the_working_size():
    raw, guide = noise(np.random.default_rng(2), 48, 64)
    small = refine.spread(raw, guide)
    large_raw, large_guide = np.kron(raw, np.ones((3, 3), np.float32)), np.kron(guide, np.ones((3, 3, 1), np.uint8))
    large = refine.spread(large_raw, large_guide, side=64)
    assert large.shape == (144, 192)
    assert large[1::3, 1::3] == pytest.approx(small, abs=0.02)
    finer = refine.spread(large_raw, large_guide, side=0)
    assert np.abs(finer[1::3, 1::3] - small).mean() > np.abs(large[1::3, 1::3] - small).mean()
