"""Noise of a photo: known answers."""

import cv2
import numpy as np
import pytest

from blurkit.ops.noise import noise


def plane_of(sigma, shape=(300, 400), seed=0):
    """Grey with white noise of sigma 8-bit steps, float32."""
    return np.float32(0.5 + np.random.default_rng(seed).normal(0, sigma / 255, shape))


@pytest.mark.parametrize("sigma", [0.5, 2, 5, 12, 30])
def test_noise_is_measured_in_8_bit_steps(sigma):
    result = noise(plane_of(sigma))
    assert type(result) is float and result == pytest.approx(sigma, rel=0.1)


@pytest.mark.parametrize("sigma", [2, 12])
def test_texture_and_edges_elsewhere_do_not_count(sigma):
    plane = plane_of(sigma)
    plane[:, 200:] += np.float32(np.random.default_rng(1).random((300, 200)))
    assert noise(plane) == pytest.approx(sigma, rel=0.1)


def test_what_was_not_photographed_does_not_count():
    plane = plane_of(5)
    plane[:, 200:] = 1
    assert noise(plane) == pytest.approx(0, abs=1e-3)
    assert noise(plane, lambda shape: np.arange(shape[1])[None].repeat(shape[0], 0) >= 50) == pytest.approx(5, rel=0.1)
    assert noise(plane, lambda shape: np.full(shape, True)) == pytest.approx(0, abs=1e-3)


def test_texture_everywhere_counts_as_noise():
    plane = plane_of(2)
    assert noise(plane + np.float32(np.random.default_rng(1).normal(0, 8 / 255, plane.shape))) > 7


@pytest.mark.parametrize("level", [0, 0.3, 1])
def test_a_flat_plane_and_one_that_rises_evenly_have_none(level):
    assert noise(np.full((40, 40), level, np.float32)) == pytest.approx(0, abs=1e-4)
    rows, columns = np.mgrid[:80, :90].astype(np.float32)
    assert noise(level + 0.003 * rows - 0.002 * columns) == pytest.approx(0, abs=0.01)


def test_it_grows_with_the_contrast_and_does_not_see_which_way_is_up():
    plane = plane_of(4)
    assert noise(2 * plane) == pytest.approx(2 * noise(plane), rel=1e-3)
    assert noise(np.ascontiguousarray(plane.T)) == pytest.approx(noise(plane), rel=1e-3)
    assert noise(1 - plane) == pytest.approx(noise(plane), rel=1e-3)


def test_the_lowest_twentieth_of_the_windows_decides():
    plane = plane_of(8, (400, 400))
    plane[:, :80] = plane_of(1, (400, 80))  # a fifth; a tenth of the windows are all in it
    assert noise(plane) == pytest.approx(1, rel=0.1)
    plane = plane_of(8, (400, 400))
    plane[:60, :60] = 0.5  # one window in fifty or so is all in it
    assert noise(plane) > 4


def test_blurred_noise_looks_weaker():
    assert noise(cv2.GaussianBlur(plane_of(10), (0, 0), 1.0)) < 1.5


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(1, 1), (1, 60), (3, 2), (5, 5)])
def test_small_planes_have_a_number(shape):
    plane = plane_of(5, shape)
    before = plane.copy()
    assert np.isfinite(noise(plane)) and (plane == before).all()
