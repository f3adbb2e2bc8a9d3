"""The four verbs together; with weights drawn at random, so that nothing depends on those that were shipped."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blurkit import patches as patch_sets
from blurkit.errors import InputError, UsageError
from blurkit.io.weights import find_weights, read_weights, write_weights
from blurkit.map import sharpness_map
from blurkit.methods.park import edges, network, patches, sparse
from blurkit.methods.park import method as park_method
from blurkit.ops import resize
from blurkit.refine import refine_map
from blurkit.score import map_score

both = pytest.mark.parametrize("as_published", [False, True])


@both
def test_map_is_refine_after_raw(sharp_photo, weights, as_published):
    raw = sharpness_map(sharp_photo, weights, "park", raw=True, as_published=as_published)
    assert raw.shape == (2, 60, 84) and raw.dtype == np.float32 and raw.min() >= 0 and raw.max() <= 1
    for sigma in (False, True):
        whole = sharpness_map(sharp_photo, weights, "park", as_published=as_published, sigma=sigma)
        assert whole.shape == (60, 84) and whole.dtype == np.float32
        assert (refine_map(raw, sharp_photo, "park", as_published, sigma=sigma) == whole).all()


@pytest.mark.parametrize(
    ("as_published", "expected"),
    [
        (False, [[0.984, 0.982, 0.143, 0], [1, 0.984, 0.199, 0.002], [1, 0.995, 0.419, 0.004]]),
        (True, [[0.872, 0.808, 0.482, 0.384], [0.981, 0.930, 0.644, 0.469], [0.994, 0.964, 0.702, 0.523]]),
    ],
)
def test_the_shipped_weights_give_the_map_they_gave(graded, as_published, expected):
    shipped, _ = read_weights(find_weights("park").read_bytes(), "park", park_method.SHAPES)
    sharpness = sharpness_map(graded, shipped, "park", as_published=as_published, device="cpu")
    assert np.abs(resize.reduce_to(sharpness, (3, 4)) - expected).max() < 0.01


def test_raw_maps_hold_a_value_where_there_are_edges(sharp_photo, weights):
    grey = edges.value(sharp_photo)
    published, ours = (
        park_method.estimate(sharp_photo, weights, as_published, "cpu") for as_published in (True, False)
    )
    assert ((published[1] > 0) == (edges.edges(grey) > 0)).all()
    assert np.argwhere(ours[1]).tolist() == sorted(edges.seeds(grey).tolist())


def test_a_seed_holds_the_mean_sharpness_of_its_patch(sharp_photo, weights):
    raw = park_method.estimate(sharp_photo, weights, device="cpu")
    row, column = edges.seeds(edges.value(sharp_photo))[50]
    patch = np.pad(sharp_photo, ((13, 13), (13, 13), (0, 0)), mode="edge")[row : row + 27, column : column + 27]
    probability = network.posterior(patch[None], weights, park_method.backend_for("cpu", (60, 84)))[0]
    assert raw[0, row, column] == pytest.approx(probability @ sparse.sharpness_of(patches.CLASSES), abs=1e-5)


def test_raw_blur_in_pixels_is_scaled_to_the_photo(sharp_photo, weights):
    raw, pixels = (
        sharpness_map(sharp_photo, weights, "park", raw=True, side=42, sigma=sigma) for sigma in (False, True)
    )
    seeds = raw[1] > 0
    assert (pixels[1] == raw[1]).all() and not pixels[0][~seeds].any()
    assert sparse.sharpness_of(pixels[0][seeds] / 2) == pytest.approx(raw[0][seeds], abs=1e-5)


def test_as_published_sharpness_is_one_at_half_a_pixel_and_zero_at_two(sharp_photo, weights):
    whole = sharpness_map(sharp_photo, weights, "park", as_published=True)
    sigma = sharpness_map(sharp_photo, weights, "park", as_published=True, sigma=True)
    assert whole == pytest.approx(np.clip((2 - sigma) / 1.5, 0, 1), abs=1e-6)


@both
def test_sixteen_bits_give_the_raw_map_of_eight(sharp_photo, weights, as_published):
    deep, plain = (
        park_method.estimate(photo, weights, as_published, "cpu")
        for photo in (sharp_photo.astype(np.uint16) * 257, sharp_photo)
    )
    assert (deep == plain).all()


def test_a_large_photo_is_measured_at_the_working_size(sharp_photo, weights):
    large = np.kron(sharp_photo, np.ones((3, 3, 1), np.uint8))
    small, enlarged = (
        park_method.estimate(sharp_photo, weights, device="cpu"),
        park_method.estimate(large, weights, device="cpu", side=84),
    )
    assert enlarged.shape == (2, 180, 252)
    assert (enlarged[:, 1::3, 1::3] == small).all() and np.count_nonzero(enlarged) == np.count_nonzero(small)


@settings(max_examples=15)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 10**6))
def test_a_photo_of_any_size_has_a_map(weights, height, width, seed):
    photo = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    sharpness = sharpness_map(photo, weights, "park", device="cpu")
    assert sharpness.shape == (height, width) and sharpness.min() >= 0 and sharpness.max() <= 1


def test_a_flat_photo_is_not_in_focus_and_as_published_refused(weights):
    flat = np.full((50, 60, 3), 90, np.uint8)
    assert sharpness_map(flat, weights, "park").max() < 0.5
    assert map_score(sharpness_map(flat, weights, "park", raw=True)) < 0.1
    with pytest.raises(InputError, match="no edges"):
        sharpness_map(flat, weights, "park", as_published=True)


def test_only_seeds_count_for_the_score():
    raw = np.zeros((2, 10, 10), np.float32)
    raw[:, 4, 4] = 0.9, 1
    assert map_score(raw) > 0.6
    raw[0, 4, 4] = 0.1
    assert map_score(raw) < 0.4


def test_refinement_without_a_photo_or_of_one_plane_or_of_another_size_is_refused(sharp_photo):
    with pytest.raises(UsageError, match="refines along the photo: the argument photo is missing"):
        refine_map(np.zeros((2, 9, 9), np.float32), None, "park")
    with pytest.raises(InputError, match="1 plane; those of method park have 2"):
        refine_map(np.zeros((60, 84), np.float32), sharp_photo, "park")
    with pytest.raises(InputError, match="9x8.*84x60"):
        refine_map(np.zeros((2, 8, 9), np.float32), sharp_photo, "park")


@both
def test_torch_gives_the_same_raw_map(sharp_photo, weights, as_published):
    pytest.importorskip("torch")
    cpu, other = (park_method.estimate(sharp_photo, weights, as_published, device) for device in ("cpu", "torch-cpu"))
    assert np.abs(cpu - other).max() <= 1e-4


def test_patch_sets_are_the_same_for_the_same_seed_and_say_their_photo(sharp_photo):
    def records(seed, copy):
        picture, sharp, sigma = patch_sets.picture(sharp_photo, None, copy, "sharp photos", "park", seed, 4)
        at = patch_sets.centres(picture, sharp, copy, 20, "park", seed, 4)
        return patch_sets.cut(picture, sharp, at, "park", b"disc.png", 4, copy, sigma), picture, sigma

    for copy in range(3):
        one, picture, sigma = records(1, copy)
        assert (one == records(1, copy)[0]).all() and 0 < len(one) <= 20
        assert one.dtype == park_method.patch_record() and (one["source"] == copy).all()
        assert (one["photo"] == b"disc.png").all() and (one["number"] == 4).all() and (one["copy"] == copy).all()
        assert (one["sigma"] == np.float32(sigma)).all()
        assert (one["patch"][:, 13, 13] == picture[one["row"], one["col"]]).all()
        assert len(one) != len(other := records(2, copy)[0]) or (one != other).any()


def test_fit_gives_weights_of_the_declared_shapes_twice_the_same(toy_records):
    pytest.importorskip("torch")
    steps = []
    weights, measured = park_method.fit(toy_records, 1, 1, "cpu", lambda *step: steps.append(step))
    assert {name: array.shape for name, array in weights.items()} == park_method.SHAPES
    assert set(measured) == {"accuracy", "published_accuracy"} and all(0 <= share <= 1 for share in measured.values())
    assert list(dict.fromkeys(step[0] for step in steps)) == [
        "network",
        "paper's network, deep",
        "paper's network, fine",
    ]
    again, _ = park_method.fit(toy_records, 1, 1, "cpu", lambda *_: None)
    data = write_weights(weights, {"method": "park"})
    assert data == write_weights(again, {"method": "park"})
    assert set(read_weights(data, "park", park_method.SHAPES)[0]) == set(weights)
