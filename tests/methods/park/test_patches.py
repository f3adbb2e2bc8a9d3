"""Stage 2: patches and blur on purpose."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.methods.park import edges, patches


def test_the_point_is_in_the_middle_of_its_patch(sharp_photo):
    gathered = patches.gather(sharp_photo, np.array([[30, 40]]))
    assert gathered.shape == (1, 28, 28, 3)
    assert (gathered[0] == sharp_photo[17:45, 27:55]).all()


@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 10**6))
def test_beyond_the_border_the_nearest_pixel_is_repeated(height, width, seed):
    rng = np.random.default_rng(seed)
    photo = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    row, column = rng.integers(height), rng.integers(width)
    patch = patches.gather(photo, np.array([[row, column]]))[0]
    rows, columns = (np.clip(at - 13 + np.arange(28), 0, n - 1) for at, n in ((row, height), (column, width)))
    assert (patch == photo[rows][:, columns]).all()


@pytest.mark.parametrize("sigma", patches.CLASSES[1:])
def test_a_dot_blurred_has_the_variance_asked_for(sigma):
    photo = np.zeros((41, 41, 3), np.uint8)
    photo[20, 20] = 255
    kernel = cv2.getGaussianKernel(patches.KERNEL, float(sigma), cv2.CV_64F)[:, 0]
    blurred = patches.gaussian_blur(photo, float(sigma))
    assert np.abs(blurred[7:34, 7:34, 0] - 255 * np.outer(kernel, kernel)).max() <= 0.51
    if sigma >= 0.5:  # below, a kernel of whole pixels says little
        assert kernel @ np.arange(-13, 14) ** 2 == pytest.approx(sigma**2, rel=0.15)


def test_no_blur_leaves_the_photo_alone(sharp_photo):
    assert (patches.gaussian_blur(sharp_photo, 0.0) == sharp_photo).all()


def test_equal_seeds_give_equal_copies_and_others_others(sharp_photo):
    one, two, three = (patches.blurred(sharp_photo, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (one[0] == two[0]).all() and (one[1] == two[1]).all() and one[2] == two[2]
    assert one[0].shape != three[0].shape or (one[0] != three[0]).any()


@given(st.integers(0, 10**6))
def test_a_copy_is_smaller_and_of_a_known_class(sharp_photo, seed):
    picture, sharp, sigma = patches.blurred(sharp_photo, np.random.default_rng(seed))
    assert picture.shape == sharp.shape and picture.dtype == sharp.dtype == np.uint8
    assert 0.24 <= sharp.shape[0] / 60 <= 0.61 and 0.24 <= sharp.shape[1] / 84 <= 0.61
    assert np.float32(sigma) in patches.CLASSES


def test_a_third_of_the_copies_is_only_blurred(sharp_photo):
    copies = [patches.blurred(sharp_photo, np.random.default_rng(seed)) for seed in range(300)]
    clean = np.mean([(picture == patches.gaussian_blur(sharp, sigma)).all() for picture, sharp, sigma in copies])
    assert clean == pytest.approx(patches.CLEAN_SHARE, abs=0.1)
    assert {np.float32(sigma) for *_, sigma in copies} == set(patches.CLASSES)


def test_sixteen_bits_give_the_copies_of_eight(sharp_photo):
    deep = patches.blurred(sharp_photo.astype(np.uint16) * 257, np.random.default_rng(1))
    assert (deep[0] == patches.blurred(sharp_photo, np.random.default_rng(1))[0]).all()


def test_sharpening_leaves_flat_places_alone_and_raises_steps():
    photo = np.full((20, 20, 3), 100, np.uint8)
    assert (patches.sharpen(photo, 1.0) == photo).all()
    photo[:, 10:] = 150
    sharper = patches.sharpen(photo, 1.0)
    assert sharper[10, 9, 0] < 100 and sharper[10, 10, 0] > 150 and sharper[10, 2, 0] == 100


@pytest.mark.parametrize("source", [patches.SHARP, patches.BLURRED])
def test_points_lie_at_edges_half_of_them_strong(sharp_photo, source):
    picture = patches.gaussian_blur(sharp_photo, 1.1)
    points = patches.points(picture, sharp_photo, source, 40, np.random.default_rng(0))
    assert points.shape == (40, 4) and (points[:, 3] == source).all() and points[:, 2].sum() == 20
    grey, thresholds = (sharp_photo, edges.TRAIN) if source == patches.SHARP else (picture, edges.ESTIMATE)
    kinds = edges.edges(edges.value(grey), thresholds)[points[:, 0], points[:, 1]]
    assert (kinds == np.where(points[:, 2] == 1, edges.STRONG, edges.WEAK)).all()


def test_seeds_are_drawn_from_the_seeds_of_the_blurred_copy(sharp_photo):
    picture = patches.gaussian_blur(sharp_photo, 2.0)
    points = patches.points(picture, sharp_photo, patches.SEEDS, 40, np.random.default_rng(0))
    assert len({tuple(at) for at in points[:, :2]}) == 40
    assert {tuple(at) for at in points[:, :2]} <= {
        tuple(at) for at in edges.seeds(edges.value(picture), patches.SEED_CELL)
    }


@pytest.mark.parametrize("source", [patches.SHARP, patches.BLURRED, patches.SEEDS])
def test_a_flat_photo_has_no_points(source):
    flat = np.full((20, 30, 3), 90, np.uint8)
    points = patches.points(flat, flat, source, 40, np.random.default_rng(0))
    assert points.shape == (0, 4)
    assert patches.cut(flat, points, 1.0).shape == (0,)


def test_records_say_what_was_cut_and_where(sharp_photo):
    records = patches.cut(sharp_photo, np.array([[30, 40, 1, patches.BLURRED], [3, 80, 0, patches.SEEDS]]), 1.25)
    assert (records["patch"] == patches.gather(sharp_photo, np.array([[30, 40], [3, 80]]))).all()
    assert records[["row", "col", "strong", "source", "sigma"]].tolist() == [
        (30, 40, 1, patches.BLURRED, 1.25),
        (3, 80, 0, patches.SEEDS, 1.25),
    ]


def test_our_classes_hold_the_papers_in_their_place():
    assert (patches.CLASSES[patches.SHARPEST : patches.SHARPEST + 11] == patches.SIGMAS).all()
    assert (np.diff(patches.CLASSES) > 0).all() and np.diff(patches.SIGMAS) == pytest.approx(0.15, abs=1e-6)
