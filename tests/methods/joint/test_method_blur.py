"""The blur of a photo across eight directions."""

import math

import cv2
import numpy as np
import pytest

from blurkit.io.weights import find_weights, read_weights
from blurkit.methods.joint import direction, edges, scoring
from blurkit.motion import sharpest
from blurkit.ops.colour import grey


@pytest.fixture(scope="module")
def shipped():
    return read_weights(find_weights("joint-score").read_bytes(), "joint", scoring.SHAPES, "score")[0]


@pytest.fixture(scope="module")
def photo(discs):
    """(240, 320, 3) uint8"""
    return discs(np.random.default_rng(12), 240, 320)


def sigma_across(photo, weights):
    """Sigma of the sharpest tenth of the edges of every direction, (8,)."""
    planes = [plane.reshape(8, 2, -1) for plane in scoring.blur(photo, weights)]
    joined = np.concatenate(planes, axis=2)
    known = np.isfinite(joined[:, 1])
    return np.array([sharpest(*one[:, which], 0.1) for one, which in zip(joined, known, strict=True)])


def test_the_blur_of_a_photo_or_of_its_luma_follows_from_its_edges(sharp_photo, score_weights):
    planes = scoring.blur(sharp_photo, score_weights)
    assert [plane.shape for plane in planes] == [(8, 2, 12, 16), (8, 2, 6, 8)]
    assert 0.1 < np.isfinite(planes[0][:, 1]).mean() < 0.9
    luma = np.ascontiguousarray(sharp_photo[..., 1])
    for plane, result in (
        (grey(sharp_photo), planes),
        (luma / np.float32(255), scoring.blur(luma, score_weights, "some device")),
    ):
        expected = direction.estimate(edges.measure(plane), score_weights)
        assert all(one == pytest.approx(other, rel=1e-4) for one, other in zip(result, expected, strict=True))


def test_sixteen_bits_give_the_blur_of_eight(sharp_photo, shipped):
    plain, deep = (sigma_across(p, shipped) for p in (sharp_photo, sharp_photo.astype(np.uint16) * 257))
    assert deep == pytest.approx(plain, rel=0.03)


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0])
def test_the_shipped_weights_measure_defocus_alike_in_all_directions(photo, shipped, sigma):
    across = sigma_across(cv2.GaussianBlur(photo, (0, 0), sigma), shipped)
    assert across == pytest.approx(math.hypot(sigma, 0.35), rel=0.3)


@pytest.mark.parametrize("number", range(0, 8, 2))
def test_the_shipped_weights_find_a_shaken_photo_blurred_along_its_motion_and_sharp_across_it(photo, shipped, number):
    kernel = np.zeros((13, 13), np.float32)
    turn = math.radians(22.5 * number)
    end = np.rint(6 * np.array([math.cos(turn), -math.sin(turn)])).astype(int)
    cv2.line(kernel, (6 + int(end[0]), 6 + int(end[1])), (6 - int(end[0]), 6 - int(end[1])), 1)
    across = sigma_across(cv2.filter2D(photo, -1, kernel / kernel.sum()), shipped)
    assert across.argmax() == number and across[number] > 2 > 0.9 > across[(number + 4) % 8]


@pytest.mark.parametrize("height, width", [(1, 1), (1, 500), (500, 3), (2, 40)])
def test_strips_have_a_blur_or_none(score_weights, height, width):
    photo = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    (plane,) = scoring.blur(photo, score_weights)
    assert plane.shape == (8, 2, -(-height // 8), -(-width // 8)) and plane.dtype == np.float32
    assert np.isfinite(plane[:, 0]).all() and (plane > 0).all()


def test_the_blur_does_not_depend_on_the_number_of_threads(photo, score_weights, threads):
    results = []
    for count in (1, 2, 3):
        threads(count)
        results.append(b"".join(plane.tobytes() for plane in scoring.blur(photo, score_weights)))
    assert len(set(results)) == 1
