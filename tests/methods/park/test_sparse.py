"""Stage 5: the raw map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.methods.park import patches, sparse


@given(st.floats(0, 4))
def test_sigma_survives_as_sharpness(sigma):
    assert sparse.sigma_of(np.float32([sparse.sharpness_of(sigma)]))[0] == pytest.approx(sigma, abs=1e-5)


@given(st.floats(0, 1))
def test_any_sharpness_is_a_blur_of_a_few_pixels(sharpness):
    sigma = sparse.sigma_of(np.float32([sharpness]))
    assert sigma.dtype == np.float32 and 0 <= sigma[0] <= 4


def test_sharpness_falls_with_blur_and_is_one_half_at_one_pixel():
    assert sparse.sharpness_of(1.0) == 0.5
    assert (np.diff(sparse.sharpness_of(patches.CLASSES)) < 0).all()


def test_the_papers_map_holds_the_likeliest_class_and_its_probability():
    probabilities = np.full((2, 11), 0.05, np.float32)
    probabilities[0, 3], probabilities[1, 10] = 0.5, 0.4
    raw = sparse.published_map((4, 6), np.array([[1, 2], [3, 5]]), probabilities)
    assert np.argwhere(raw[1]).tolist() == [[1, 2], [3, 5]] and not raw[0][raw[1] == 0].any()
    assert sparse.sigma_of(raw[0][[1, 3], [2, 5]]) == pytest.approx(patches.SIGMAS[[3, 10]], abs=1e-5)
    assert raw[1][[1, 3], [2, 5]].tolist() == pytest.approx([0.5, 0.4])


def test_a_certain_seed_has_its_class_and_weight_one_and_an_uncertain_one_little_weight():
    probabilities = np.zeros((2, 17), np.float32)
    probabilities[0, 5] = 1
    probabilities[1, [0, 16]] = 0.5
    raw = sparse.seed_map((4, 6), (4, 6), np.array([[0, 0], [2, 3]]), probabilities)
    sharp, soft = sparse.sharpness_of(patches.CLASSES[[0, 16]].astype(float))
    assert raw[0, 0, 0] == pytest.approx(sparse.sharpness_of(float(patches.CLASSES[5])))
    assert raw[0, 2, 3] == pytest.approx((sharp + soft) / 2)
    assert raw[1, 0, 0] == pytest.approx(1, abs=1e-4)
    assert raw[1, 2, 3] == pytest.approx(0.05 / (0.05 + (sharp - soft) ** 2 / 4))
    assert np.count_nonzero(raw) == 4


@given(st.integers(1, 9), st.integers(1, 9), st.floats(1, 7), st.integers(0, 10**6))
def test_seeds_measured_at_a_smaller_size_lie_in_the_middle_of_their_pixels(height, width, enlarged, seed):
    shape = round(height * enlarged), round(width * enlarged)
    points = np.argwhere(np.random.default_rng(seed).random((height, width)) < 0.5)
    probabilities = np.full((len(points), 17), 1 / 17, np.float32)
    enlarged_points = np.argwhere(sparse.seed_map(shape, (height, width), points, probabilities)[1])
    assert len(enlarged_points) == len(points)
    middle = (points + 0.5) * shape / (height, width)
    assert ((enlarged_points <= middle) & (middle <= enlarged_points + 1)).all()


def test_no_points_give_an_empty_map():
    for make, more, classes in ((sparse.published_map, (), 11), (sparse.seed_map, ((5, 7),), 17)):
        assert not make((5, 7), *more, np.zeros((0, 2), int), np.zeros((0, classes), np.float32)).any()


def test_the_blur_of_a_cell_is_the_mean_logarithm_of_its_points_weighted_by_certainty():
    certain = np.eye(17, dtype=np.float32)
    uncertain = (certain[0] + certain[16]) / 2
    cells = np.array([[0, 1], [1, 2], [1, 2], [2, 0], [2, 0]])
    sigma, deviation = sparse.cell_blur(
        (3, 4), cells, np.stack([certain[5], certain[3], certain[9], uncertain, certain[2]])
    )
    sigmas = patches.CLASSES + sparse.LEAST_SIGMA
    assert sigma.shape == deviation.shape == (3, 4) and sigma.dtype == np.float32
    assert sigma[0, 1] == pytest.approx(sigmas[5]) and sigma[1, 2] == pytest.approx(np.sqrt(sigmas[3] * sigmas[9]))
    assert deviation[0, 1] == deviation[1, 2] == deviation[2, 0] == np.float32(sparse.LEAST_DEVIATION)
    spread = np.log(sigmas[16] / sigmas[0]) / 2
    shares = np.array([1 / (spread**2 + sparse.LEAST_DEVIATION**2), 1 / sparse.LEAST_DEVIATION**2])
    logs = np.log([np.sqrt(sigmas[0] * sigmas[16]), sigmas[2]])
    assert sigma[2, 0] == pytest.approx(np.exp((shares * logs).sum() / shares.sum()), rel=1e-4)


def test_a_cell_without_points_has_some_blur_of_infinite_deviation():
    sigma, deviation = sparse.cell_blur((2, 3), np.array([[1, 1]]), np.eye(17, dtype=np.float32)[:1])
    empty = np.ones((2, 3), bool)
    empty[1, 1] = False
    assert np.isfinite(sigma).all() and np.isinf(deviation[empty]).all()
