"""Stage 1: evidence, against plain sums and closed formulas."""

import math

import numpy as np
import pytest
from scipy.special import ndtr

from blurkit.methods.joint import evidence
from blurkit.ops.colour import grey
from tests.methods.joint.plain_evidence import (
    DETAIL_NAMES,
    GRADIENT_NAMES,
    REBLUR_LOSS_NAMES,
    SIGMA_07,
    SIGMA_1,
    SIGMA_2,
    SIGMA_14,
    SIGMA_28,
    assert_alike,
    by_name,
    plain_evidence,
    planes_of,
)


def test_planes_stand_in_the_order_in_which_the_shipped_weights_were_trained():
    assert evidence.PLANES == 19
    assert (
        *("log_mean_curvature", "log_mean_curvature_1"),
        *("log_mean_fine_detail", "log_mean_medium_detail", "log_mean_coarse_detail"),
        *("log_mean_gradient", "log_mean_gradient_1", "log_mean_gradient_2"),
        *("mean_log_curvature", "mean_log_fine_detail"),
        *("mean_log_gradient", "mean_log_gradient_1", "mean_log_gradient_2"),
        *("edge_strength", "reblur_loss_1", "reblur_loss_2", "contrast", "wide_detail", "widest_detail"),
    ) == evidence.PLANE_NAMES
    assert evidence.REBLUR_LOSSES == (14, 15)


@pytest.mark.parametrize("rows, columns", [(90, 120), (37, 53), (8, 8), (5, 3), (1, 17), (23, 1), (1, 1)])
def test_all_planes_equal_plain_sums(scene, rows, columns):
    plane = grey(scene)[:rows, :columns]
    planes = planes_of(plane)
    assert planes.dtype == np.float32 and planes.shape == (evidence.PLANES, -(-rows // 4), -(-columns // 4))
    assert_alike(by_name(planes), plain_evidence(plane))


@pytest.mark.parametrize("level", [0.0, 0.37, 1.0])
def test_a_flat_photo_shows_nothing_but_the_floors(level):
    floors = dict.fromkeys(evidence.PLANE_NAMES, evidence.FAINT)
    floors |= dict.fromkeys(REBLUR_LOSS_NAMES, 1)
    floors |= dict.fromkeys(("edge_strength", "contrast"), math.sqrt(evidence.FAINT_POWER))
    expected = {name: np.full((6, 8), math.log(floor)) for name, floor in floors.items()}
    assert_alike(by_name(planes_of(np.full((22, 31), level))), expected)


@pytest.mark.parametrize("wavelength", [8, 16, 32])
def test_a_wave_shows_in_each_band_what_its_blurs_leave_of_it(wavelength):
    frequency = 2 * math.pi / wavelength  # radians per pixel
    plane = np.broadcast_to(0.5 + 0.4 * np.sin(frequency * (np.arange(320) + 0.3)), (64, 320))

    def remaining(sigma):
        return math.exp(-((frequency * sigma) ** 2) / 2)

    planes = by_name(planes_of(plane)[:, 4:12, 8:72])  # whole waves, far from the border
    amounts = [np.exp(planes[f"log_mean_{name}"]).mean() - evidence.FAINT for name in (*DETAIL_NAMES, *GRADIENT_NAMES)]
    limits = ((0, SIGMA_07), (SIGMA_07, SIGMA_14), (SIGMA_14, SIGMA_28))
    bands = [remaining(fine) - remaining(wide) for fine, wide in limits]
    gradients = [math.sin(frequency) * remaining(sigma) for sigma in (0, SIGMA_1, SIGMA_2)]
    mean = np.abs(0.4 * np.sin(frequency * (np.arange(64) + 0.3))).mean()
    assert amounts == pytest.approx(mean * np.array([*bands, *gradients]), rel=0.04, abs=2e-4)
    for name in ("log_mean_curvature", "log_mean_curvature_1"):  # straight edges do not count there
        assert np.exp(planes[name]) == pytest.approx(evidence.FAINT, rel=0.01)


@pytest.mark.parametrize("sigma", [0.01, 0.04])
def test_curvature_of_noise_is_its_deviation(sigma):
    noise = 0.5 + sigma * np.random.default_rng(0).normal(size=(200, 240))
    curvature = np.exp(by_name(planes_of(noise))["log_mean_curvature"]).mean() - evidence.FAINT
    assert curvature == pytest.approx(sigma * math.sqrt(2 / math.pi), rel=0.03)


@pytest.mark.parametrize("sigma", [0.8, 1.2, 2.0, 3.0])
def test_what_a_blur_removes_from_an_edge_follows_from_the_blur_it_has(sigma):
    plane = np.broadcast_to(0.05 + 0.9 * ndtr((np.arange(240) - 120.3) / sigma), (48, 240))
    planes = by_name(planes_of(plane)[:, 6])
    strength = planes["edge_strength"]
    logs = strength + planes["reblur_loss_1"], strength, strength - planes["reblur_loss_2"]
    powers = [(np.exp(2 * log) - evidence.FAINT_POWER).sum() for log in logs]
    # The gradient of a Gaussian edge is a Gaussian; differences over two pixels add 1/3 to its variance.
    # Its square sums up to the inverse of its width.
    widths = [math.sqrt(sigma**2 + blur**2 + 1 / 3) for blur in (0, SIGMA_1, SIGMA_2)]
    for i in (0, 1):
        assert powers[i] / powers[i + 1] == pytest.approx(widths[i + 1] / widths[i], rel=0.02)
    total = 4 * powers[1]  # cells are 4 pixels wide
    assert total == pytest.approx(0.9**2 / (2 * math.sqrt(math.pi) * widths[1]), rel=0.02)


def mean_loss(name, sigma, contrast):
    """Re-blur loss of an edge, averaged over four positions within a cell."""
    edges = []
    for position in (80.3, 81.3, 82.3, 83.3):
        profile = 0.5 + contrast * (ndtr((np.arange(160) - position) / sigma) - 0.5)
        edges.append(planes_of(np.broadcast_to(profile, (32, 160)))[:, 4])
    planes = by_name(np.hstack(edges))
    return np.average(planes[name], weights=np.exp(2 * planes["edge_strength"]))


@pytest.mark.parametrize("name", REBLUR_LOSS_NAMES)
def test_a_sharper_edge_loses_more_whatever_its_contrast(name):
    sigmas = (0.01, 0.5, 1, 2, 3)
    losses = np.array([[mean_loss(name, sigma, contrast) for sigma in sigmas] for contrast in (0.9, 0.45)])
    assert (np.diff(losses) < 0).all()
    assert np.abs(np.diff(losses, axis=0)).max() < 0.15 * np.ptp(losses[0])


@pytest.mark.parametrize("wavelength", [8, 16])
def test_contrast_is_that_of_what_the_widest_blur_removes(wavelength):
    frequency = 2 * math.pi / wavelength
    wave = 0.2 * np.sin(frequency * (np.arange(320) + 0.3))
    ramp = 0.3 + 0.2 * np.arange(320) / 320  # does not count
    planes = by_name(planes_of(np.broadcast_to(ramp + wave, (64, 320)))[:, 4:12, 8:72])
    power = np.exp(2 * planes["contrast"]).mean() - evidence.FAINT_POWER
    removed = 1 - math.exp(-((frequency * SIGMA_28) ** 2) / 2)
    assert power == pytest.approx((0.2 * removed) ** 2 / 2, rel=0.02)
