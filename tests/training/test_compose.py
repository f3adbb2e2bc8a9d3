"""Partly blurred photos with exact truth: out of focus, moved, or spoiled."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.training import compose, shake

HALVES = np.repeat(np.int64([[1] * 30 + [2] * 30]), 50, axis=0)  # (50, 60), two regions side by side


sigmas = st.floats(*compose.SIGMA_RANGE)


@given(sigmas, st.booleans())
def test_a_kernel_is_symmetric_never_negative_and_sums_to_one(sigma, disc):
    kernel = compose.blur_kernel(sigma, disc)
    assert kernel.dtype == np.float32 and kernel.min() >= 0
    assert kernel.sum() == pytest.approx(1, abs=1e-4)
    assert np.allclose(kernel, kernel[::-1, ::-1]) and np.allclose(kernel, kernel.T)


@given(sigmas, st.booleans())
def test_discs_and_gaussians_spread_by_sigma_along_each_axis(sigma, disc):
    kernel = compose.blur_kernel(sigma, disc).astype(np.float64)
    half = len(kernel) // 2
    spread = np.sqrt((kernel.sum(0) * np.arange(-half, half + 1) ** 2).sum())
    assert spread == pytest.approx(sigma, rel=0.1 if disc else 0.02)  # the disc's rim is softened over one pixel


@given(st.integers(0, 10**6), st.sampled_from([None, "defocus", "motion"]))
def test_photo_and_truth_have_one_size_and_the_truth_names_the_kind(seed, kind):
    rng = np.random.default_rng(seed)
    photo = rng.integers(0, 256, (50, 60, 3), np.uint8)
    made, truth, sigma = compose.compose(photo, HALVES, np.random.default_rng(seed), kind)
    assert made.dtype == np.uint8 and made.shape == (*truth.shape, 3)
    blurred = {None: 0, "defocus": 1, "motion": 2}[kind]
    assert truth.dtype == np.uint8 and set(np.unique(truth)) <= {blurred, 255}
    low, high = (0.6, 6.3) if kind != "motion" else (0.6, 20)
    assert isinstance(sigma, float) and low <= sigma <= high
    again, its_truth, _ = compose.compose(photo, HALVES, np.random.default_rng(seed), kind)
    assert np.array_equal(made, again) and np.array_equal(truth, its_truth)


def test_defocus_without_a_name_is_the_same_picture_with_another_truth():
    photo = np.random.default_rng(0).integers(0, 256, (50, 60, 3), np.uint8)
    for seed in range(6):
        (plain, truth, sigma), (named, its_truth, its_sigma) = (
            compose.compose(photo, HALVES, np.random.default_rng(seed), kind) for kind in (None, "defocus")
        )
        assert (plain == named).all() and sigma == its_sigma
        assert ((truth == 255) == (its_truth == 255)).all() and set(np.unique(its_truth)) <= {1, 255}


def test_sigma_is_the_spread_along_the_axis_where_it_is_largest():
    for sigma, disc in ((2.0, False), (4.0, True)):
        assert compose.spread_of(compose.blur_kernel(sigma, disc)) == pytest.approx(sigma, rel=0.05)
    for down, across in ((0, 1), (1, 0), (1, 1)):
        line = np.zeros((13, 13), np.float32)
        for step in range(-6, 7):
            line[6 + down * step, 6 + across * step] = 1 / 13
        assert compose.spread_of(line) == pytest.approx(math.sqrt(14 * math.hypot(down, across) ** 2), rel=1e-3)


@pytest.fixture(scope="module")
def paths():
    """What `moving_kernel` gives for 300 seeds."""
    return [compose.moving_kernel(np.random.default_rng(seed)) for seed in range(300)]


def test_what_moves_has_kernels_of_every_length_and_direction(paths):
    for kernel in paths:
        assert kernel.dtype == np.float32 and kernel.shape == (len(kernel), len(kernel)) and len(kernel) % 2
        assert kernel.sum() == pytest.approx(1, abs=1e-4) and kernel.min() > -1e-6
    across, up, mixed = np.array([shake.covariance(kernel) for kernel in paths]).T
    lengths = np.sqrt(12 * (across + up + np.hypot(across - up, 2 * mixed)) / 2)
    assert lengths.min() < 6 and 25 < lengths.max() < 60
    angles = np.degrees(np.arctan2(2 * mixed, across - up) / 2) % 180
    assert (np.histogram(angles, 4, (0, 180))[0] / len(angles)) == pytest.approx(0.25, abs=0.1)


def test_a_fifth_of_what_moves_is_out_of_focus_too(monkeypatch):
    calls = []
    monkeypatch.setattr(compose.shake, "out_of_focus_too", lambda kernel, blur: calls.append(blur) or kernel)
    for seed in range(400):
        compose.moving_kernel(np.random.default_rng(seed))
    assert len(calls) / 400 == pytest.approx(0.2, abs=0.05)
    sigmas = [compose.spread_of(blur) for blur in calls]
    assert min(sigmas) > 0.25 and max(sigmas) < 1.6


def test_what_moves_keeps_detail_across_its_path(discs):
    photo, moved = discs(np.random.default_rng(0), 160, 200), 0
    for seed in range(30):
        made, truth, sigma = compose.compose(
            photo, np.ones((160, 200), np.int64), np.random.default_rng(seed), "motion"
        )
        if (truth == 255).any() or sigma < 3:
            continue
        moved += 1
        grey = made.astype(float).mean(axis=2)
        energies = [np.square(np.diff(grey, axis=axis)).mean() for axis in (0, 1)]
        whole = discs(np.random.default_rng(0), 160, 200).astype(float).mean(axis=2)
        assert min(energies) < 0.7 * min(np.square(np.diff(whole, axis=axis)).mean() for axis in (0, 1))
    assert moved >= 3


# ---- photos that are spoiled ---------------------------------------------------


@pytest.fixture
def part(monkeypatch):
    """part(mask): the part that is spoiled, in place of super-pixels."""

    def part(mask):
        monkeypatch.setattr(compose, "regions", lambda photo: mask.astype(np.int64))
        monkeypatch.setattr(compose, "choose_regions", lambda segments, rng: segments.astype(bool))

    return part


def spoiled_by(seed, photo, truth):
    return compose.spoiled(photo, truth, np.random.default_rng(seed))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_spoiled_part_is_blurred_by_a_kind_that_its_truth_names_and_nothing_else_changes(discs, part, dtype):
    photo = discs(np.random.default_rng(1), 120, 160).astype(dtype) * (257 if dtype == np.uint16 else 1)
    inside = np.zeros((120, 160), bool)
    inside[20:90, 30:110] = True
    part(inside)
    far = cv2.dilate(inside.astype(np.uint8), np.ones((121, 121))) == 0
    before = np.full((120, 160), 255, np.uint8)
    before[100:], before[:10] = 128, 2
    seen = {"back": 0, "front": 0, "wholly": 0, 1: 0, 2: 0}
    for seed in range(60):
        made, truth = spoiled_by(seed, photo, before)
        assert made.dtype == dtype and made.shape == photo.shape and truth.dtype == np.uint8
        (kind,) = set(np.unique(truth[inside]))
        assert kind in (1, 2)
        seen[int(kind)] += 1
        if (truth != before).sum() > inside.sum():  # the whole photo
            seen["wholly"] += 1
            assert (truth[10:] == kind).all() and (truth[:10] == (0 if kind == 1 else 2)).all()
            continue
        assert (truth[~inside] == before[~inside]).all() and (made[far] == photo[far]).all()
        is_back = (made[~inside] == photo[~inside]).all()
        seen["back" if is_back else "front"] += 1
        detail = [np.abs(np.diff(p[30:80, 40:100].astype(float), axis=a)).mean() for p in (photo, made) for a in (0, 1)]
        assert min(detail[2:]) < 0.9 * min(detail[:2])
    assert min(seen.values()) >= 5
    assert seen[2] / 60 == pytest.approx(0.4, abs=0.15) and seen["wholly"] / 60 == pytest.approx(0.2, abs=0.13)


def test_where_a_spoiled_part_was_blurred_in_another_way_it_is_blurred_by_no_single_kind(part):
    photo = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    part(np.ones((60, 80), bool))
    before = np.repeat(np.uint8([[255, 128, 0, 1, 2]]), 16, axis=1).repeat(60, axis=0)
    kinds = set()
    for seed in range(20):
        _, truth = spoiled_by(seed, photo, before)
        kind = int(truth[0, 0])
        kinds.add(kind)
        assert truth[0, ::16].tolist() == [kind, kind, 0, 1 if kind == 1 else 0, 2 if kind == 2 else 0]
    assert kinds == {1, 2}


def test_a_photo_is_spoiled_alike_for_one_seed_and_otherwise_for_others():
    photo = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    photo = cv2.GaussianBlur(photo, (0, 0), 2)
    truth = np.full((60, 80), 255, np.uint8)
    (one, its_truth), (same, same_truth), (other, _) = (spoiled_by(seed, photo, truth) for seed in (1, 1, 2))
    assert (one == same).all() and (its_truth == same_truth).all() and (one != other).any()


def test_regions_of_sharp_truth_keep_more_detail_than_those_of_blurred_truth():
    photo = np.random.default_rng(3).integers(0, 256, (200, 200, 3), np.uint8)
    segments = np.kron(np.arange(16).reshape(4, 4), np.ones((50, 50), np.int64))
    compared = 0
    for seed in range(20):
        made, truth, sigma = compose.compose(photo, segments, np.random.default_rng(seed))
        detail = np.abs(cv2.Laplacian(made[..., 1].astype(np.float32), cv2.CV_32F))
        sharp, blurred = (cv2.erode((truth == value).astype(np.uint8), np.ones((9, 9))) > 0 for value in (255, 0))
        if sigma > 1 and sharp.sum() > 200 and blurred.sum() > 200:
            compared += 1
            assert detail[sharp].mean() > 2 * detail[blurred].mean()
    assert compared >= 5


def test_a_sharp_front_is_left_as_it_is_and_its_background_takes_no_colour_from_it():
    photo = np.zeros((50, 60, 3), np.uint8)
    front = HALVES == 1
    photo[front], photo[~front] = (255, 0, 0), (0, 200, 0)
    kernel = np.full((9, 9), 1 / 81, np.float32)
    mixed = compose.blurred_back(photo, front, kernel)
    assert np.array_equal(mixed[front], photo[front])
    assert np.abs(mixed[~front] - (0, 200, 0)).max() < 0.01


def test_a_blurred_front_fades_over_its_border_and_leaves_the_far_background_alone():
    photo = np.zeros((50, 60, 3), np.uint8)
    front = HALVES == 1
    photo[front], photo[~front] = (255, 0, 0), (0, 200, 0)
    mixed = compose.blurred_front(photo, front, np.full((9, 9), 1 / 81, np.float32))
    assert np.abs(mixed[:, :26] - (255, 0, 0)).max() < 0.01 and np.array_equal(mixed[:, 34:], photo[:, 34:])
    assert np.allclose(mixed[25, 30:34, 0], 255 * np.array([4, 3, 2, 1]) / 9, atol=0.01)
    assert np.allclose(mixed[25, 30:34, 1], 200 * np.array([5, 6, 7, 8]) / 9, atol=0.01)


@pytest.mark.parametrize("seed", range(20))
def test_chosen_regions_are_whole_and_neither_none_nor_all(seed):
    chosen = compose.choose_regions(HALVES, np.random.default_rng(seed))
    left, right = chosen[:, :30], chosen[:, 30:]
    assert left.all() != right.all() and left.any() != right.any()


def test_regions_that_cannot_cover_a_fair_part_are_chosen_all_the_same():
    one = np.zeros((50, 60), np.int64)
    assert {compose.choose_regions(one, np.random.default_rng(seed)).mean() for seed in range(20)} == {0, 1}


def test_photos_are_reduced_and_some_are_wholly_sharp_and_as_many_wholly_blurred():
    photo = np.random.default_rng(3).integers(0, 256, (50, 60, 3), np.uint8)
    made = [compose.compose(photo, HALVES, np.random.default_rng(seed)) for seed in range(400)]
    scales = np.array([truth.shape for _, truth, _ in made]) / (50, 60)
    assert np.abs(scales[:, 0] - scales[:, 1]).max() < 0.02 and np.ptp(scales) > 0.35
    assert compose.SCALE_RANGE[0] - 0.01 < scales.min() and scales.max() <= compose.SCALE_RANGE[1]
    for value in (0, 255):
        assert np.mean([(truth == value).all() for _, truth, _ in made]) == pytest.approx(0.15, abs=0.04)


def test_16_bit_photos_keep_16_bits():
    photo = np.random.default_rng(0).integers(0, 65536, (50, 60, 3), np.uint16)
    for seed in range(6):
        made, _, _ = compose.compose(photo, HALVES, np.random.default_rng(seed))
        assert made.dtype == np.uint16


def test_regions_follow_the_edges_of_a_photo():
    photo = np.full((80, 100, 3), 40, np.uint8)
    photo[20:60, 30:80] = (200, 60, 20)
    inside = np.zeros((80, 100), bool)
    inside[20:60, 30:80] = True
    for scene in (photo, photo.astype(np.uint16) * 257):
        regions = compose.regions(scene)
        assert regions.shape == (80, 100) and len(np.unique(regions)) > 4
        shares = np.bincount(regions.ravel(), inside.ravel()) / np.bincount(regions.ravel())
        assert ((shares < 0.02) | (shares > 0.98)).all()  # every region lies on one side
