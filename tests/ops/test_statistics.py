"""Percentiles against NumPy's; Otsu's threshold and the logistic function against known answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.ops import statistics


@pytest.fixture
def plane():
    return np.random.default_rng(1).random((37, 52), dtype=np.float32)


def test_otsu_parts_two_kinds_of_values_whatever_their_scale():
    rng = np.random.default_rng(0)
    samples = np.concatenate([rng.normal(0.2, 0.03, 3000), rng.normal(0.7, 0.05, 1000)])
    values = samples.astype(np.float32).reshape(50, 80)
    level = statistics.otsu(values)
    assert (values[:37] <= level).mean() > 0.99 and (values[38:] > level).all()
    assert statistics.otsu(values * 40 - 7) == pytest.approx(level * 40 - 7, abs=0.2)
    assert statistics.otsu(np.full((4, 4), 0.3, np.float32)) == np.float32(0.3)


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 100), st.integers(0, 100))
def test_a_percentile_is_that_of_numpy(height, width, percent, seed):
    plane = np.random.default_rng(seed).normal(size=(height, width)).astype(np.float32)
    before = plane.copy()
    expected = np.percentile(plane.astype(np.float64), percent)
    assert statistics.percentile(plane, percent) == pytest.approx(expected, abs=1e-6)
    assert (plane == before).all()


def test_the_logistic_function_has_known_values_and_undoes_the_logit():
    assert statistics.logistic(np.log([1.0, 3.0, 1 / 9])) == pytest.approx([0.5, 0.75, 0.1])
    assert statistics.logit(np.array([0.5, 0.75, 0.1])) == pytest.approx(np.log([1.0, 3.0, 1 / 9]))
    probabilities = np.linspace(0.001, 0.999, 77).astype(np.float32)
    again = statistics.logistic(statistics.logit(probabilities))
    assert again == pytest.approx(probabilities, abs=1e-6) and again.dtype == np.float32
