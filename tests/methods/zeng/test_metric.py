"""Stage 6: the cascade of two filters."""

import numpy as np
import pytest
from scipy.ndimage import correlate, gaussian_filter

from blurkit.methods.zeng import basis, metric
from blurkit.ops import backend


@pytest.fixture(scope="module")
def filters():
    components, _ = basis.components(np.random.default_rng(2).normal(size=(24, 7, 7)))
    return basis.pair(*components[:2])


def test_one_white_dot_comes_out_as_both_filters_folded_into_one(filters):
    dot = np.zeros((31, 31), np.float32)
    dot[15, 15] = 1
    response = metric.response(dot, filters, backend.CpuBackend)
    assert response[9:22, 9:22] == pytest.approx(np.abs(basis.cascade_kernel(*filters)[::-1, ::-1]), abs=1e-6)
    response[9:22, 9:22] = 0
    assert response.max() < 1e-6


def test_the_metric_is_the_absolute_value_of_two_correlations(filters):
    plane = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    expected = np.abs(correlate(correlate(plane.astype(float), filters[0], mode="mirror"), filters[1], mode="mirror"))
    assert metric.response(plane, filters, backend.CpuBackend) == pytest.approx(expected, abs=1e-5)


def test_brightness_does_not_matter_and_contrast_scales(filters):
    plane = np.random.default_rng(0).random((40, 50)).astype(np.float32) / 4
    plain = metric.response(plane, filters, backend.CpuBackend)
    assert metric.response(plane + np.float32(0.5), filters, backend.CpuBackend) == pytest.approx(plain, abs=1e-5)
    assert metric.response(plane * 2, filters, backend.CpuBackend) == pytest.approx(plain * 2, abs=1e-5)


def test_the_published_map_is_the_scaled_metric_smoothed():
    values = np.random.default_rng(0).random((60, 80)).astype(np.float32) ** 3
    expected = gaussian_filter(
        np.minimum(values / np.percentile(values, metric.TOP_PERCENTILE), 1), metric.SPREAD, mode="mirror", truncate=4
    )
    smoothed = metric.published_map(values)
    assert smoothed == pytest.approx(expected, abs=2e-3)
    assert smoothed.min() >= 0 and smoothed.max() <= 1


def test_a_photo_without_structure_has_a_map_of_zeros():
    assert not metric.published_map(np.zeros((20, 30), np.float32)).any()


def test_the_best_pair_is_the_one_that_responds_to_what_separates_the_classes():
    rng = np.random.default_rng(5)
    column, row = np.zeros((7, 7)), np.zeros((7, 7))
    column[2:5, 3], row[3, 2:5] = (1, -2, 1), (1, -2, 1)
    sharp = np.arange(40) % 2 == 0
    photos = np.full((40, 48, 48, 3), 128, np.uint8)
    photos += rng.integers(0, 3, photos.shape, dtype=np.uint8)
    photos[sharp, ::2] += 60  # horizontal stripes: structure across rows only
    pair = metric.best_pair(np.stack([row, column]), photos, sharp)
    assert pair == pytest.approx(basis.pair(column, column))


def test_separation_is_the_distance_of_means_in_deviations():
    values = np.array([0.0, 2.0, 10.0, 12.0])
    assert metric.separation(values, np.array([False, False, True, True])) == pytest.approx(10.0)
