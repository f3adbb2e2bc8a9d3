"""Stage 7: the filter of the sparse map."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.methods.park import bilateral


def plainly(sigma, confidence, guide):
    """By a loop over edge points and edge points."""
    filtered = np.zeros(sigma.shape)
    points = [tuple(at) for at in np.argwhere(sigma)]
    for p in points:
        weighted_sum = sum_of_weights = 0.0
        for q in points:
            down, across = q[0] - p[0], q[1] - p[1]
            if max(abs(down), abs(across)) > 13:
                continue
            weight = math.exp(-(down**2 + across**2) / (2 * 100**2))
            weight *= math.exp(-((guide[q][0] - guide[p][0]) ** 2) / (2 * 100**2))
            weight *= math.exp(-((1 - confidence[q]) ** 2) / 2)
            weighted_sum += weight * sigma[q]
            sum_of_weights += weight
        filtered[p] = weighted_sum / sum_of_weights
    return filtered


def example(height, width, seed, share=0.3):
    rng = np.random.default_rng(seed)
    sigma = rng.choice([0.5, 1.1, 2.0], (height, width)) * (rng.random((height, width)) < share)
    return sigma, rng.random((height, width)), rng.random((height, width, 3))


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 10**6))
def test_it_equals_the_double_loop(height, width, seed):
    sigma, confidence, guide = example(height, width, seed, 0.1)
    assert bilateral.probability_joint_bilateral(sigma, confidence, guide) == pytest.approx(
        plainly(sigma, confidence, guide), abs=1e-12
    )


@given(st.integers(0, 10**6), st.floats(0.5, 2))
def test_a_constant_stays_constant_and_what_is_no_edge_stays_empty(seed, level):
    sigma, confidence, guide = example(12, 17, seed)
    filtered = bilateral.probability_joint_bilateral(np.where(sigma > 0, level, 0), confidence, guide)
    assert filtered == pytest.approx(np.where(sigma > 0, level, 0))


def test_a_confident_neighbour_counts_more_than_an_uncertain_one():
    sigma, confidence = np.zeros((9, 9)), np.ones((9, 9))
    sigma[4, [2, 4, 6]] = 1.0, 1.5, 2.0
    confidence[4, 6] = 0.1
    assert bilateral.probability_joint_bilateral(sigma, confidence, np.zeros((9, 9, 3)))[4, 4] < 1.5


def test_points_farther_than_thirteen_pixels_do_not_count():
    sigma = np.zeros((3, 40))
    sigma[1, [2, 15, 16]] = 1.0, 2.0, 2.0
    filtered = bilateral.probability_joint_bilateral(sigma, np.ones((3, 40)), np.zeros((3, 40, 3)))
    assert filtered[1, 16] == pytest.approx(2.0) and filtered[1, 2] == pytest.approx(1.5, abs=0.01)
