"""Stage 15: edge-aware smoothing of the map."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.methods.joint import evidence, inputs, refine
from blurkit.ops.smoothing import bent, spread_confident


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
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refine, "LEAN", 0.0)
        assert refine.spread(1 - raw, guide) == pytest.approx(1 - refine.spread(raw, guide), abs=1e-4)
    assert (refine.spread(1 - raw, guide) > 1 - refine.spread(raw, guide)).all()  # in doubt a pixel is in focus


@pytest.mark.parametrize(
    "side, spread_at, times", [(640, (500, 700), 700 / 640), (0, (500, 700), 1), (490, (500, 700), 700 / 490)]
)
def test_it_spreads_on_cells_of_the_photo_as_far_as_on_those_that_are_measured(side, spread_at, times):
    raw, guide = noise(np.random.default_rng(6), 500, 700)
    more = {"least_weight": refine.LEAST_WEIGHT, "gain": refine.GAIN, "lean": refine.LEAN, "bend": refine.BEND}
    numbers = refine.STRENGTH * times**2, refine.EDGE_SCALE, refine.ROUNDS
    expected = spread_confident(raw, guide, spread_at, evidence.CELL, *numbers, **more)
    assert np.abs(refine.spread(raw, guide, side) - expected).max() < 1e-6
    assert (refine.spread(raw, guide) == refine.spread(raw, guide, inputs.SIDE)).all()


def test_a_very_large_photo_is_spread_at_1536_pixels_unless_it_is_to_stay_as_it_is(monkeypatch):
    shapes = []
    monkeypatch.setattr(refine, "spread_confident", lambda raw, guide, shape, *_, **more: shapes.append(shape))
    for side in (640, 2000, 0):
        refine.spread(np.broadcast_to(np.float32(0.5), (3000, 4000)), None, side)
    assert shapes == [(1152, 1536), (1500, 2000), (3000, 4000)]


@given(st.floats(0.01, 0.99), st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 40))
def test_a_map_of_one_value_keeps_it_but_for_the_bent_gain_on_its_logit(value, seed, height, width):
    _, guide = noise(np.random.default_rng(seed), height, width)
    refined = refine.spread(np.full((height, width), value, np.float32), guide)
    logit = float(bent(np.float64(refine.GAIN * (np.log(value / (1 - value)) + refine.LEAN)), refine.BEND))
    assert refined == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-3)


def test_values_near_0_and_1_stay_apart_in_sixteen_bits():
    guide = np.full((40, 40, 3), 90, np.uint8)
    levels = [refine.spread(np.full((40, 40), value, np.float32), guide)[0, 0] for value in (0.9, 0.95, 0.98, 0.995)]
    assert (np.diff(levels) * 65535 > 3).all()


def test_confident_cells_fill_their_region_and_stop_at_the_edge_of_the_photo(monkeypatch):
    monkeypatch.setattr(refine, "LEAN", 0.0)  # which way doubt falls is another matter
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


def test_a_photo_twice_as_large_is_spread_as_far(discs):
    rng = np.random.default_rng(2)
    raw, guide = cv2.blur(rng.random((360, 480), np.float32), (9, 9)), discs(rng, 360, 480)
    large_raw, large_guide = np.kron(raw, np.ones((2, 2), np.float32)), np.kron(guide, np.ones((2, 2, 1), np.uint8))
    large, small = refine.spread(large_raw, large_guide, side=480), refine.spread(raw, guide)
    assert large.shape == (720, 960)
    differences = [np.abs(large[1::2, 1::2] - one).mean() for one in (small, raw)]
    assert differences[0] < 0.5 * differences[1]
