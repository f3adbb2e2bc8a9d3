"""Second route: the chain systems written out as matrices and solved by numpy.linalg."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.propagate import propagate


def chain(coupling):
    """I + Laplacian of one chain, dense."""
    matrix = np.eye(len(coupling) + 1)
    for i, c in enumerate(coupling):
        matrix[i, i] += c
        matrix[i + 1, i + 1] += c
        matrix[i, i + 1] -= c
        matrix[i + 1, i] -= c
    return matrix


def by_matrices(values, weight, guide, strength, edge_scale, rounds):
    above, below = (values * weight).astype(np.float64), weight.astype(np.float64)
    for step in range(1, rounds + 1):
        share = 1.5 * 4.0 ** (rounds - step) / (4.0**rounds - 1) * strength
        for plane in (above, below):
            for y in range(len(plane)):
                near = np.exp(-np.abs(np.diff(guide[y], axis=0)).max(axis=1) / edge_scale)
                plane[y] = np.linalg.solve(chain(share * near), plane[y])
            for x in range(plane.shape[1]):
                near = np.exp(-np.abs(np.diff(guide[:, x], axis=0)).max(axis=1) / edge_scale)
                plane[:, x] = np.linalg.solve(chain(share * near), plane[:, x])
    return above / below


def example(height, width, seed):
    rng = np.random.default_rng(seed)
    values, weight = rng.random((height, width), dtype=np.float32), rng.random((height, width), dtype=np.float32) + np.float32(0.01)
    return values, weight, rng.random((height, width, 3), dtype=np.float32)


sizes = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(0, 10**6))


@given(sizes, st.floats(0, 5000), st.integers(1, 4))
def test_it_equals_the_dense_solution_of_the_same_systems(size, strength, rounds):
    values, weight, guide = example(*size)
    found = propagate(values, weight, guide, strength, 0.3, rounds)
    assert found.dtype == np.float32 and found.shape == values.shape
    assert np.allclose(found, by_matrices(values, weight, guide, strength, 0.3, rounds), atol=1e-5)


@given(sizes, st.floats(0, 1))
def test_a_constant_stays_constant_whatever_the_weights_and_the_photo(size, level):
    _, weight, guide = example(*size)
    assert np.allclose(propagate(np.full(weight.shape, level), weight, guide, 4000, 0.02, 3), level, atol=1e-6)


@given(sizes)
def test_the_result_stays_within_the_range_of_the_values(size):
    values, weight, guide = example(*size)
    found = propagate(values, weight, guide, 300, 0.05, 3)
    assert values.min() - 1e-6 <= found.min() and found.max() <= values.max() + 1e-6


def test_without_strength_nothing_moves():
    values, weight, guide = example(6, 7, 3)
    assert np.allclose(propagate(values, weight, guide, 0, 0.02, 3), values, atol=1e-6)


def test_one_sure_place_tells_its_region_and_an_edge_of_the_photo_stops_the_word():
    values, weight = np.full((12, 20), 0.5, np.float32), np.full((12, 20), 1e-4, np.float32)
    values[6, 3], weight[6, 3] = 1, 1
    guide = np.zeros((12, 20, 3), np.float32)
    guide[:, 10:] = 1
    found = propagate(values, weight, guide, 4000, 0.02, 3)
    assert found[:, :10].min() > 0.9
    assert found[:, 10:] == pytest.approx(0.5, abs=1e-3)
