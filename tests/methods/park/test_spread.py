"""Ours: from seeds to the whole photo."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.methods.park import sparse, spread

colours = st.integers(0, 10**6).map(
    lambda seed: np.random.default_rng(seed).integers(0, 256, (32, 48, 3), dtype=np.uint8)
)


def two_sides():
    """A photo of two colours with one patch of seeds of .5 pixels on the left, one of 2 on the right."""
    photo = np.zeros((40, 64, 3), np.uint8)
    photo[:, 32:] = 200, 120, 40
    raw = np.zeros((2, 40, 64), np.float32)
    for left, sigma in ((8, 0.5), (48, 2.0)):
        raw[0, 16:24, left : left + 8], raw[1, 16:24, left : left + 8] = sparse.sharpness_of(sigma), 1
    return raw, photo


@given(colours, st.floats(0.1, 2))
def test_seeds_of_one_blur_give_that_blur_everywhere(photo, sigma):
    raw = np.ones((2, 32, 48), np.float32)
    raw[0] = sparse.sharpness_of(sigma)
    blur = spread.spread(raw, photo, (32, 48), sigma=True)
    assert np.ptp(blur) < 1e-3
    assert blur == pytest.approx(sigma, abs=0.01)


def test_blur_is_given_in_pixels_of_the_photo():
    raw, photo = two_sides()
    one = spread.spread(raw, photo, (40, 64), sigma=True)
    four = spread.spread(
        np.kron(raw, np.ones((4, 4), np.float32)), np.kron(photo, np.ones((4, 4, 1), np.uint8)), (40, 64), sigma=True
    )
    assert four[2::4, 2::4] == pytest.approx(4 * one, abs=0.3)
    assert spread.scale((160, 256), (40, 64)) == 4


def test_seeds_on_two_sides_of_an_edge_of_the_photo_stay_apart():
    raw, photo = two_sides()
    blur = spread.spread(raw, photo, (40, 64), sigma=True)
    assert blur[:, :28] == pytest.approx(0.5, abs=0.15) and blur[:, 36:] == pytest.approx(2, abs=0.15)
    sharpness = spread.spread(raw, photo, (40, 64))
    assert sharpness[:, :28].min() > 0.9 and sharpness[:, 36:].max() < 0.1


def test_without_the_edge_they_do_not():
    raw, _ = two_sides()
    blur = spread.spread(raw, np.zeros((40, 64, 3), np.uint8), (40, 64), sigma=True)
    assert np.ptp(blur[:, 20:44]) < 0.5


@given(colours, st.integers(0, 10**6))
def test_a_mirrored_photo_has_a_mirrored_map(photo, seed):
    rng = np.random.default_rng(seed)
    raw = rng.random((2, 32, 48), dtype=np.float32) * (rng.random((32, 48)) < 0.1)
    whole = spread.spread(raw, photo, (32, 48))
    for mirror in (np.s_[::-1], np.s_[:, ::-1]):
        mirrored = np.stack([np.ascontiguousarray(plane[mirror]) for plane in raw])
        assert spread.spread(mirrored, np.ascontiguousarray(photo[mirror]), (32, 48)) == pytest.approx(
            whole[mirror], abs=1e-3
        )


def test_without_seeds_nothing_is_in_focus(sharp_photo):
    whole = spread.spread(np.zeros((2, 60, 84), np.float32), sharp_photo, (60, 84))
    assert whole.dtype == np.float32 and whole.max() < 0.01


def test_pooling_sums_the_seeds_of_every_cell():
    rng = np.random.default_rng(1)
    raw = rng.random((2, 12, 8), dtype=np.float32) * (rng.random((12, 8)) < 0.5)
    value, weight = spread.pooled(raw, (3, 2))
    for row, column in np.ndindex(3, 2):
        cell = np.s_[4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
        assert value[row, column] == pytest.approx((raw[0] * raw[1])[cell].sum(), abs=1e-6)
        assert weight[row, column] == pytest.approx(raw[1][cell].sum(), abs=1e-6)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 40), st.integers(0, 10**6))
def test_any_seeds_of_any_size_stay_in_range(height, width, side, seed):
    rng = np.random.default_rng(seed)
    raw = rng.random((2, height, width), dtype=np.float32) * (rng.random((height, width)) < 0.3)
    photo = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    measured = tuple(max(1, min(n, side)) for n in (height, width))
    whole = spread.spread(raw, photo, measured)
    assert whole.shape == (height, width) and whole.dtype == np.float32 and whole.min() >= 0 and whole.max() <= 1
    pixels = spread.spread(raw, photo, measured, sigma=True)
    assert (
        pixels.shape == (height, width)
        and pixels.dtype == np.float32
        and np.isfinite(pixels).all()
        and pixels.min() >= 0
    )


@pytest.mark.parametrize("blurred, sharp", [(0.05, 0.9), (0.4, 0.6), (0.55, 0.8), (0.02, 0.45)])
def test_the_photos_own_two_kinds_are_split(blurred, sharp):
    raw, photo = two_sides()
    raw[0, :, :32], raw[0, :, 32:] = sharp * raw[1, :, :32], blurred * raw[1, :, 32:]
    whole = spread.spread(raw, photo, (40, 64))
    assert whole[:, :28].min() > 0.7 and whole[:, 36:].max() < 0.3


@pytest.mark.parametrize("sharpness, in_focus", [(0.05, False), (0.2, False), (0.92, True), (0.98, True)])
def test_a_photo_of_one_kind_is_not_split(sharp_photo, sharpness, in_focus):
    raw = np.ones((2, 60, 84), np.float32)
    raw[0] = sharpness
    whole = spread.spread(raw, sharp_photo, (60, 84))
    assert (whole.min() > 0.5) if in_focus else (whole.max() < 0.5)


def test_eight_and_sixteen_bit_photos_give_nearly_the_same_map(sharp_photo):
    rng = np.random.default_rng(0)
    raw = rng.random((2, 60, 84), dtype=np.float32) * (rng.random((60, 84)) < 0.1)
    deep = spread.spread(raw, sharp_photo.astype(np.uint16) * 257, (60, 84))
    # Only the rounding of the reduced guide differs, by half an 8-bit step.
    assert np.abs(deep - spread.spread(raw, sharp_photo, (60, 84))).mean() < 0.01
