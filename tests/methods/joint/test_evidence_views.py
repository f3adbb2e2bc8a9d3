"""Stage 1: evidence of a photo that is half as large, turned, brighter, fainter, extreme, or on another backend."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.methods.joint import evidence, patches
from blurkit.ops import backend
from blurkit.ops.colour import grey
from tests.methods.joint.plain_evidence import (
    AMOUNT_NAMES,
    REBLUR_LOSS_NAMES,
    assert_alike,
    by_name,
    plain_blur,
    plain_evidence,
    planes_of,
)

CPU = backend.CpuBackend


@pytest.mark.parametrize("rows, columns", [(96, 128), (90, 122), (33, 50), (9, 17), (1, 14), (2, 1), (1, 1)])
def test_the_half_is_the_photo_of_the_means_of_two_by_two_pixels(sharp_photo, rows, columns):
    plane = np.pad(grey(sharp_photo), ((0, 6), (0, 6)), "wrap")[:rows, :columns]
    even = np.pad(plane.astype(float), ((0, rows % 2), (0, columns % 2)), "edge")
    means = sum(even[i::2, j::2] for i, j in np.ndindex(2, 2)) / 4
    planes, halved = evidence.both_sizes(plane, CPU)
    assert (planes == planes_of(plane)).all() and halved.dtype == np.float32
    assert halved.shape[1:] == tuple(-(-n // 2) for n in planes.shape[1:])  # a cell of the half is four of the photo
    assert_alike(by_name(halved), plain_evidence(means))


def test_softness_at_pixel_level_shows_in_the_photo_more_than_in_its_half(sharp_photo):
    plane = grey(sharp_photo)[:88, :120]
    sharp = evidence.both_sizes(plane, CPU)
    soft = evidence.both_sizes(np.float32(plain_blur(plane.astype(float), 0.8)), CPU)
    losses = []
    for sharp_planes, soft_planes in zip(sharp, soft, strict=True):
        name = "log_mean_curvature"
        losses.append(np.median(by_name(sharp_planes)[name]) - np.median(by_name(soft_planes)[name]))
    assert 0 < losses[1] < 0.5 * losses[0]


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 10**6), st.integers(0, 3), st.booleans())
def test_a_turned_or_mirrored_photo_has_turned_or_mirrored_evidence(rows, columns, seed, quarter_turns, mirrored):
    def view(array):
        array = np.rot90(array, quarter_turns, (-2, -1))
        return array[..., ::-1] if mirrored else array

    plane = np.random.default_rng(seed).random((4 * rows, 4 * columns), dtype=np.float32)
    assert planes_of(view(plane)) == pytest.approx(view(planes_of(plane)), abs=2e-3)


@given(st.floats(-0.4, 0.4), st.integers(0, 10**6))
def test_brightness_shows_in_no_plane(more, seed):
    plane = np.random.default_rng(seed).uniform(0.4, 0.6, (20, 28))
    assert planes_of(plane + more) == pytest.approx(planes_of(plane), abs=5e-3)


def test_half_the_contrast_lowers_what_is_no_ratio_by_log_2_at_most(sharp_photo):
    plane = grey(sharp_photo)
    full, half = by_name(planes_of(plane)), by_name(planes_of(0.25 + 0.5 * plane))
    for name in AMOUNT_NAMES:
        lost = full[name] - half[name]
        assert lost.min() > -0.02 and 0.4 < lost.max() < math.log(2) + 0.02, name


def extreme_plane(kind, height, width, rng):
    """A grey photo that no camera would take."""
    if kind == "noise":
        return rng.random((height, width))
    plane = np.full((height, width), rng.random())
    if kind == "black and white":
        plane = np.float32(rng.random((height, width)) < 0.5)
    elif kind == "one pixel":
        plane = np.zeros((height, width))
        plane[rng.integers(height), rng.integers(width)] = 1
    return plane


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from(["noise", "black and white", "one pixel", "flat"]),
    st.integers(0, 10**6),
)
def test_evidence_of_any_photo_is_finite_and_all_but_the_wildest_ratios_fit_the_codes(height, width, kind, seed):
    planes = planes_of(extreme_plane(kind, height, width, np.random.default_rng(seed)))
    assert planes.shape == (evidence.PLANES, -(-height // 4), -(-width // 4)) and np.isfinite(planes).all()
    assert planes.min() >= patches.LOW
    planes = by_name(planes)
    assert max(planes[name].max() for name in AMOUNT_NAMES) <= patches.LOW + 255 * patches.STEP
    wildest = -math.log(evidence.FAINT_POWER) / 2  # structure lost in rounding, or the reverse
    assert max(np.abs(planes[name]).max() for name in REBLUR_LOSS_NAMES) <= wildest


def assert_torch_alike(plane):
    pytest.importorskip("torch")
    torch_backend = backend.backend_for("torch-cpu", plane.shape)
    assert isinstance(torch_backend, backend.TorchBackend)
    by_torch, by_numpy = evidence.both_sizes(plane, torch_backend), evidence.both_sizes(plane, CPU)
    for planes, expected in zip(by_torch, by_numpy, strict=True):
        assert_alike(by_name(planes), by_name(expected))


def test_torch_measures_the_same_planes(sharp_photo):
    assert_torch_alike(grey(sharp_photo))


def test_torch_measures_the_half_of_the_smallest_photo_it_takes(sharp_photo):
    assert_torch_alike(grey(sharp_photo)[: backend.SMALLEST_SIDE, : backend.SMALLEST_SIDE])
