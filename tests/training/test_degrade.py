import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit import patches
from blurkit.methods import METHODS, info
from blurkit.training.degrade import add_noise, compress, degrade, log_uniform

SCALES = (0.5, 1.5)
MASKED = [name for name in METHODS if info(name).learns_from == "masks"]


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 40), st.sampled_from([np.uint8, np.uint16]))
def test_photo_and_truth_stay_of_one_size_and_the_truth_keeps_its_values(seed, height, width, dtype):
    rng = np.random.default_rng(seed)
    photo = rng.integers(0, np.iinfo(dtype).max, (height, width, 3), dtype)
    truth = rng.choice(np.uint8([0, 128, 255]), (height, width))
    copy, its_truth = degrade(photo, truth, np.random.default_rng(seed), SCALES)
    assert copy.dtype == np.uint8 and copy.shape == (*its_truth.shape, 3)
    assert its_truth.dtype == np.uint8 and set(np.unique(its_truth)) <= set(np.unique(truth))


def test_the_same_seed_gives_the_same_copy_and_others_give_others(scene):
    truth = np.zeros(scene.shape[:2], np.uint8)
    first, again = (degrade(scene, truth, np.random.default_rng(5), SCALES)[0] for _ in range(2))
    assert np.array_equal(first, again)
    assert len({degrade(scene, truth, np.random.default_rng(seed), SCALES)[0].tobytes() for seed in range(8)}) > 4


@pytest.mark.parametrize("least, most", [(0.5, 1.5), (0.4, 2.2), (0.25, 0.5), (2.0, 3.0)])
def test_sizes_run_from_least_to_most_as_many_below_their_geometric_mean_as_above(scene, least, most):
    photo, truth = scene[:40, :60], np.zeros((40, 60), np.uint8)
    shapes = [degrade(photo, truth, np.random.default_rng(seed), (least, most))[0].shape for seed in range(300)]
    scales = [height / 40 for height, width, _ in shapes if (height, width) != (40, 60)]
    assert all(abs(width / 60 - height / 40) <= 0.021 for height, width, _ in shapes)  # half a pixel of either side
    assert least - 0.013 <= min(scales) < least + 0.1 * (most - least)
    assert most - 0.1 * (most - least) < max(scales) <= most + 0.013
    assert 0.4 < np.mean(np.array(scales) < np.sqrt(least * most)) < 0.6
    assert 0.25 < np.mean([shape == photo.shape for shape in shapes]) < 0.5  # some keep their size


def test_a_scale_of_one_keeps_the_size(scene):
    truth = np.zeros(scene.shape[:2], np.uint8)
    assert {degrade(scene, truth, np.random.default_rng(seed), (1, 1))[0].shape for seed in range(20)} == {scene.shape}


@pytest.mark.parametrize("name", MASKED)
def test_copies_keep_to_the_scales_of_their_method(scene, monkeypatch, name):
    def copy_heights():
        return [patches.picture(photo, truth, copy, "masks", name, 0, 0)[0].shape[0] for copy in range(80)]

    photo, truth = scene[:50, :50], np.zeros((50, 50), np.uint8)
    (least, most), heights = info(name).scales, copy_heights()
    assert 0 < least < 1 < most and heights[0] == 50  # the photo itself
    assert 50 * least - 0.5 <= min(heights) < 50 * (least + 0.1)
    assert 50 * (most - 0.2) < max(heights) <= 50 * most + 0.5
    wide = info(name)._replace(scales=(3, 4))
    monkeypatch.setattr("blurkit.methods.info", lambda *_: wide)
    heights = copy_heights()
    assert {height > 149 for height in heights} == {True, False} and set(heights) & set(range(51, 149)) == set()


@given(st.floats(0.01, 10), st.floats(1, 20), st.integers(0, 10**6))
def test_a_log_uniform_number_has_a_uniform_logarithm(least, factor, seed):
    number = log_uniform(np.random.default_rng(seed), (least, least * factor))
    share = np.random.default_rng(seed).random()
    assert number == pytest.approx(least * factor**share, rel=1e-9)


def test_noise_has_the_spread_asked_for():
    noisy = add_noise(np.full((200, 200, 3), 128, np.uint8), 8.0, np.random.default_rng(0)).astype(float)
    assert abs(noisy.std() - 8) < 0.15 and abs(noisy.mean() - 128) < 0.15


@given(st.integers(0, 10**6), st.sampled_from([np.uint8, np.uint16]))
def test_the_same_seed_gives_the_same_noise_at_the_scale_of_the_type(seed, dtype):
    photo, top = np.full((20, 30, 3), 0.5 * np.iinfo(dtype).max), np.iinfo(dtype).max
    noisy = add_noise(photo, 3.0, np.random.default_rng(seed), dtype)
    expected = np.rint(photo + np.random.default_rng(seed).normal(0, 3 * top / 255, photo.shape))
    assert noisy.dtype == dtype and np.array_equal(noisy, expected)


def test_noise_is_clipped_not_wrapped():
    dark = add_noise(np.zeros((50, 50, 3), np.uint8), 10.0, np.random.default_rng(0))
    bright = add_noise(np.full((50, 50, 3), 255, np.uint8), 10.0, np.random.default_rng(0))
    assert 0 < dark.max() < 80 and 175 < bright.min() < 255


def test_no_noise_changes_nothing(scene):
    assert np.array_equal(add_noise(scene, 0.0, np.random.default_rng(0)), scene)


def test_compression_costs_the_more_the_lower_the_quality(scene):
    soft = cv2.GaussianBlur(scene, None, 3)
    errors = [np.abs(compress(soft, quality).astype(int) - soft).mean() for quality in (100, 85, 40)]
    assert errors[0] < errors[1] < errors[2]
    assert compress(soft, 85).shape == soft.shape and errors[0] < 1.5  # colours keep their places


@pytest.mark.parametrize("grain", [0.4, 0.8, 1.2])
def test_grains_are_as_strong_as_asked_for_and_as_wide(grain):
    grey = np.full((400, 400), 128, np.float32)
    noisy = add_noise(grey, 9.0, np.random.default_rng(0), grain=grain) - 128.0
    assert noisy.std() == pytest.approx(9, rel=0.01) and abs(noisy.mean()) < 0.3
    kernel = np.exp(-(np.arange(-9, 10) ** 2) / (2 * grain**2))
    kernel[np.abs(np.arange(-9, 10)) > np.ceil(3 * grain)] = 0
    expected = (kernel[1:] * kernel[:-1]).sum() / (kernel**2).sum()  # white noise through this kernel
    for one, other in ((noisy[1:], noisy[:-1]), (noisy[:, 1:], noisy[:, :-1])):
        assert (one * other).mean() / noisy.var() == pytest.approx(expected, abs=0.02)


def test_without_grains_neighbours_have_noise_of_their_own(scene):
    noisy = add_noise(np.full((400, 400), 128, np.float32), 9.0, np.random.default_rng(0)) - 128.0
    assert abs((noisy[1:] * noisy[:-1]).mean()) < 1 and abs((noisy[:, 1:] * noisy[:, :-1]).mean()) < 1
    plain, grainless = (add_noise(scene, 3.0, np.random.default_rng(1), **more) for more in ({}, {"grain": 0}))
    assert (plain == grainless).all()
