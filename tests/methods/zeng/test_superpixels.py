"""Stage 1: centroids of super-pixels."""

import cv2
import numpy as np

from blurkit.methods.zeng import superpixels


def halves(height=80, width=120):
    photo = np.zeros((height, width, 3), np.uint8)
    photo[:, : width // 2] = (200, 40, 40)
    photo[:, width // 2 :] = (40, 40, 200)
    return photo


def test_two_colours_asked_for_two_give_the_centres_of_the_halves():
    centres = superpixels.centroids(halves(), 2)
    assert len(centres) == 2
    assert np.abs(centres[np.argsort(centres[:, 1])] - [[40, 30], [40, 90]]).max() <= 3


def test_centres_lie_in_the_photo_and_cover_all_of_it(sharp_photo):
    height, width = sharp_photo.shape[:2]
    centres = superpixels.centroids(cv2.GaussianBlur(sharp_photo, (0, 0), 6), 40)
    assert 20 <= len(centres) <= 60
    assert (centres >= 0).all() and (centres < (height, width)).all()
    quarters = {(row * 2 // height, column * 2 // width) for row, column in centres}
    assert quarters == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_the_same_photo_gives_the_same_centres(sharp_photo):
    assert (superpixels.centroids(sharp_photo, 30) == superpixels.centroids(sharp_photo.copy(), 30)).all()


def test_a_single_pixel_has_one_centre():
    assert superpixels.centroids(np.zeros((1, 1, 3), np.uint8), 10).tolist() == [[0, 0]]
