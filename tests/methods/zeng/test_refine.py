"""Stage 9: both refinements."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.filters import threshold_otsu

from blurkit.methods.zeng import refine


def plainly(raw, shares):
    """The paper's mix by plain loops over pixels; shares: {step: share in the mix}."""
    height, width = raw.shape
    current, mix = raw.astype(float), np.zeros(raw.shape)
    for step in range(1, max(shares) + 1):
        level = 0.75 * refine.otsu(current.astype(np.float32))
        padded = np.pad(current, 7, mode="reflect")
        after = np.zeros_like(current)
        for row in range(height):
            for column in range(width):
                if padded[row : row + 15, column : column + 15].mean() >= level:
                    after[row, column] = math.tanh(current[row, column])
        current = after
        mix += shares.get(step, 0) * current
    return mix


def smooth_raw():
    """A raw map from 0 to 1."""
    raw = cv2.GaussianBlur(np.random.default_rng(4).random((22, 26)).astype(np.float32), (0, 0), 4)
    return (raw - raw.min()) / (raw.max() - raw.min())


@pytest.mark.parametrize(
    ("made", "shares"),
    [
        (refine.mix, {10: 0.3, 50: 0.2, 100: 0.5}),
        (lambda raw: refine.after(raw, 10), {10: 1}),
        (lambda raw: refine.after(raw, 3), {3: 1}),
    ],
)
def test_the_iteration_equals_plain_loops(made, shares):
    refined = made(smooth_raw())
    assert (refined > 0).any() and (refined == 0).any()
    assert refined == pytest.approx(plainly(smooth_raw(), shares), abs=1e-5)


def test_the_mix_is_that_of_three_maps_and_the_map_is_the_mix_brought_to_one_bit_for_bit():
    raw = smooth_raw()
    ten, fifty, hundred = (refine.after(raw, steps) for steps in (10, 50, 100))
    mixed = np.float32(0.3) * ten + np.float32(0.2) * fifty + np.float32(0.5) * hundred
    assert (refine.mix(raw) == mixed).all()
    assert (refine.iterate(raw) == np.minimum(mixed / refine.TOP, 1)).all()
    kept = ten > 0
    assert ten[kept] == pytest.approx(tanh_often(raw[kept].astype(float), 10), abs=1e-6)


def tanh_often(values, steps):
    """tanh of tanh of ... of values."""
    return tanh_often(np.tanh(values), steps - 1) if steps else values


def test_the_top_of_the_mix_is_what_becomes_of_one():
    top = sum(share * tanh_often(1.0, steps) for steps, share in refine.STEPS.items())
    assert np.float32(top) == refine.TOP


def test_a_map_of_ones_stays_one_and_of_zeros_zero():
    assert refine.iterate(np.ones((20, 20), np.float32)) == pytest.approx(1)
    assert not refine.iterate(np.zeros((20, 20), np.float32)).any()


def test_weak_places_fall_to_zero_and_strong_ones_draw_level():
    raw = np.full((40, 80), 0.1, np.float32)
    raw[:, 30:45] = np.linspace(0.1, 0.7, 15)
    raw[:, 45:60], raw[:, 60:] = 0.7, 1.0
    refined = refine.iterate(raw)
    assert not refined[:, :25].any()
    assert refined[20, 50] > 0.9


def test_otsu_agrees_with_another_program():
    rng = np.random.default_rng(0)
    plane = (
        np.clip(np.concatenate([rng.normal(0.2, 0.05, 500), rng.normal(0.8, 0.05, 500)]), 0, 1)
        .astype(np.float32)
        .reshape(20, 50)
    )
    eighth = np.rint(plane * 255).astype(np.uint8)
    assert refine.otsu(plane) * 255 == pytest.approx(threshold_otsu(eighth), abs=1)


@given(seed=st.integers(0, 10_000), height=st.integers(1, 40), width=st.integers(1, 40))
def test_any_map_of_any_size_stays_in_range(seed, height, width):
    rng = np.random.default_rng(seed)
    raw = rng.random((height, width)).astype(np.float32)
    guide = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    for refined in (refine.iterate(raw), refine.propagate_along(raw, guide)):
        assert refined.shape == raw.shape and refined.dtype == np.float32
        assert np.isfinite(refined).all() and refined.min() >= 0 and refined.max() <= 1


def test_confident_pixels_fill_their_region_up_to_the_edge_of_the_photo():
    guide = np.zeros((60, 80, 3), np.uint8)
    guide[:, 40:] = 255
    raw = np.full((60, 80), 0.5, np.float32)
    raw[25:35, 10:14], raw[25:35, 60:64] = 0.99, 0.01
    refined = refine.propagate_along(raw, guide)
    assert refined[:, :38].min() > 0.8
    assert refined[:, 42:].max() < 0.2


def test_eight_and_sixteen_bit_guides_give_the_same_map():
    rng = np.random.default_rng(1)
    raw, guide = rng.random((31, 45)).astype(np.float32), rng.integers(0, 256, (31, 45, 3), dtype=np.uint8)
    # Only the rounding of the reduced guide differs, by half an 8-bit step.
    difference = refine.propagate_along(raw, guide.astype(np.uint16) * 257) - refine.propagate_along(raw, guide)
    assert np.abs(difference).mean() < 0.01
