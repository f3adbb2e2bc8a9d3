"""Stage 8: matting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import spsolve

from blurkit.errors import InputError
from blurkit.methods.park import laplacian

sizes = st.tuples(st.integers(3, 9), st.integers(3, 9), st.integers(0, 10**6))


def random_guide(height, width, seed):
    return np.random.default_rng(seed).random((height, width, 3))


def plainly(guide, epsilon):
    """Equation 12 of Levin et al., window by window."""
    height, width = guide.shape[:2]
    matrix = np.zeros((height * width,) * 2)
    for row in range(height - 2):
        for column in range(width - 2):
            at = [(row + r) * width + column + c for r in range(3) for c in range(3)]
            colours = guide.reshape(-1, 3)[at]
            away = colours - colours.mean(axis=0)
            inverse = np.linalg.inv(away.T @ away / 9 + epsilon * np.eye(3))  # epsilon / 9 of the paper is ours
            matrix[np.ix_(at, at)] += np.eye(9) - (1 + away @ inverse @ away.T) / 9
    return matrix


@pytest.mark.parametrize("height, width", [(3, 3), (5, 7), (70, 5)])
def test_the_laplacian_equals_a_loop_over_windows(height, width):
    guide = random_guide(height, width, 1)
    matrix = laplacian.matting_laplacian(guide).toarray()
    assert np.abs(matrix - plainly(guide, laplacian.EPSILON)).max() < 1e-10


@given(sizes)
def test_it_is_symmetric_its_rows_sum_to_zero_and_no_map_has_negative_energy(size):
    matrix = laplacian.matting_laplacian(random_guide(*size)).toarray()
    assert np.abs(matrix - matrix.T).max() < 1e-12
    assert np.abs(matrix.sum(axis=1)).max() < 1e-10
    assert np.linalg.eigvalsh(matrix).min() > -1e-10


@given(sizes, st.tuples(*[st.floats(-2, 2)] * 4))
def test_a_map_that_is_affine_in_colour_has_no_energy_without_epsilon(size, mix):
    guide = random_guide(*size)
    alpha = (guide @ mix[:3] + mix[3]).ravel()
    assert np.abs(laplacian.matting_laplacian(guide, 1e-12) @ alpha).max() < 1e-6


def by_factorising(sigma, guide):
    is_point = (sigma != 0).ravel()
    matrix = laplacian.matting_laplacian(guide) + sparse.diags_array(laplacian.GAMMA * is_point)
    return spsolve(matrix.tocsc(), laplacian.GAMMA * sigma.ravel()).reshape(sigma.shape)


@pytest.mark.parametrize("height, width", [(3, 3), (3, 20), (17, 4), (41, 52)])
def test_propagation_equals_the_factorised_system(height, width):
    rng = np.random.default_rng(4)
    guide = np.cumsum(random_guide(height, width, 2), axis=0) / height
    sigma = rng.choice([0.5, 1.1, 2.0], (height, width)) * (rng.random((height, width)) < 0.2)
    sigma[1, 1] = 0.8
    expected = by_factorising(sigma, guide)
    assert np.abs(laplacian.propagate(sigma, guide) - expected).max() <= 1e-6 * np.abs(expected).max()


@given(sizes, st.floats(0.5, 2))
def test_one_blur_at_all_points_is_the_blur_everywhere(size, level):
    guide = random_guide(*size)
    sigma = np.where(np.random.default_rng(size[2]).random(guide.shape[:2]) < 0.2, level, 0)
    sigma[1, 2] = level
    assert laplacian.propagate(sigma, guide) == pytest.approx(level, rel=1e-6)


def test_two_colours_keep_their_own_blur():
    guide = np.zeros((20, 30, 3))
    guide[:, 15:] = 1, 0.5, 0
    sigma = np.zeros((20, 30))
    sigma[4:16, 3:8], sigma[4:16, 22:27] = 0.5, 2
    blur = laplacian.propagate(sigma, guide)
    assert blur[:, :14] == pytest.approx(0.5, abs=0.05) and blur[:, 16:] == pytest.approx(2, abs=0.05)


def test_a_photo_without_edge_points_is_refused():
    with pytest.raises(InputError, match="no edges"):
        laplacian.propagate(np.zeros((5, 5)), random_guide(5, 5, 0))


@pytest.mark.parametrize(
    "shape, message",
    [((2, 50, 3), "50x2; matting needs at least 3x3"), ((4001, 1000, 3), "4001000 pixels.*at most 4000000")],
)
def test_photos_too_small_or_too_large_are_refused_with_their_size(shape, message):
    laplacian.check_size((3, 3, 3))
    laplacian.check_size((4000, 1000, 3))
    with pytest.raises(InputError, match=message):
        laplacian.check_size(shape)


@given(st.integers(1, 30))
def test_the_coarse_grid_is_brought_up_as_a_partition_of_one(length):
    matrix = laplacian.interpolation(length).toarray()
    assert matrix.shape == (length, -(-length // 2)) and matrix.min() >= 0
    assert matrix.sum(axis=1) == pytest.approx(1)
    centres = 2 * np.arange(matrix.shape[1]) + 0.5
    assert matrix @ centres == pytest.approx(np.clip(np.arange(length), centres[0], centres[-1]))
