"""Pictures to learn from: always the same for one seed, others for other seeds, with what belongs to them."""

import numpy as np
import pytest

from blurkit import patches
from blurkit.defaults import WORKING_SIDE
from blurkit.errors import UsageError
from blurkit.methods import METHODS, PARTS, get, has_own_score, info
from blurkit.patches import centres, cut, picture, usual_count
from blurkit.training.compose import KINDS

TOLD = [name for name in METHODS if info(name).learns_kinds]
MASKED = [name for name in METHODS if info(name).learns_from == "masks"]


@pytest.fixture
def truth(scene):
    """The left half of the scene is in focus."""
    mask = np.zeros(scene.shape[:2], np.uint8)
    mask[:, :60] = 255
    return mask


@pytest.mark.parametrize("method", MASKED)
def test_the_first_picture_is_the_photo_and_copies_are_the_same_for_one_seed(scene, truth, method):
    photo, mask, sigma = picture(scene, truth, 0, "masks", method, 0, 0)
    assert photo is scene and mask is truth and np.isnan(sigma)
    copies = [
        picture(scene, truth, 1, "masks", method, seed, number)[0] for seed, number in ((0, 0), (0, 0), (1, 0), (0, 1))
    ]
    assert np.array_equal(copies[0], copies[1])
    assert all(copy.shape != copies[0].shape or not np.array_equal(copy, copies[0]) for copy in copies[2:])


@pytest.mark.parametrize("method", MASKED)
def test_compositions_know_their_blur_but_for_every_fourth(scene, truth, method):
    sigmas = [picture(scene, (truth > 0).astype(int), copy, "compositions", method, 0, 0)[2] for copy in range(8)]
    assert [np.isnan(sigma) for sigma in sigmas] == [False, False, False, True] * 2


def test_sharp_photos_are_blurred_by_the_method_itself(discs):
    photo = discs(np.random.default_rng(1), 300, 400)
    blurred, sharp, sigma = picture(photo, None, 0, "sharp photos", "park", 0, 0)
    assert blurred.shape == sharp.shape and sigma >= 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", TOLD)
def test_with_a_kind_the_truth_of_the_photo_names_it(scene, truth, method, kind):
    truth = truth.copy()
    truth[:9] = 77
    photo, mask, sigma = picture(scene, truth, 0, "masks", method, 0, 0, kind)
    assert (photo == scene).all() and np.isnan(sigma) and mask.dtype == np.uint8
    expected = np.where(truth == 255, 255, np.where(truth == 0, KINDS[kind], 128))
    assert (mask == expected).all()


@pytest.mark.parametrize("kind", KINDS)
def test_with_a_kind_a_fifth_of_the_copies_is_spoiled_and_then_degraded(monkeypatch, scene, truth, kind):
    spoiled = []

    def spoil(photo, truth, rng):
        spoiled.append(truth)
        return photo, np.full_like(truth, KINDS["motion"])

    monkeypatch.setattr(patches, "spoiled", spoil)
    truths = [picture(scene, truth, copy, "masks", "joint", 0, 0, kind)[1] for copy in range(1, 201)]
    wholly = sum((one == KINDS["motion"]).all() for one in truths)
    assert len(spoiled) == wholly and 25 <= wholly <= 55
    assert all(set(np.unique(one)) == {KINDS[kind], 255} for one in spoiled)
    assert len({one.shape for one in truths}) > 20
    spoiled.clear()
    for copy in range(1, 40):
        picture(scene, truth, copy, "masks", "joint", 0, 0)
    assert not spoiled  # without a kind none is


@pytest.mark.parametrize("kind", KINDS)
def test_compositions_with_a_kind_have_it_in_their_truth(scene, truth, kind):
    found = set()
    for copy in range(12):
        *_, mask, sigma = picture(scene, (truth > 0).astype(int), copy, "compositions", "joint", 0, 0, kind)
        found |= set(np.unique(mask).tolist())
        assert np.isnan(sigma) == (copy % 4 == 3)
    assert found == {KINDS[kind], 255}


def test_a_large_photo_is_reduced_first_where_kinds_are_learned_and_else_it_is_not(discs):
    small = discs(np.random.default_rng(1), 30, WORKING_SIDE)
    large, regions = np.kron(small, np.ones((2, 2, 1), np.uint8)), np.zeros((60, 2 * WORKING_SIDE), np.int64)
    regions[:, WORKING_SIDE:] = 1000
    reduced, its_regions = patches.at_working_size(large, regions)
    assert (reduced == small).all() and its_regions.shape == (30, WORKING_SIDE)
    assert set(np.unique(its_regions)) == {0, 1000} and its_regions.dtype == np.int64
    mask = np.where(regions, 255, 0).astype(np.uint8)
    for kind in (None, "motion"):
        assert picture(large, mask, 0, "masks", "joint", 0, 0, kind)[0].shape == small.shape
    assert picture(large, mask, 0, "masks", "joint", 0, 0, part="score")[0] is large
    assert picture(large, mask, 0, "masks", "zeng", 0, 0)[0] is large
    assert patches.at_working_size(small, regions[:30, :WORKING_SIDE])[0] is small


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("method", METHODS)
def test_records_bear_the_name_of_their_photo_its_number_and_the_copy(discs, method, part):
    photo = discs(np.random.default_rng(1), 200, 300)
    companion = photo if info(method).learns_from == "sharp photos" else np.full(photo.shape[:2], 255, np.uint8)
    at = centres(photo, companion, 3, 6, method, 0, 5, part)
    records = cut(photo, companion, at, method, b"x" * 80 + b"name.jpg", 5, 3, 0.0, part)
    assert len(records) == len(at) > 0 and records.dtype == get(method, part).patch_record()
    assert set(records["number"]) == {5} and set(records["copy"]) == {3}
    assert set(records["photo"]) == {(b"x" * 80 + b"name.jpg")[-64:]}
    other = get(method, next(p for p in PARTS if p != part)).patch_record()
    assert (records.dtype == other) == (not has_own_score(method))


def test_few_pictures_give_more_patches_each_to_a_method_that_needs_plenty():
    assert [usual_count("zeng", pictures) for pictures in (1, 30, 100, 1088)] == [400, 400, 200, 80]
    assert usual_count("joint", 1) == usual_count("park", 1) == 80


def test_records_that_lack_what_every_record_has_are_told_of(monkeypatch, scene, truth):
    class Lacking:
        def cut(picture, companion, at, sigma):
            return np.zeros(2, [("x", "f4"), ("copy", "u2")])

    monkeypatch.setattr("blurkit.methods.get", lambda *_: Lacking)
    with pytest.raises(UsageError, match="the patch_record of method mine lacks number, photo"):
        cut(scene, truth, np.zeros((2, 2)), "mine", b"a.jpg", 0, 0, 0.0)
