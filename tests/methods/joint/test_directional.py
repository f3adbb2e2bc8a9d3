"""Stage 2: directional evidence, against plain loops; turned, moved and fainter photos."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blurkit.methods.joint import directional, patches
from blurkit.ops import backend
from blurkit.ops.colour import grey
from tests.methods.joint.plain_evidence import plain_blur, plain_pool

CPU = backend.CpuBackend
STEPS = ((0, 1), (1, 1), (1, 0), (1, -1))  # (down, across) from the middle; over twice that a difference is taken
FINE, WIDE, LOSSES = slice(0, 4), slice(4, 8), slice(8, 12)


def planes_of(plane):
    return directional.planes(np.ascontiguousarray(plane, np.float32), CPU)


def plain_planes(plane):
    """The planes, pixel by pixel, in double precision."""
    logs = []
    for sigma in (0.7, 2.0):
        copy = plain_blur(plane.astype(float), sigma)
        padded = np.pad(copy, 1, "reflect") if min(copy.shape) > 1 else np.pad(copy, 1, "edge")
        for down, across in STEPS:
            power = np.empty_like(copy)
            for row, column in np.ndindex(copy.shape):
                one = padded[row + 1 + down, column + 1 + across]
                other = padded[row + 1 - down, column + 1 - across]
                power[row, column] = (one - other) ** 2 / (down * down + across * across)
            logs.append(np.log(plain_pool(power) + 1e-5) / 2)
    around = [plain_blur(one, 2.0) for one in logs]
    losses = [fine - coarse for fine, coarse in zip(around[:4], around[4:], strict=True)]
    return np.concatenate([np.sort(part, axis=0) for part in (logs[:4], around[:4], losses)])


@pytest.mark.parametrize("rows, columns", [(90, 122), (33, 50), (9, 17), (2, 3)])
def test_the_planes_are_those_of_plain_loops(sharp_photo, rows, columns):
    plane = grey(sharp_photo)[:rows, :columns]
    planes = planes_of(plane)
    assert planes.shape == (12, -(-rows // 4), -(-columns // 4)) and planes.dtype == np.float32
    assert directional.PLANES == 12 and list(directional.LOSSES) == [8, 9, 10, 11]
    assert planes == pytest.approx(plain_planes(plane), abs=2e-3)


def test_a_photo_measured_in_strips_has_the_planes_of_the_whole(sharp_photo, monkeypatch):
    whole = planes_of(grey(sharp_photo))
    monkeypatch.setattr(directional, "STRIP", 122 * 8)
    assert planes_of(grey(sharp_photo)) == pytest.approx(whole, abs=1e-5)


@settings(max_examples=12)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 10**6), st.integers(0, 3), st.booleans())
def test_a_turned_or_mirrored_photo_has_the_same_planes_turned_or_mirrored(
    rows, columns, seed, quarter_turns, mirrored
):
    def view(array):
        array = np.rot90(array, quarter_turns, (-2, -1))
        return array[..., ::-1] if mirrored else array

    plane = np.random.default_rng(seed).random((4 * rows, 4 * columns), dtype=np.float32)
    assert planes_of(view(plane)) == pytest.approx(view(planes_of(plane)), abs=2e-3)


def test_the_four_of_each_kind_ascend():
    planes = planes_of(np.random.default_rng(0).random((60, 80)))
    for part in (FINE, WIDE, LOSSES):
        assert (np.diff(planes[part], axis=0) >= 0).all() and np.ptp(planes[part], axis=0).max() > 0.01


@pytest.mark.parametrize("number", range(4))
def test_a_moved_photo_loses_detail_along_its_path_and_keeps_that_across_it(discs, number):
    down, across = STEPS[number]
    kernel = np.zeros((15, 15), np.float32)
    for step in range(-7, 8):
        kernel[7 + down * step, 7 + across * step] = 1 / 15
    photo = discs(np.random.default_rng(5), 160, 200)
    sharp, moved = (planes_of(grey(p)) for p in (photo, cv2.filter2D(photo, -1, kernel)))
    spread = [np.median(planes[7] - planes[4]) for planes in (sharp, moved)]  # the most detail beside the least
    round_ = planes_of(grey(cv2.GaussianBlur(photo, (0, 0), 3)))
    assert spread[1] > 3 * spread[0] and spread[1] > 1.7 * np.median(round_[7] - round_[4])
    measured = directional.measured(grey(cv2.filter2D(photo, -1, kernel)), CPU)[:4]
    assert np.median(measured, axis=(1, 2)).argmin() == number


def test_what_a_wider_blur_removes_tells_soft_from_sharp_whatever_the_contrast(discs):
    photo = grey(discs(np.random.default_rng(5), 160, 200))
    soft = cv2.GaussianBlur(photo, (0, 0), 3)
    for plane in (photo, 0.4 + 0.2 * photo):
        blurred = 0.4 + 0.2 * soft if plane is not photo else soft
        assert np.median(planes_of(plane)[LOSSES]) > 2 * np.median(planes_of(blurred)[LOSSES])


def test_contrast_shifts_all_planes_alike_but_for_the_losses(discs):
    plane = grey(discs(np.random.default_rng(5), 80, 120))
    full, half = planes_of(plane), planes_of(0.25 + 0.5 * plane)
    shift = np.median(full - half, axis=(1, 2))
    assert shift[:8].min() > 0.58 and shift[:8].max() < math.log(2) + 0.01  # less where there is little
    assert shift[LOSSES] == pytest.approx(0, abs=0.05)


@settings(max_examples=15)
@given(
    st.integers(1, 40), st.integers(1, 40), st.sampled_from(["noise", "black and white", "flat"]), st.integers(0, 99)
)
def test_the_planes_of_any_photo_are_finite_and_fit_the_codes(height, width, kind, seed):
    rng = np.random.default_rng(seed)
    plane = np.full((height, width), rng.random())
    if kind != "flat":
        plane = rng.random((height, width))
        plane = (plane > 0.5).astype(float) if kind != "noise" else plane
    planes = planes_of(plane)
    assert planes.shape == (12, -(-height // 4), -(-width // 4)) and np.isfinite(planes).all()
    assert planes.min() >= patches.LOW and planes.max() <= patches.LOW + 255 * patches.STEP


def test_torch_measures_the_same_planes(sharp_photo):
    pytest.importorskip("torch")
    for plane in (grey(sharp_photo), grey(sharp_photo)[: backend.SMALLEST_SIDE, : backend.SMALLEST_SIDE]):
        by_torch = directional.planes(plane, backend.TorchBackend("cpu"))
        assert by_torch == pytest.approx(planes_of(plane), abs=1e-3)
