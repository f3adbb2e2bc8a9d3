"""Maps of photos by every method: shape, range, and refinement in one step or two."""

import cv2
import numpy as np
import pytest

from blurkit.io.weights import find_weights, read_weights
from blurkit.map import kind_map, sharpness_map
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


@pytest.mark.parametrize("name", [name for name in METHODS if info(name).learns_kinds])
def test_kinds_are_0_where_the_map_reaches_the_threshold_and_1_or_2_elsewhere(scene, deep, name):
    weights, _ = read_weights(find_weights(name).read_bytes(), name, get(name).SHAPES)
    for photo in (scene, deep, scene[:31, :47], scene[:1, :1]):
        sharp = sharpness_map(photo, weights, name, device="cpu")
        for threshold in (0.5, 0.9):
            kinds = kind_map(photo, weights, name, "cpu", threshold=threshold)
            assert kinds.shape == sharp.shape and kinds.dtype == np.uint8 and kinds.max() <= 2
            assert ((kinds == 0) == (sharp >= threshold)).all()
    framed = kind_map(np.pad(scene, ((9, 5), (1, 0), (0, 0))), weights, name, "cpu", threshold=2)
    assert framed[9:-5, 1:].min() >= 1
    framed[9:-5, 1:] = 0
    assert not framed.any()


def test_by_default_a_photo_is_measured_at_the_working_size_of_the_method(discs, method):
    name, weights = method
    photo = cv2.resize(discs(np.random.default_rng(0), 130, 425), (1700, 520), interpolation=cv2.INTER_CUBIC)
    default = sharpness_map(photo, weights, name, device="cpu")
    assert (default == sharpness_map(photo, weights, name, device="cpu", side=info(name).working_side)).all()
    raw = sharpness_map(photo, weights, name, raw=True, device="cpu")
    assert (refine_map(raw, photo, name) == default).all()


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


@pytest.mark.parametrize("raw", [True, False])
def test_the_map_within_bars_is_that_of_the_photo_and_0_in_the_bars(scene, method, raw):
    name, weights = method
    within = sharpness_map(scene, weights, name, raw=raw, device="cpu")
    framed = sharpness_map(np.pad(scene, ((9, 5), (1, 0), (0, 0))), weights, name, raw=raw, device="cpu")
    assert np.array_equal(framed[..., 9:-5, 1:], within) and framed.shape[-2:] == (104, 121)
    framed[..., 9:-5, 1:] = 0
    assert not framed.any()


def test_blur_in_pixels_within_bars_is_that_of_the_photo(scene):
    weights, _ = read_weights(find_weights("park").read_bytes(), "park", get("park").SHAPES)
    framed = np.pad(scene, ((100, 100), (0, 0), (0, 0)))
    for raw in (True, False):
        within, sigma = (
            sharpness_map(photo, weights, "park", raw, device="cpu", side=80, sigma=True) for photo in (scene, framed)
        )
        assert np.array_equal(sigma[..., 100:-100, :], within) and within.max() > 0.5


def test_the_map_of_a_cut_out_is_0_on_its_ground_and_shows_no_outline(scene, method):
    name, weights = method
    soft = cv2.GaussianBlur(scene, (0, 0), 3)
    inside = np.zeros(scene.shape[:2], np.uint8)
    cv2.ellipse(inside, (60, 45), (52, 38), 0, 0, 360, 1, -1)
    cut = np.where(inside[..., None], soft, 255).astype(np.uint8)
    sharp = sharpness_map(cut, weights, name, device="cpu")
    assert not sharp[inside == 0].any()
    assert sharp[inside > 0].mean() < 0.1 + sharpness_map(soft, weights, name, device="cpu").mean()
    raw = sharpness_map(cut, weights, name, raw=True, device="cpu")
    assert np.array_equal(refine_map(raw, cut, name), sharp)


def test_a_method_as_published_takes_bars_for_the_photo(scene):
    weights, _ = read_weights(find_weights("zeng").read_bytes(), "zeng", get("zeng").SHAPES)
    framed = np.pad(scene, ((9, 5), (1, 0), (0, 0)))
    sharp = sharpness_map(framed, weights, "zeng", as_published=True, raw=True, device="cpu")
    assert sharp[:9].any()
