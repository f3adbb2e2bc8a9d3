"""Pictures to learn from: always the same for one seed, others for other seeds, with what belongs to them."""

import numpy as np
import pytest

from blurkit.methods import METHODS, info
from blurkit.patches import centres, cut, picture, usual_count

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


@pytest.mark.parametrize("method", METHODS)
def test_records_bear_the_name_of_their_photo_its_number_and_the_copy(discs, method):
    photo = discs(np.random.default_rng(1), 200, 300)
    companion = photo if info(method).learns_from == "sharp photos" else np.full(photo.shape[:2], 255, np.uint8)
    at = centres(photo, companion, 3, 6, method, 0, 5)
    records = cut(photo, companion, at, method, b"x" * 80 + b"name.jpg", 5, 3, 0.0)
    assert len(records) == len(at) > 0
    assert set(records["number"]) == {5} and set(records["copy"]) == {3}
    assert set(records["photo"]) == {(b"x" * 80 + b"name.jpg")[-64:]}


def test_few_pictures_give_more_patches_each_to_a_method_that_needs_plenty():
    assert [usual_count("zeng", pictures) for pictures in (1, 30, 100, 1088)] == [400, 400, 200, 80]
    assert usual_count("joint", 1) == usual_count("park", 1) == 80
