"""The words for a photo without a score are true for its cause."""

import cv2
import numpy as np
import pytest

import blurkit
from blurkit.noscore import reason
from blurkit.ops import borders
from blurkit.score import Measured


def grey(height, width, value=127):
    return np.full((height, width, 3), value, np.uint8)


@pytest.fixture
def why():
    """why(photo, mask, method): the reason why a photo has no score."""

    def why(photo, mask=None, method="joint"):
        model = blurkit.load(method)
        measured = model.measure_blur(photo)
        assert np.isnan(model.score_of(measured, region=mask).score)
        return reason(measured, mask)

    return why


@pytest.mark.parametrize("method", ["joint", "park", "zeng"])
def test_a_wall_shows_no_edge(why, method):
    assert why(grey(96, 144), method=method) == "it shows no edge that can be measured"


def test_noise_is_called_noise(why):
    noise = np.clip(np.random.default_rng(0).normal(128, 12, (600, 800)), 0, 255).astype(np.uint8)
    as_jpeg = cv2.imdecode(cv2.imencode(".jpg", noise, [cv2.IMWRITE_JPEG_QUALITY, 75])[1], cv2.IMREAD_COLOR)
    assert why(as_jpeg) == "it shows no edge that stands out from noise"


def test_a_photo_too_small_is_called_so_with_its_size(why, discs):
    tiny = discs(np.random.default_rng(0), 20, 30)
    assert why(tiny) == "it is 30x20 pixels, too small to be measured"
    framed = grey(300, 400, 0)
    framed[140:160, 180:210] = tiny
    words = why(framed)
    assert words.startswith("what is left of it without bars and flat ground is 2")
    assert words.endswith("x20 pixels, too small to be measured")


def test_a_small_ball_on_white_has_too_few_edges(why):
    ball = cv2.circle(grey(800, 600, 255), (300, 400), 10, (90, 80, 70), -1, cv2.LINE_AA)
    assert why(ball) == "it shows too few edges"


def test_a_mask_is_called_empty_too_narrow_or_without_an_edge(why, discs):
    photo = grey(160, 240)
    photo[:, :100] = discs(np.random.default_rng(0), 160, 100)
    mask = np.zeros((160, 240), bool)
    assert why(photo, mask) == "its mask is empty"
    mask[50:53, :90] = True
    assert why(photo, mask) == "the mask on the photo is nowhere as wide as 8 pixels of the working size"
    mask[:], mask[:, 150:] = False, True
    assert why(photo, mask) == "within its mask it shows no edge that can be measured"


def test_what_is_flat_ground_all_over_is_called_so():
    ground = borders.Content((100, 100), (0, 100, 0, 100), np.full((100, 100), True))
    measured = Measured(grey(100, 100), [np.full((8, 2, 12, 12), np.inf, np.float32)], ground, 1.0)
    assert reason(measured) == "all of it is flat ground and the outline of that"
