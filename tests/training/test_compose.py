import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.training import compose

HALVES = np.repeat(np.int64([[1] * 30 + [2] * 30]), 50, axis=0)  # (50, 60), two regions side by side


sigmas = st.floats(*compose.SIGMA_RANGE)


@given(sigmas, st.booleans())
def test_a_kernel_is_symmetric_never_negative_and_sums_to_one(sigma, disc):
    kernel = compose.blur_kernel(sigma, disc)
    assert kernel.dtype == np.float32 and kernel.min() >= 0
    assert kernel.sum() == pytest.approx(1, abs=1e-4)
    assert np.allclose(kernel, kernel[::-1, ::-1]) and np.allclose(kernel, kernel.T)


@given(sigmas, st.booleans())
def test_discs_and_gaussians_spread_by_sigma_along_each_axis(sigma, disc):
    kernel = compose.blur_kernel(sigma, disc).astype(np.float64)
    half = len(kernel) // 2
    spread = np.sqrt((kernel.sum(0) * np.arange(-half, half + 1) ** 2).sum())
    assert spread == pytest.approx(sigma, rel=0.1 if disc else 0.02)  # the disc's rim is softened over one pixel


@given(st.integers(0, 10**6))
def test_photo_and_truth_have_one_size_and_the_truth_is_0_or_255(seed):
    rng = np.random.default_rng(seed)
    photo = rng.integers(0, 256, (50, 60, 3), np.uint8)
    made, truth, sigma = compose.compose(photo, HALVES, np.random.default_rng(seed))
    assert made.dtype == np.uint8 and made.shape == (*truth.shape, 3)
    assert truth.dtype == np.uint8 and set(np.unique(truth)) <= {0, 255}
    assert compose.SIGMA_RANGE[0] <= sigma <= compose.SIGMA_RANGE[1]
    again, its_truth, _ = compose.compose(photo, HALVES, np.random.default_rng(seed))
    assert np.array_equal(made, again) and np.array_equal(truth, its_truth)


def test_regions_of_sharp_truth_keep_more_detail_than_those_of_blurred_truth():
    photo = np.random.default_rng(3).integers(0, 256, (200, 200, 3), np.uint8)
    segments = np.kron(np.arange(16).reshape(4, 4), np.ones((50, 50), np.int64))
    compared = 0
    for seed in range(20):
        made, truth, sigma = compose.compose(photo, segments, np.random.default_rng(seed))
        detail = np.abs(cv2.Laplacian(made[..., 1].astype(np.float32), cv2.CV_32F))
        sharp, blurred = (cv2.erode((truth == value).astype(np.uint8), np.ones((9, 9))) > 0 for value in (255, 0))
        if sigma > 1 and sharp.sum() > 200 and blurred.sum() > 200:
            compared += 1
            assert detail[sharp].mean() > 2 * detail[blurred].mean()
    assert compared >= 5


def test_a_sharp_front_is_left_as_it_is_and_its_background_takes_no_colour_from_it():
    photo = np.zeros((50, 60, 3), np.uint8)
    front = HALVES == 1
    photo[front], photo[~front] = (255, 0, 0), (0, 200, 0)
    kernel = np.full((9, 9), 1 / 81, np.float32)
    mixed = compose.blurred_back(photo, front, kernel)
    assert np.array_equal(mixed[front], photo[front])
    assert np.abs(mixed[~front] - (0, 200, 0)).max() < 0.01


def test_a_blurred_front_fades_over_its_border_and_leaves_the_far_background_alone():
    photo = np.zeros((50, 60, 3), np.uint8)
    front = HALVES == 1
    photo[front], photo[~front] = (255, 0, 0), (0, 200, 0)
    mixed = compose.blurred_front(photo, front, np.full((9, 9), 1 / 81, np.float32))
    assert np.abs(mixed[:, :26] - (255, 0, 0)).max() < 0.01 and np.array_equal(mixed[:, 34:], photo[:, 34:])
    assert np.allclose(mixed[25, 30:34, 0], 255 * np.array([4, 3, 2, 1]) / 9, atol=0.01)
    assert np.allclose(mixed[25, 30:34, 1], 200 * np.array([5, 6, 7, 8]) / 9, atol=0.01)


@pytest.mark.parametrize("seed", range(20))
def test_chosen_regions_are_whole_and_neither_none_nor_all(seed):
    chosen = compose.choose_regions(HALVES, np.random.default_rng(seed))
    left, right = chosen[:, :30], chosen[:, 30:]
    assert left.all() != right.all() and left.any() != right.any()


def test_regions_that_cannot_cover_a_fair_part_are_chosen_all_the_same():
    one = np.zeros((50, 60), np.int64)
    assert {compose.choose_regions(one, np.random.default_rng(seed)).mean() for seed in range(20)} == {0, 1}


def test_photos_are_reduced_and_some_are_wholly_sharp_and_as_many_wholly_blurred():
    photo = np.random.default_rng(3).integers(0, 256, (50, 60, 3), np.uint8)
    made = [compose.compose(photo, HALVES, np.random.default_rng(seed)) for seed in range(400)]
    scales = np.array([truth.shape for _, truth, _ in made]) / (50, 60)
    assert np.abs(scales[:, 0] - scales[:, 1]).max() < 0.02 and np.ptp(scales) > 0.35
    assert compose.SCALE_RANGE[0] - 0.01 < scales.min() and scales.max() <= compose.SCALE_RANGE[1]
    for value in (0, 255):
        assert np.mean([(truth == value).all() for _, truth, _ in made]) == pytest.approx(0.15, abs=0.04)


def test_16_bit_photos_keep_16_bits():
    photo = np.random.default_rng(0).integers(0, 65536, (50, 60, 3), np.uint16)
    for seed in range(6):
        made, _, _ = compose.compose(photo, HALVES, np.random.default_rng(seed))
        assert made.dtype == np.uint16


def test_regions_follow_the_edges_of_a_photo():
    photo = np.full((80, 100, 3), 40, np.uint8)
    photo[20:60, 30:80] = (200, 60, 20)
    inside = np.zeros((80, 100), bool)
    inside[20:60, 30:80] = True
    for scene in (photo, photo.astype(np.uint16) * 257):
        regions = compose.regions(scene)
        assert regions.shape == (80, 100) and len(np.unique(regions)) > 4
        shares = np.bincount(regions.ravel(), inside.ravel()) / np.bincount(regions.ravel())
        assert ((shares < 0.02) | (shares > 0.98)).all()  # every region lies on one side
