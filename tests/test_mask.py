import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.filters import threshold_otsu

from blurkit import mask
from blurkit.mask import feathered, focus_mask, grown, threshold

RAMP = np.float32([[0.0, 0.2, 0.4], [0.6, 0.8, 1.0]])


def test_a_fixed_threshold_is_strict():
    exact = np.float32([[0.25, 0.5, np.nextafter(np.float32(0.5), np.float32(1))]])
    assert focus_mask(exact).tolist() == [[0, 0, 255]]
    assert focus_mask(np.float32([[0.3, 0.31]]), "fixed", 0.3).tolist() == [[0, 255]]
    assert focus_mask(np.float32([[0, 1]]), "fixed", 1.0).tolist() == [[0, 0]]
    assert focus_mask(np.float32([[0, 1e-9]]), "fixed", 0.0).tolist() == [[0, 255]]


def test_the_mean_rule_takes_one_and_a_half_times_the_mean():
    assert threshold(RAMP, "mean", 1.5) == pytest.approx(0.75)
    assert focus_mask(RAMP, "mean", 1.5).tolist() == [[0, 0, 0], [0, 255, 255]]


def test_the_mean_rule_stays_below_the_maximum():
    bright = np.float32([[0.8, 0.8, 0.8, 0.9]])
    assert threshold(bright, "mean", 1.5) == pytest.approx(0.95 * 0.9)
    assert focus_mask(bright, "mean", 1.5).tolist() == [[0, 0, 0, 255]]


def test_the_alpha_rule_is_that_of_park():
    # Defocus is 1, .8, .6, .4, .2, 0; blurred is above .3 x 1 + .7 x 0 = .3.
    assert threshold(RAMP, "alpha", 0.3) == pytest.approx(0.7)
    assert focus_mask(RAMP, "alpha", 0.3).tolist() == [[0, 0, 0], [0, 255, 255]]


def test_the_alpha_rule_counts_a_pixel_on_the_threshold_as_in_focus():
    row = np.float32([[0, 0.5, 1]])
    assert focus_mask(row, "alpha", 0.5).tolist() == [[0, 255, 255]]


@given(st.integers(0, 10**6), st.floats(0.1, 0.9))
def test_otsu_splits_as_skimage_does(seed, portion):
    rng = np.random.default_rng(seed)
    levels = np.where(rng.random(3000) < portion, rng.normal(70, 30, 3000), rng.normal(170, 25, 3000))
    levels = np.clip(np.rint(levels), 0, 255).astype(np.uint8).reshape(50, 60)
    levels[0, 0], levels[0, 1] = 0, 255  # so that both count in the same bins
    expected = levels > threshold_otsu(levels)
    assert np.array_equal(focus_mask(levels.astype(np.float32) / 255, "otsu") == 255, expected)


def test_otsu_works_over_the_maps_own_range():
    low = np.float32([[0.10, 0.11, 0.10], [0.20, 0.21, 0.20]])
    assert focus_mask(low, "otsu").tolist() == [[0, 0, 0], [255, 255, 255]]


@pytest.mark.parametrize("rule", ["fixed", "mean", "otsu", "alpha"])
@given(seed=st.integers(0, 10**6))
def test_inverting_marks_exactly_the_other_pixels(rule, seed):
    sharpness = np.random.default_rng(seed).random((9, 7), dtype=np.float32)
    value = {"fixed": 0.4, "mean": 1.5, "otsu": None, "alpha": 0.3}[rule]
    plain, inverted = focus_mask(sharpness, rule, value), focus_mask(sharpness, rule, value, invert=True)
    assert plain.dtype == np.uint8 and np.array_equal(plain, 255 - inverted)


@pytest.mark.parametrize("level", [0.0, 0.1, 0.3, 1.0])
def test_a_map_of_one_value_has_an_answer_for_every_rule(level):
    flat = np.full((4, 5), level, np.float32)
    assert not focus_mask(flat, "otsu").any()
    assert focus_mask(flat, "alpha", 0.3).all()
    assert focus_mask(flat, "mean", 1.5).all() == (level > 0)


def test_an_unknown_rule_is_an_error():
    with pytest.raises(ValueError, match="median"):
        threshold(RAMP, "median")


def by_hand(mask, wanted):
    """Distance of each pixel from the nearest that is wanted, one by one."""
    rows, columns = np.indices(mask.shape)
    near = np.full(mask.shape, np.inf)
    for row, column in np.argwhere(wanted):
        near = np.minimum(near, np.hypot(rows - row, columns - column))
    return near


def spots(seed):
    """A mask of a few pixels, blobs and holes."""
    rng = np.random.default_rng(seed)
    shape, share = (rng.integers(1, 30), rng.integers(1, 40)), rng.choice([0, 0.02, 0.5, 1])
    return np.where(rng.random(shape) < share, np.uint8(255), np.uint8(0))


@given(st.integers(0, 10**6), st.integers(-12, 12))
def test_a_grown_mask_holds_what_is_near_a_marked_pixel_and_a_shrunk_one_what_is_far_from_all_others(seed, pixels):
    mask = spots(seed)
    marked = by_hand(mask, mask > 0) <= pixels if pixels >= 0 else by_hand(mask, mask == 0) > -pixels
    assert np.array_equal(grown(mask, pixels), np.where(marked, 255, 0)) and grown(mask, pixels).dtype == np.uint8


def test_distances_are_exact_up_to_500_pixels():
    mask = np.zeros((3, 600), np.uint8)
    mask[0, 0] = 255
    for pixels in (1, 353, 500):
        marked = grown(mask, pixels) > 0
        assert marked[0].sum() == pixels + 1 and marked[1].sum() == pixels  # sqrt(N^2 + 1) is more than N


@given(st.integers(0, 10**6), st.integers(1, 20))
def test_a_feathered_edge_is_a_ramp_about_it(seed, pixels):
    mask = spots(seed)
    inside, outside = by_hand(mask, mask == 0) - 0.5, by_hand(mask, mask > 0) - 0.5
    signed = np.where(mask > 0, inside, -outside)
    wanted = 255 * np.clip(0.5 + signed / pixels, 0, 1)
    assert np.abs(feathered(mask, pixels) - wanted).max() <= 0.51


@pytest.mark.parametrize("pixels", [1, 7, 40])
def test_tiles_are_parts_of_the_whole(monkeypatch, pixels):
    levels = cv2.GaussianBlur(np.random.default_rng(pixels).random((170, 230), dtype=np.float32), None, 6)
    for share in (0.001, 0.5, 0.98):
        sharp = np.where(levels > np.quantile(levels, 1 - share), np.uint8(255), np.uint8(0))
        whole = grown(sharp, pixels), grown(sharp, -pixels), feathered(sharp, pixels)
        with monkeypatch.context() as patch:
            patch.setattr(mask, "SMALLEST_TILE", 16)
            patch.setattr(mask, "TILE", 1)
            tiled = grown(sharp, pixels), grown(sharp, -pixels), feathered(sharp, pixels)
        assert all(np.array_equal(*pair) for pair in zip(whole, tiled, strict=True))
        assert not np.array_equal(tiled[0], tiled[1])


def test_a_ramp_of_one_pixel_is_the_mask():
    mask = spots(4)
    assert np.array_equal(feathered(mask, 1), mask)
