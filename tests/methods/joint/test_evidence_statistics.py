"""Stage 1: the statistics of a photo."""

import math

import numpy as np
import pytest
from scipy import ndimage

from blurkit.methods.joint import evidence
from blurkit.ops.colour import grey
from tests.methods.joint.plain_evidence import REBLUR_LOSS_NAMES, by_name, plain_blur, planes_of


def plain_percentile(values, percent):
    """Between the two nearest of the sorted values."""
    position = (values.size - 1) * percent / 100
    below, above = (np.sort(values, axis=None)[math.floor(position) : math.ceil(position) + 1])[[0, -1]]
    return below + (position - math.floor(position)) * (above - below)


@pytest.mark.parametrize("rows, columns", [(23, 31), (1, 1), (1, 14), (6, 2)])
def test_statistics_are_percentiles_of_smoothed_curvature_and_of_both_ratios(rows, columns):
    planes = np.random.default_rng(rows).normal(size=(evidence.PLANES, rows, columns)).astype(np.float32)
    expected = []
    for name, percent in (("log_mean_curvature", 5), ("reblur_loss_1", 95), ("reblur_loss_2", 95)):
        plane = by_name(planes)[name].astype(float)
        averaged = ndimage.uniform_filter(plane, evidence.STATISTICS_WINDOW, mode="mirror")
        expected.append(plain_percentile(averaged, percent))
    statistics = evidence.statistics(planes)
    assert statistics.dtype == np.float32 and statistics.shape == (evidence.STATISTICS,) == (3,)
    assert statistics == pytest.approx(np.array(expected), abs=1e-5)


def test_statistics_separate_a_sharp_photo_from_a_blurred_one_but_not_left_from_right(sharp_photo):
    plane = grey(sharp_photo)[:88, :120]
    sharp = evidence.statistics(planes_of(plane))
    soft = evidence.statistics(planes_of(plain_blur(plane.astype(float), 2)))
    mirrored = evidence.statistics(planes_of(plane[:, ::-1]))
    assert mirrored == pytest.approx(sharp, abs=2e-3)
    lost = dict(zip(("curvature", *REBLUR_LOSS_NAMES), sharp - soft, strict=True))
    assert lost["curvature"] > 1 and all(lost[name] > 0.05 for name in REBLUR_LOSS_NAMES)


def test_statistics_show_noise_that_is_everywhere_and_sharpness_that_is_anywhere(discs):
    plane = grey(discs(np.random.default_rng(7), 240, 320)).astype(float)
    soft = plain_blur(plane, 2)
    half = np.where(np.arange(320) < 160, plane, soft)
    noisy = soft + np.random.default_rng(0).normal(0, 0.02, soft.shape)
    sharp, soft, half, noisy = (evidence.statistics(planes_of(photo)) for photo in (plane, soft, half, noisy))
    share = (half - soft) / (sharp - soft)
    assert share[0] < 0.3 and (share[1:] > 0.7).all() and (sharp - soft).min() > 0.05
    assert noisy[0] > soft[0] + 1
