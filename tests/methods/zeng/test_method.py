"""The four verbs together."""

import cv2
import numpy as np
import pytest

from blurkit.errors import InputError, UsageError
from blurkit.io.weights import find_weights, read_weights, write_weights
from blurkit.map import sharpness_map
from blurkit.methods.zeng import method as zeng_method
from blurkit.ops import resize
from blurkit.refine import refine_map


@pytest.fixture(scope="module")
def weights():
    return read_weights(find_weights("zeng").read_bytes(), "zeng", zeng_method.SHAPES)[0]


@pytest.fixture(scope="module")
def half_sharp(sharp_photo):
    photo = sharp_photo.copy()
    photo[:, 80:] = cv2.GaussianBlur(photo, (0, 0), 4)[:, 80:]
    return photo


@pytest.fixture(scope="module")
def published():
    data = find_weights("zeng-published").read_bytes()
    return read_weights(data, "zeng", zeng_method.PUBLISHED_SHAPES, as_published=True)[0]


@pytest.mark.parametrize("as_published", [False, True])
def test_the_sharp_half_is_found(half_sharp, weights, as_published):
    sharpness = sharpness_map(half_sharp, weights, "zeng", as_published=as_published)
    assert sharpness.shape == (120, 160) and sharpness.dtype == np.float32
    assert sharpness[:, :70].mean() > sharpness[:, 90:].mean() + 0.3


@pytest.mark.parametrize(
    ("as_published", "expected"),
    [
        (False, [[0.032, 0.073, 0, 0], [0.978, 0.889, 0.084, 0], [0.999, 0.998, 0.082, 0]]),
        (True, [[0.799, 0.696, 0.013, 0], [0.911, 0.910, 0.270, 0], [0.892, 0.926, 0.234, 0]]),
    ],
)
def test_the_shipped_weights_give_the_map_they_gave(graded, weights, published, as_published, expected):
    shipped = published if as_published else weights
    sharpness = sharpness_map(graded, shipped, "zeng", as_published=as_published, device="cpu")
    assert np.abs(resize.reduce_to(sharpness, (3, 4)) - expected).max() < 0.01


def test_a_wholly_blurred_photo_has_no_sharp_part_and_a_sharp_one_has(sharp_photo, weights):
    assert sharpness_map(cv2.GaussianBlur(sharp_photo, (0, 0), 3), weights, "zeng").max() < 0.5
    assert sharpness_map(sharp_photo, weights, "zeng").mean() > 0.7


def test_a_flat_photo_is_not_in_focus(weights):
    assert sharpness_map(np.full((50, 60, 3), 90, np.uint8), weights, "zeng").max() < 0.5


def test_map_is_refine_after_raw(half_sharp, weights):
    raw = sharpness_map(half_sharp, weights, "zeng", raw=True)
    assert (refine_map(raw, half_sharp, "zeng") == sharpness_map(half_sharp, weights, "zeng")).all()
    published = sharpness_map(half_sharp, weights, "zeng", raw=True, as_published=True)
    assert (
        refine_map(published, None, "zeng", as_published=True)
        == sharpness_map(half_sharp, weights, "zeng", as_published=True)
    ).all()


def test_sixteen_bits_give_the_map_of_eight(half_sharp, weights):
    deep = sharpness_map(half_sharp.astype(np.uint16) * 257, weights, "zeng")
    assert np.abs(deep - sharpness_map(half_sharp, weights, "zeng")).mean() < 0.01


def test_a_large_photo_is_measured_at_the_working_size(half_sharp, weights):
    large = cv2.resize(half_sharp, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    sharpness = sharpness_map(large, weights, "zeng", side=160)
    assert sharpness.shape == (480, 640)
    small = sharpness_map(half_sharp, weights, "zeng")
    assert np.abs(cv2.resize(sharpness, (160, 120), interpolation=cv2.INTER_AREA) - small).mean() < 0.1
    assert sharpness[:, :280].mean() > sharpness_map(large, weights, "zeng", side=0)[:, :280].mean()


def test_refinement_without_a_photo_is_refused(weights):
    with pytest.raises(UsageError, match="refines along the photo: the argument photo is missing"):
        refine_map(np.zeros((9, 9), np.float32), None, "zeng")


def test_torch_gives_the_same_map(half_sharp, weights):
    pytest.importorskip("torch")
    for as_published in (False, True):
        cpu, other = (
            zeng_method.estimate(half_sharp, weights, as_published, device) for device in ("cpu", "torch-cpu")
        )
        assert np.abs(cpu - other).max() <= 1e-5


def test_fit_as_published_gives_the_pair_of_its_own_components_and_what_they_were_made_from(toy_records):
    pytest.importorskip("torch")
    records = toy_records.copy()
    records["sigma"] = np.nan
    steps = []
    weights, measured = zeng_method.fit_as_published(records, 24, 1, "cpu", lambda *step: steps.append(step))
    assert weights["published"].shape == zeng_method.PUBLISHED_SHAPES["published"]
    rows = weights["kernels"].reshape(24, -1).astype(float)
    rows -= rows.mean(axis=1, keepdims=True)
    _, _, directions = np.linalg.svd(rows)
    for number, kernel in enumerate(weights["published"]):
        along = kernel.ravel() / np.linalg.norm(kernel)
        assert abs(along @ directions[number]) == pytest.approx(1, abs=1e-3)
        assert weights["components"][number].ravel() == pytest.approx(along, abs=1e-5)
    assert measured["explained"] == pytest.approx(weights["explained"][:2].sum(), abs=1e-6)
    assert measured["accuracy"] >= 0.9 and {step[0] for step in steps} == {"kernels"}
    with pytest.raises(InputError, match="not composed"):
        zeng_method.fit_as_published(toy_records, 1, 1, "cpu", lambda *_: None)


def test_fit_gives_weights_of_the_declared_shapes_twice_the_same(toy_records):
    pytest.importorskip("torch")
    weights, measured = zeng_method.fit(toy_records, 30, 1, "cpu", lambda *_: None)
    assert zeng_method.SHAPES.items() <= {name: array.shape for name, array in weights.items()}.items()
    assert all(array.dtype == np.float32 for array in weights.values())
    assert measured["accuracy"] >= 0.9 and measured["calibration_accuracy"] >= 0.8 and 0 < measured["explained"] <= 1
    again, _ = zeng_method.fit(toy_records, 30, 1, "cpu", lambda *_: None)
    assert write_weights(weights, {"method": "zeng"}) == write_weights(again, {"method": "zeng"})
