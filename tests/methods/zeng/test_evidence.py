"""Stage 7: evidence, apart from contrast."""

import cv2
import numpy as np
import pytest

from blurkit.methods.zeng import basis, evidence
from blurkit.ops import backend
from blurkit.ops.colour import grey


@pytest.fixture(scope="module")
def filters():
    laplacian = np.pad(np.float64([[0, 1, 0], [1, -4, 1], [0, 1, 0]]), 2)
    return basis.pair(laplacian, laplacian)


def features_of(photo, filters):
    return evidence.features(evidence.planes(grey(photo), filters, backend.CpuBackend))


def test_cells_hold_the_mean_of_sixteen_pixels(sharp_photo, filters):
    plane = grey(sharp_photo)
    cells = evidence.planes(plane, filters, backend.CpuBackend)
    assert cells.shape == (7, 30, 40)
    assert cells[4] == pytest.approx(plane.reshape(30, 4, 40, 4).mean(axis=(1, 3)), abs=1e-6)
    assert cells[5] == pytest.approx((plane**2).reshape(30, 4, 40, 4).mean(axis=(1, 3)), abs=1e-6)


def test_features_are_the_logarithms_of_window_means(sharp_photo, filters):
    cells = evidence.planes(grey(sharp_photo), filters, backend.CpuBackend).astype(float)
    features = features_of(sharp_photo, filters)
    assert features.shape == (30, 40, 12)
    for which, half in ((0, 1), (6, 4)):
        around = cells[:, 15 - half : 16 + half, 20 - half : 21 + half].mean(axis=(1, 2))
        floor = 0.002
        expected = [
            np.log(around[0] + floor),
            around[6],
            np.log((around[0] + floor / 2) / (around[1] + floor / 2)),
            np.log((around[1] + floor / 4) / (around[2] + floor / 4)),
            np.log((around[0] + floor / 2) / (around[3] + floor / 2)),
            np.log(np.sqrt(around[5] - around[4] ** 2 + 1e-4)),
        ]
        assert features[15, 20, which : which + 6] == pytest.approx(expected, abs=1e-4)


def test_a_blur_lowers_both_reblur_ratios_everywhere_that_matters(sharp_photo, filters):
    sharp = features_of(sharp_photo, filters)
    soft = features_of(cv2.GaussianBlur(sharp_photo, (0, 0), 2), filters)
    for ratio in (8, 9):
        assert np.median(sharp[..., ratio]) > np.median(soft[..., ratio]) + 0.3


def test_ratios_lose_little_with_half_the_contrast_where_energy_loses_half(sharp_photo, filters):
    faint = (sharp_photo.astype(np.float32) * 0.5 + 64).astype(np.uint8)
    sharp, half = features_of(sharp_photo, filters), features_of(faint, filters)
    soft = features_of(cv2.GaussianBlur(sharp_photo, (0, 0), 1), filters)
    lost = [np.median(sharp[..., 8]) - np.median(other[..., 8]) for other in (half, soft)]
    assert abs(lost[0]) < 0.25 * lost[1]
    assert np.median(sharp[..., 6]) - np.median(half[..., 6]) == pytest.approx(np.log(2), abs=0.1)


def test_statistics_are_percentiles_of_the_photo_and_the_same_for_every_cell():
    features = np.random.default_rng(0).normal(size=(10, 12, 12)).astype(np.float32)
    joined = evidence.with_statistics(features)
    assert joined.shape == (120, 26)
    assert (joined[:, :12] == features.reshape(-1, 12)).all()
    columns = features.reshape(-1, 12)[:, [6, 8, 9, 10]]
    assert joined[0, 12:24] == pytest.approx(np.percentile(columns, (5, 50, 95), axis=0).T.ravel(), abs=1e-6)
    assert (joined[1:, 12:24] == joined[0, 12:24]).all()
    assert joined[:, 24] == pytest.approx(columns[:, 0] - np.percentile(columns[:, 0], 95), abs=1e-6)
    assert joined[:, 25] == pytest.approx(columns[:, 1] - np.percentile(columns[:, 1], 95), abs=1e-6)


def test_torch_finds_the_same_cells(sharp_photo, filters):
    pytest.importorskip("torch")
    plane = grey(sharp_photo)
    torch_backend = backend.backend_for("torch-cpu", plane.shape)
    assert isinstance(torch_backend, backend.TorchBackend)
    assert evidence.planes(plane, filters, torch_backend) == pytest.approx(
        evidence.planes(plane, filters, backend.CpuBackend), abs=1e-5
    )
