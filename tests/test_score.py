"""Known answers."""

import numpy as np
import pytest

from blurkit.score import sharpness


def test_the_score_is_the_mean_logit_of_the_sharpest_tenth_softened():
    values = np.float32(np.random.default_rng(0).permutation(200) / 200).reshape(10, 20)
    logits = [np.log(k / (200 - k)) for k in range(180, 200)]
    assert sharpness(values) == pytest.approx(1 / (1 + np.exp(-np.mean(logits) / 4)), abs=1e-6)
    assert sharpness(np.float32([[0.5]])) == pytest.approx(0.5)
    assert 0 < sharpness(np.zeros((3, 3), np.float32)) < 0.1 < 0.9 < sharpness(np.ones((3, 3), np.float32)) < 1


def test_a_soft_background_costs_nothing():
    subject = np.zeros((100, 100), np.float32)
    subject[40:80, 40:80] = 0.9
    assert sharpness(subject) == pytest.approx(sharpness(np.full((5, 5), 0.9, np.float32)))
