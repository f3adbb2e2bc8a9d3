"""Maps of photos by every method: shape, range, and refinement in one step or two."""

import numpy as np
import pytest

from blurkit.io.weights import find_weights, read_weights
from blurkit.map import sharpness_map
from blurkit.methods import METHODS, get, info
from blurkit.refine import refine_map


@pytest.fixture(scope="module", params=METHODS)
def method(request):
    """(name, weights) of every method."""
    weights, _ = read_weights(find_weights(request.param).read_bytes(), request.param, get(request.param).SHAPES)
    return request.param, weights


def test_a_map_has_the_height_and_width_of_its_photo_and_lies_in_0_to_1(scene, deep, method):
    name, weights = method
    for photo in (scene, deep, scene[:31, :47], scene[:1, :1], scene[:3]):
        sharp = sharpness_map(photo, weights, name, device="cpu")
        assert sharp.shape == photo.shape[:2] and sharp.dtype == np.float32
        assert sharp.min() >= 0 and sharp.max() <= 1


def test_the_sharp_half_of_a_photo_is_sharper(scene, method):
    name, weights = method
    sharp = sharpness_map(scene, weights, name, device="cpu")
    assert sharp[:, :50].mean() > sharp[:, 70:].mean() + 0.3


def test_a_map_is_its_raw_map_refined(scene, method):
    name, weights = method
    raw = sharpness_map(scene, weights, name, raw=True, device="cpu")
    assert raw.ndim == 1 + info(name).raw_planes or raw.shape == scene.shape[:2]
    assert np.array_equal(refine_map(raw, scene, name), sharpness_map(scene, weights, name, device="cpu"))


def test_the_same_photo_gives_the_same_bytes(scene, method):
    name, weights = method
    first, second = (sharpness_map(scene, weights, name, device="cpu").tobytes() for _ in range(2))
    assert first == second


def test_a_smaller_working_size_gives_another_map_of_the_same_shape(scene, method):
    name, weights = method
    whole, reduced = (sharpness_map(scene, weights, name, device="cpu", side=side) for side in (0, 60))
    assert whole.shape == reduced.shape and not np.array_equal(whole, reduced)
