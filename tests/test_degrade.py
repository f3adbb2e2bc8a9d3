import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blurkit.degrade import add_noise, compress, degrade


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 40), st.sampled_from([np.uint8, np.uint16]))
def test_photo_and_truth_stay_of_one_size_and_the_truth_keeps_its_values(seed, height, width, dtype):
    rng = np.random.default_rng(seed)
    photo = rng.integers(0, np.iinfo(dtype).max, (height, width, 3), dtype)
    truth = rng.choice(np.uint8([0, 128, 255]), (height, width))
    copy, its_truth = degrade(photo, truth, np.random.default_rng(seed))
    assert copy.dtype == np.uint8 and copy.shape == (*its_truth.shape, 3)
    assert its_truth.dtype == np.uint8 and set(np.unique(its_truth)) <= set(np.unique(truth))


def test_the_same_seed_gives_the_same_copy_and_others_give_others(scene):
    truth = np.zeros(scene.shape[:2], np.uint8)
    first, again = (degrade(scene, truth, np.random.default_rng(5))[0] for _ in range(2))
    assert np.array_equal(first, again)
    assert len({degrade(scene, truth, np.random.default_rng(seed))[0].tobytes() for seed in range(8)}) > 4


def test_sizes_run_from_half_to_one_and_a_half(scene):
    truth = np.zeros(scene.shape[:2], np.uint8)
    heights = [degrade(scene, truth, np.random.default_rng(seed))[0].shape[0] for seed in range(60)]
    assert 45 <= min(heights) < 60 and 110 < max(heights) <= 135
    assert 90 in heights  # some keep their size


def test_noise_has_the_spread_asked_for():
    noisy = add_noise(np.full((200, 200, 3), 128, np.uint8), 8.0, np.random.default_rng(0)).astype(float)
    assert abs(noisy.std() - 8) < 0.15 and abs(noisy.mean() - 128) < 0.15


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
