"""Stage 2: patches and their labels."""

import numpy as np
import pytest

from blurkit.methods.zeng import patches

HALF = patches.SIZE // 2


def test_a_patch_is_the_photo_around_its_centre(sharp_photo):
    record = patches.cut(sharp_photo, np.zeros(sharp_photo.shape[:2], np.uint8), np.array([[60, 70]]))[0]
    assert (record["patch"] == sharp_photo[60 - HALF : 60 + HALF, 70 - HALF : 70 + HALF]).all()
    assert (record["row"], record["col"]) == (60, 70)


def test_beyond_the_border_the_photo_is_mirrored(sharp_photo):
    record = patches.cut(sharp_photo, np.zeros(sharp_photo.shape[:2], np.uint8), np.array([[0, 0]]))[0]
    expected = np.pad(sharp_photo, ((HALF, HALF), (HALF, HALF), (0, 0)), mode="reflect")
    assert (record["patch"] == expected[: patches.SIZE, : patches.SIZE]).all()


@pytest.mark.parametrize(
    "sharp_columns, label",
    [(48, 1), (44, 1), (43, -1), (24, -1), (5, -1), (4, 0), (0, 0)],
)
def test_the_label_follows_the_share_of_sharp_truth(sharp_photo, sharp_columns, label):
    truth = np.zeros(sharp_photo.shape[:2], np.uint8)
    truth[:, 70 - HALF : 70 - HALF + sharp_columns] = 255
    record = patches.cut(sharp_photo, truth, np.array([[60, 70]]))[0]
    assert record["label"] == label
    assert record["share"] == pytest.approx(sharp_columns / 48)


def test_the_core_is_the_share_of_the_middle_alone(sharp_photo):
    truth = np.zeros(sharp_photo.shape[:2], np.uint8)
    truth[56:64, 66:74] = 255
    record = patches.cut(sharp_photo, truth, np.array([[60, 70]]))[0]
    assert record["core"] == 1 and record["label"] == 0


def test_unlabelled_truth_is_left_out_of_the_share_and_too_much_of_it_gives_nan():
    assert patches.sharp_share(np.array([255, 255, 0, 128], np.uint8)) == pytest.approx(2 / 3)
    assert np.isnan(patches.sharp_share(np.array([255, 128, 128], np.uint8)))


def test_sixteen_bits_are_cut_to_eight(sharp_photo):
    truth = np.zeros(sharp_photo.shape[:2], np.uint8)
    deep = sharp_photo.astype(np.uint16) * 257
    at = np.array([[50, 50]])
    assert (patches.cut(deep, truth, at)["patch"] == patches.cut(sharp_photo, truth, at)["patch"]).all()
