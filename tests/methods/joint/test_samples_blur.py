"""Stage 5: the kernels by which samples are blurred, and what is within reach of them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.methods.joint import samples
from blurkit.training import shake


@pytest.fixture(scope="module")
def kernels():
    """What `random_kernel` gives for 1200 seeds, with its second moments."""
    drawn = [samples.random_kernel(np.random.default_rng(seed)) for seed in range(1200)]
    return drawn, np.array([shake.covariance(kernel) for kernel in drawn])


def kinds(moments):
    """(unblurred, defocused, moved) of kernels: bool each."""
    across, up, mixed = moments.T
    unblurred = across + up == 0
    round_ = ~unblurred & (np.abs(across - up) < 1e-3 * across) & (np.abs(mixed) < 1e-3 * across)
    return unblurred, round_, ~unblurred & ~round_


def test_kernels_have_odd_sides_and_sum_to_one(kernels):
    for kernel in kernels[0]:
        assert kernel.shape == (len(kernel), len(kernel)) and len(kernel) % 2 and kernel.dtype == np.float32
        assert kernel.sum() == pytest.approx(1, abs=1e-4) and kernel.min() > -1e-6
        assert (len(kernel) == 1) == (kernel.max() == 1)


def test_one_in_ten_is_no_blur_three_are_defocus_and_six_motion(kernels):
    shares = [kind.mean() for kind in kinds(kernels[1])]
    assert shares == pytest.approx([0.1, 0.3, 0.6], abs=0.04)


def test_defocus_is_drawn_log_uniformly_half_of_it_discs(kernels):
    drawn, moments = kernels
    _, defocused, _ = kinds(moments)
    sigmas = np.sqrt(moments[defocused, 0])
    assert np.median(sigmas) == pytest.approx(math.sqrt(0.3 * 10), rel=0.25)
    assert sigmas.min() < 0.4 and 9 < sigmas.max() < 10.5
    wide = [drawn[i] for i in np.flatnonzero(defocused) if moments[i, 0] > 4]
    flat = [kernel[len(kernel) // 2, len(kernel) // 2 + 2] > 0.99 * kernel.max() for kernel in wide]
    assert np.mean(flat) == pytest.approx(0.5, abs=0.12)


def test_motion_is_drawn_from_one_and_a_half_to_forty_pixels_in_every_direction(kernels):
    _, moments = kernels
    across, up, mixed = moments[kinds(moments)[2]].T
    widest = (across + up + np.hypot(across - up, 2 * mixed)) / 2
    angles = np.degrees(np.arctan2(2 * mixed, across - up) / 2) % 180
    assert 1.8 < np.sqrt(12 * widest).min() < 3 and 30 < np.sqrt(12 * widest).max() < 60
    shares = np.histogram(angles, 6, (0, 180))[0] / len(angles)
    assert shares == pytest.approx(1 / 6, abs=0.06)


def test_a_third_of_what_moved_is_out_of_focus_too(monkeypatch):
    calls = []
    monkeypatch.setattr(samples.shake, "out_of_focus_too", lambda kernel, blur: calls.append(blur) or kernel)
    monkeypatch.setattr(samples, "UNBLURRED_SHARE", 0.0)
    monkeypatch.setattr(samples, "DEFOCUS_SHARE", 0.0)
    for seed in range(600):
        samples.random_kernel(np.random.default_rng(seed))
    sigmas = [math.sqrt(shake.covariance(blur)[0]) for blur in calls]
    assert len(calls) / 600 == pytest.approx(0.35, abs=0.05)
    assert min(sigmas) < 0.4 and 1.8 < max(sigmas) < 2.1
    for blur, sigma in zip(calls, sigmas, strict=True):  # Gaussians
        middle = len(blur) // 2
        assert sigma < 1 or blur[middle, middle + 1] / blur.max() == pytest.approx(np.exp(-0.5 / sigma**2), rel=0.05)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 4), st.integers(0, 10**6))
def test_within_reach_lies_a_square_of_the_picture(height, width, reach, seed):
    rng = np.random.default_rng(seed)
    sharp = np.where(rng.random((height, width)) < 0.95, 1, rng.random((height, width))).astype(np.float32)
    result = samples.without_border(sharp, reach)
    assert result.shape == sharp.shape and result.dtype == np.float32
    for row, column in np.ndindex(height, width):
        window = sharp[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
        assert result[row, column] == (window.min() > 0.99)
