"""Stage 3: hand-crafted features."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.fft import dctn

from blurkit.methods.park import features

sides = st.sampled_from([27, 15])
seed_numbers = st.integers(0, 10**6)


def eighths(seed, *shape):
    """Random patches in 8-bit steps, [0, 1]."""
    return np.random.default_rng(seed).integers(0, 256, shape) / 255


def rings_of(patch):
    """Mean |DCT| in rings, plainly."""
    side = len(patch)
    size, count = {27: (32, 25), 15: (16, 13)}[side]
    padded = np.zeros((size, size))
    padded[:side, :side] = patch
    spectrum = np.abs(dctn(padded, norm="ortho"))
    width = (size - 1) / count
    means = []
    for ring in range(count):
        inside = [
            spectrum[u, v]
            for u in range(size)
            for v in range(size)
            if (ring - 0.1) * width <= math.hypot(u, v) + 1e-12 and math.hypot(u, v) - 1e-12 <= (ring + 1.1) * width
        ]
        means.append(sum(inside) / len(inside))
    return means


def histogram_of(longer):
    """Counts of the gradient magnitude, plainly; a bin holds its upper bound."""
    side = len(longer) - 1
    bins = {27: 25, 15: 13}[side]
    counts = [0] * bins
    for row in range(side):
        for column in range(side):
            here = longer[row, column]
            magnitude = math.hypot(longer[row, column + 1] - here, longer[row + 1, column] - here) / math.sqrt(2)
            counts[max(math.ceil(magnitude * bins - 1e-9) - 1, 0)] += 1
    return counts


@pytest.mark.parametrize("side", [27, 15])
def test_dct_equals_another_program_and_a_loop_over_rings(side):
    patches = eighths(1, 3, side, side)
    assert features.dct(patches) == pytest.approx(np.array([rings_of(patch) for patch in patches]), abs=1e-12)


@given(sides, seed_numbers)
def test_the_gradient_histogram_equals_a_loop_over_pixels(side, seed):
    longer = np.random.default_rng(seed).random(
        (1, side + 1, side + 1)
    )  # no steps of 8 bits, whose magnitudes may fall on a bound
    assert features.gradient(longer)[0].tolist() == histogram_of(longer[0])


@given(sides, st.integers(0, 5))
def test_a_gradient_on_a_bound_falls_into_the_lower_bin(side, fifths):
    rising = np.arange(side + 1) % 2 * (51 * fifths / 255)  # steps of a fifth of full scale
    longer = np.abs(np.subtract.outer(rising, rising))[None]
    assert features.gradient(longer)[0].tolist() == histogram_of(longer[0])


def test_a_flat_patch_fills_the_first_bin():
    assert features.gradient(np.full((1, 28, 28), 0.3))[0].tolist() == [27 * 27] + 24 * [0]


@given(sides, seed_numbers)
def test_singular_values_are_roots_of_the_eigenvalues_of_the_gram_matrix(side, seed):
    patch = eighths(seed, side, side)
    values = np.sqrt(np.maximum(np.linalg.eigvalsh(patch.T @ patch), 0))[::-1]
    assert features.svd(patch[None])[0] == pytest.approx(values[: side - 2], abs=1e-6)


def test_normalised_features_sum_to_one_before_their_constant():
    rows = features.normalised(np.array([[1.0, 3.0, 0.0], [0.0, 0.0, 0.0]]))
    assert rows[0] == pytest.approx([math.log(2) / math.log(8), math.log(4) / math.log(8), 0, 1])
    assert rows[1].tolist() == [0, 0, 0, 1]


@given(seed_numbers)
def test_each_scale_fills_its_own_part(seed):
    values = features.hand_crafted(eighths(seed, 2, 28, 28), np.array([False, True]))
    assert values.shape == (2, 3, 40) and values.min() >= 0 and values.max() <= 1
    assert not values[0, :, 26:].any() and not values[1, :, :26].any()
    assert values[0, :, :25].sum(axis=1) == pytest.approx(1) and values[1, :, 26:39].sum(axis=1) == pytest.approx(1)
    assert (values[0, :, 25] == 1).all() and (values[1, :, 39] == 1).all()


def test_the_parts_are_the_features_of_the_whole_and_of_the_middle_patch():
    grey = eighths(4, 1, 28, 28)
    large, small = (features.hand_crafted(grey, np.array([strong]))[0] for strong in (False, True))
    middle = grey[:, 6:22, 6:22]
    for which, (whole, inner) in enumerate(
        [
            (features.dct(grey[:, :27, :27]), features.dct(middle[:, :15, :15])),
            (features.gradient(grey), features.gradient(middle)),
            (features.svd(grey[:, :27, :27]), features.svd(middle[:, :15, :15])),
        ]
    ):
        assert large[which, :26] == pytest.approx(features.normalised(whole)[0])
        assert small[which, 26:] == pytest.approx(features.normalised(inner)[0])


def test_blur_moves_every_feature_to_its_first_places():
    sharp = eighths(5, 28, 28)
    values = features.hand_crafted(np.stack([sharp, cv2.GaussianBlur(sharp, (0, 0), 2)]), np.zeros(2, bool))[:, :, :25]
    centre = values @ np.arange(25)
    assert (centre[1] < centre[0]).all()
