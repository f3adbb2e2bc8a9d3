"""What a score says of direction, kind and size: photos shaken by known kernels, reduced, masked, and soft in part."""

import math

import cv2
import numpy as np
import pytest

import blurkit
from blurkit import score
from blurkit.ops.borders import whole
from blurkit.training import shake


@pytest.fixture(scope="module")
def model():
    return blurkit.load(device="cpu")


@pytest.fixture(scope="module")
def photo(discs):
    return discs(np.random.default_rng(5), 480, 640)


@pytest.fixture(scope="module")
def large(discs):
    """(1536, 2048, 3): the discs of a quarter of it, enlarged."""
    return cv2.resize(discs(np.random.default_rng(6), 384, 512), (2048, 1536), interpolation=cv2.INTER_CUBIC)


def shaken(photo, length, angle):
    """A photo that moved along a straight line, degrees from the horizontal, counter-clockwise as it is seen."""
    kernel = shake.kernel_of(shake.turned(shake.straight_path(length), angle))
    return cv2.filter2D(photo, -1, kernel, borderType=cv2.BORDER_REFLECT)


def wider(planes):
    """The same blur with one more cell that can be judged."""
    planes = planes.copy()
    planes[0, 1, 5, 14] = 0.3
    return planes


def apart(one, other):
    """Degrees between two directions, at most 90."""
    return abs((one - other + 90) % 180 - 90)


@pytest.mark.parametrize("length, angle", [(10, 30), (15, 120), (20, 0), (20, 90), (15, 150)])
def test_the_length_and_the_direction_of_a_motion_are_told(model, photo, length, angle):
    result = model.score(shaken(photo, length, angle))
    assert result.kind == "motion" and apart(result.angle, angle) < 8 and 0 <= result.angle < 180
    assert result.motion == pytest.approx(length, rel=0.2)
    assert result.sigma == pytest.approx(length / math.sqrt(12), rel=0.5)
    assert result.score < model.score(cv2.GaussianBlur(photo, (0, 0), 1)).score


def test_a_photo_that_is_sharp_or_out_of_focus_did_not_move(model, photo):
    sharp, soft = model.score(photo), model.score(cv2.GaussianBlur(photo, (0, 0), 2))
    assert (sharp.kind, soft.kind) == ("sharp", "defocus")
    assert sharp.motion == 0 and math.isnan(sharp.angle) and 0 <= soft.motion < 4


@pytest.mark.parametrize("method", ["park", "zeng"])
def test_a_method_that_tells_no_directions_apart_leaves_the_kind_open(method, photo):
    result = blurkit.load(method, device="cpu").score(shaken(photo[:240, :320], 15, 30))
    assert result.kind == "unsure" and math.isnan(result.motion) and math.isnan(result.angle)
    assert result.sigma == result.sigma_photo > 0.5


def test_blur_and_motion_of_a_reduced_photo_are_in_pixels_of_the_photo(model, large):
    moved, other = shaken(large, 40, 60), blurkit.load(device="cpu", working_size=512)
    result, smaller = model.score(moved), other.score(moved)
    assert (result.working_size, smaller.working_size) == (1024, 512)
    assert result.sigma_photo == pytest.approx(2 * result.sigma)
    assert smaller.sigma_photo == pytest.approx(4 * smaller.sigma)
    for found in (result, smaller):
        assert found.kind == "motion" and apart(found.angle, 60) < 8 and found.motion == pytest.approx(40, rel=0.2)


def test_a_photo_reduced_on_decoding_is_measured_in_pixels_of_the_stored_one(model, large):
    less = cv2.resize(shaken(large, 40, 60), (1024, 768), interpolation=cv2.INTER_AREA)
    plain = model.measure_blur(less)
    stored = model.measure_blur(less, shape=(1536, 2048))
    assert (plain.scale, stored.scale) == (1, 2)
    one, two = model.score_of(plain), model.score_of(stored)
    assert (two.sigma_photo, two.motion) == (2 * one.sigma_photo, 2 * one.motion) and two.score == one.score
    framed = np.pad(less, ((100, 100), (0, 0), (0, 0)))  # the content keeps its scale
    assert model.measure_blur(framed, shape=(1936, 2048)).scale == 2


# ---- where to judge ----------------------------------------------------------


@pytest.mark.parametrize("detail", [False, True])
def test_an_edge_beside_the_mask_has_no_influence(model, photo, detail):
    soft = cv2.GaussianBlur(photo, (0, 0), 3)
    mask = np.zeros(soft.shape[:2], bool)
    mask[101:401, 51:451] = True  # its border crosses cells
    beside = cv2.dilate(mask.astype(np.uint8), np.ones((7, 7))) - cv2.dilate(mask.astype(np.uint8), np.ones((3, 3)))
    marked = soft.copy()
    marked[beside > 0] = 255 * (np.indices(soft.shape[:2]).sum(axis=0)[beside > 0] // 12 % 2)[:, None]
    assert model.score(marked).score > model.score(soft).score + 0.1
    inside, expected = (model.score(picture, mask=mask, detail=detail) for picture in (marked, soft))
    assert inside.score == pytest.approx(expected.score, abs=0.02) and inside.kind == expected.kind


def test_only_cells_wholly_within_a_region_count():
    region = np.zeros((32, 48), bool)
    region[8:24, 9:40] = True  # whole cells of 8 pixels: rows 1 and 2, columns 2 to 4
    expected = np.zeros((4, 6), bool)
    expected[1:3, 2:5] = True
    assert np.array_equal(score.cells_of(region, np.zeros((8, 2, 4, 6))), expected)
    assert score.cells_of(None, np.zeros((8, 2, 4, 6))).all()
    assert not score.cells_of(np.ones((32, 48), bool) & (np.arange(48) % 8 > 0), np.zeros((1, 2, 4, 6))).any()


def test_edges_too_few_for_a_score_cover_nothing():
    planes = np.ones((8, 2, 12, 16), np.float32)
    planes[:, 1] = np.inf
    planes[0, 1, 5, :14] = 0.3
    picture = np.zeros((96, 128, 3), np.uint8)
    few, more = (
        score.score_from_blur(score.Measured(picture, [p], whole(picture), 1.0)) for p in (planes, wider(planes))
    )
    assert math.isnan(few["score"]) and few["coverage"] == 0
    assert more["score"] == pytest.approx(0.5) and more["coverage"] == 15 / 192


def test_one_soft_corner_counts_where_the_softest_part_does(model, discs):
    photo = discs(np.random.default_rng(5), 320, 480)
    corner, soft = photo.copy(), cv2.GaussianBlur(photo, (0, 0), 3)
    corner[:160, :160] = soft[:160, :160]
    sharp, mixed, blurred = (model.score(p, share=0.1, softest=True) for p in (photo, corner, soft))
    assert sharp.score > mixed.score + 0.25 and mixed.score == pytest.approx(blurred.score, abs=0.06)
    assert model.score(corner).score == pytest.approx(model.score(photo).score, abs=0.03)
    assert mixed.kind == "sharp" and mixed.sigma == pytest.approx(1 / mixed.score - 1)
    rest = np.ones((320, 480), bool)
    rest[:170, :170] = False
    assert model.score(corner, share=0.1, softest=True, mask=rest).score > mixed.score + 0.2
    assert model.score(corner, share=1, softest=True).score > mixed.score + 0.1


@pytest.mark.parametrize("more", [{}, {"softest": True}, {"detail": True}])
def test_pure_noise_and_a_lens_cap_cannot_be_judged(model, more):
    rng = np.random.default_rng(0)
    for level, deviation in ((128, 10), (128, 30), (4, 2), (0, 0)):
        noisy = np.clip(rng.normal(level, deviation, (300, 400, 3)), 0, 255).astype(np.uint8)
        result = model.score(noisy, **more)
        assert math.isnan(result.score) and math.isnan(result.sigma_photo) and math.isnan(result.motion)
        assert result.kind == "unsure" and result.coverage == 0


# ---- borders -----------------------------------------------------------------


def test_a_frame_changes_neither_the_kind_nor_the_motion_nor_the_softest_part(model, photo):
    moved = shaken(photo, 15, 30)
    framed = np.pad(moved, ((60, 60), (20, 20), (0, 0)))
    for more in ({}, {"softest": True}, {"detail": True}):
        bare, within = model.score(moved, **more), model.score(framed, **more)
        assert within.cropped == pytest.approx(1 - photo.size / framed.size) and bare.cropped == 0
        assert repr(within._replace(cropped=0)) == repr(bare._replace(cropped=0))


def test_detail_takes_a_frame_off_once(model, large):
    framed = large
    for number in range(6):  # more frames than are looked for at a time
        framed = np.pad(framed, ((20, 20), (20, 20), (0, 0)), constant_values=255 * (number % 2))
    found = model.measure_detail(framed)
    top, bottom, left, right = found.overview.content.box
    rows, columns = found.overview.picture.shape[:2]
    assert (rows, columns) == ((bottom - top) // 3, (right - left) // 3) and found.longer == right - left
    assert found.overview.scale == 3


# ---- the blur of cells, as an overlay shows it ---------------------------------


def test_cells_are_judged_by_all_directions_and_sizes_together():
    fine = np.full((1, 2, 4, 6), np.inf, np.float32)
    fine[0, 0] = 1
    fine[0, :, 0, 0] = 2, 0.5
    fine[0, :, 0, 1] = 1, 1
    coarse = np.full((1, 2, 4, 6), np.inf, np.float32)
    coarse[0, 0] = 1
    coarse[0, :, 0, 0] = 8, 0.5
    sigma, deviation = score.of_cells([fine, coarse])
    assert sigma[0, 0] == pytest.approx(4) and deviation[0, 0] == pytest.approx(0.5)  # of 2 and 8, alike precise
    assert (sigma[0, 1], deviation[0, 1]) == (1, 1) and np.isinf(deviation[1:]).all()
    focus = score.in_focus([fine])
    assert focus[0, 0] == 0 and np.isnan(focus[0, 1]) and np.isnan(focus[1:]).all()  # the second is too uncertain
    several = np.repeat(fine, 8, axis=0)
    sigma, deviation = score.of_cells([several])  # each together with its neighbours
    assert deviation[1, 1] == 0.5 and np.isinf(deviation[3, 3])
    assert sigma[2, 0] == 1 and sigma[1, 1] == pytest.approx(2 ** (4 / 5))  # precision 4 of sigma 2, and 1 of 1


def test_the_precision_of_a_large_cell_is_shared_out_among_the_small_ones_it_covers():
    fine, coarse = np.ones((1, 2, 4, 6), np.float32), np.ones((1, 2, 2, 3), np.float32)
    coarse[:, 0], coarse[:, 1] = 32, 0.5
    sigma, deviation = score.of_cells([fine, coarse])
    assert sigma == pytest.approx(np.full((4, 6), 32**0.5)) and (deviation == 0.5).all()  # of 4 large ones, 1 each


def test_an_overlay_tells_the_sharp_half_from_the_soft_one(model, photo):
    half = cv2.GaussianBlur(photo, (0, 0), 3)
    half[:, :320] = photo[:, :320]
    focus = score.in_focus(model.measure_blur(half).blur)
    left, right = np.hsplit(focus, 2)
    assert np.nanmean(left) > 0.5 > 0.05 > np.nanmean(right) and np.isfinite(focus).mean() > 0.5
