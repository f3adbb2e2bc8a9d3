"""Kernels of motion: lengths, directions and second moments, by closed forms and by loops."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import convolve2d

from blurkit.training import shake
from blurkit.training.compose import blur_kernel

lengths = st.floats(0.5, 40)
angles = st.floats(0, 180)


def moments(path):
    """Variance across, upwards, and covariance of the points of a path, y downwards."""
    x, y = path.T - path.mean(axis=0)[:, None]
    return np.array([(x * x).mean(), (y * y).mean(), -(x * y).mean()])


@given(lengths)
def test_a_straight_path_runs_along_x_from_end_to_end(length):
    x, y = shake.straight_path(length).T
    assert len(x) == max(64, math.ceil(8 * length)) and (y == 0).all()
    assert x[0] == pytest.approx(-length / 2) and x[-1] == pytest.approx(length / 2)
    assert np.diff(x) == pytest.approx(length / (len(x) - 1))


@given(lengths, st.floats(0.1, 3))
def test_a_bent_path_is_an_arc_that_turns_by_its_angle_and_whose_chord_lies_along_x(length, turn):
    path = shake.bent_path(length, turn)
    steps = np.diff(path, axis=0)
    assert path.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert np.hypot(*steps.T) == pytest.approx(length / len(path))
    headings = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
    assert headings[-1] - headings[0] == pytest.approx(turn, rel=0.02)
    assert np.diff(headings) == pytest.approx(turn / (len(path) - 1), rel=1e-6)  # alike everywhere
    across, down = path[-1] - path[0]
    assert across == pytest.approx(length * math.sin(turn / 2) / (turn / 2), rel=0.02)
    assert abs(down) < 0.02 * length


@given(lengths, st.integers(0, 10**6))
def test_a_trembling_path_is_as_long_across_or_down_as_asked_and_smooth(length, seed):
    path = shake.trembling_path(length, np.random.default_rng(seed))
    assert len(path) == max(64, math.ceil(8 * length))
    assert np.ptp(path, axis=0).max() == pytest.approx(length)
    assert path.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert np.diff(path, n=2, axis=0).std() < 0.5 * np.diff(path, axis=0).std()  # of white noise: 1.4 times
    assert (path == shake.trembling_path(length, np.random.default_rng(seed))).all()
    assert (path != shake.trembling_path(length, np.random.default_rng(seed + 1))).any()


@pytest.mark.parametrize(
    ("angle", "expected"), [(0, (2, 1)), (90, (1, -2)), (180, (-2, -1)), (45, (3 / 2**0.5, -1 / 2**0.5))]
)
def test_a_path_turns_counter_clockwise_as_it_is_seen(angle, expected):
    assert shake.turned(np.array([[2.0, 1.0]]), angle)[0] == pytest.approx(expected)  # y points down


@given(lengths, angles, st.sampled_from(["straight", "bent", "trembling"]))
def test_a_kernel_has_the_sum_one_and_the_moments_of_its_path_but_for_the_spread_of_a_pixel(length, angle, shape):
    path = {
        "straight": lambda: shake.straight_path(length),
        "bent": lambda: shake.bent_path(length, 2.0),
        "trembling": lambda: shake.trembling_path(length, np.random.default_rng(0)),
    }[shape]()
    path = shake.turned(path, angle)
    kernel = shake.kernel_of(path)
    assert len(kernel) % 2 and kernel.shape == (len(kernel),) * 2 and kernel.dtype == np.float32
    assert len(kernel) // 2 == math.ceil(np.abs(path).max()) + 1
    assert kernel.sum() == pytest.approx(1, abs=1e-5) and kernel.min() >= 0
    # Each point spreads over four pixels, which adds at most a quarter to either variance.
    added = shake.covariance(kernel) - moments(path)
    assert added[:2].min() >= -1e-3 and added[:2].max() < 0.2501 and abs(added[2]) < 1e-2


def test_a_kernel_is_its_points_each_spread_over_four_pixels():
    path, expected = shake.turned(shake.bent_path(7.3, 1.7), 33), {}
    kernel = shake.kernel_of(path)
    half = len(kernel) // 2
    for x, y in path.tolist():
        column, row = math.floor(x), math.floor(y)
        for i, j in np.ndindex(2, 2):
            share = (1 - abs(x - column - j)) * (1 - abs(y - row - i))
            place = row + i + half, column + j + half
            expected[place] = expected.get(place, 0) + share / len(path)
    for place in np.ndindex(kernel.shape):
        assert kernel[place] == pytest.approx(expected.get(place, 0), abs=1e-6)


@pytest.mark.parametrize("length", [6, 15, 30])
@pytest.mark.parametrize("angle", [0, 20, 45, 90, 110, 135, 170])
def test_a_straight_kernel_has_a_twelfth_of_its_squared_length_along_its_angle_as_variance(length, angle):
    path = shake.turned(shake.straight_path(length), angle)
    across, up, mixed = shake.covariance(shake.kernel_of(path)).astype(float)
    widest, narrowest = ((across + up + sign * math.hypot(across - up, 2 * mixed)) / 2 for sign in (1, -1))
    assert math.sqrt(widest) == pytest.approx(length / math.sqrt(12), abs=0.15) and narrowest < 0.25
    difference = math.degrees(math.atan2(2 * mixed, across - up) / 2) - angle
    assert abs((difference + 90) % 180 - 90) < 1


def test_a_path_up_to_the_right_makes_a_kernel_up_to_the_right():
    kernel = shake.kernel_of(shake.turned(shake.straight_path(8), 45))
    half = len(kernel) // 2
    assert kernel[half - 2, half + 2] > 10 * kernel[half + 2, half + 2]
    assert shake.covariance(kernel)[2] > 2.5


def test_second_moments_are_sums_over_pixels_about_the_centre_of_mass():
    kernel = np.random.default_rng(2).random((5, 5)).astype(np.float32) ** 3
    kernel /= kernel.sum()
    places = [(column - 2, 2 - row, float(kernel[row, column])) for row, column in np.ndindex(5, 5)]
    x0, y0 = sum(x * k for x, _, k in places), sum(y * k for _, y, k in places)
    expected = [
        sum((x - x0) ** 2 * k for x, y, k in places),
        sum((y - y0) ** 2 * k for x, y, k in places),
        sum((x - x0) * (y - y0) * k for x, y, k in places),
    ]
    assert abs(x0) > 0.1 and abs(y0) > 0.1 and abs(expected[2]) > 0.05
    assert shake.covariance(kernel) == pytest.approx(expected, rel=1e-4)
    assert shake.covariance(np.ascontiguousarray(kernel[::-1, ::-1])) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("disc", [False, True])
@pytest.mark.parametrize("sigma", [0.3, 0.8, 2.0])
def test_defocus_besides_adds_its_variance_and_is_a_convolution(sigma, disc):
    motion, defocus = shake.kernel_of(shake.turned(shake.bent_path(9, 1.5), 25)), blur_kernel(sigma, disc)
    both = shake.out_of_focus_too(motion, defocus)
    assert both.shape == (len(motion) + len(defocus) - 1,) * 2 and both.dtype == np.float32
    assert both == pytest.approx(convolve2d(motion, defocus), abs=1e-6)
    assert shake.covariance(both) == pytest.approx(shake.covariance(motion) + shake.covariance(defocus), abs=2e-3)


def test_random_paths_have_every_shape_and_every_direction():
    straight, moved = 0, []
    for seed in range(300):
        path = shake.random_path(20, np.random.default_rng(seed))
        assert (path == shake.random_path(20, np.random.default_rng(seed))).all()
        across, up, mixed = moments(path)
        narrowest = (across + up - math.hypot(across - up, 2 * mixed)) / 2
        if narrowest < 1e-9:
            straight += 1
            moved.append(math.degrees(math.atan2(2 * mixed, across - up) / 2) % 180)
            assert across + up == pytest.approx(400 / 12, rel=0.02)
    assert straight / 300 == pytest.approx(1 / 3, abs=0.08)
    assert np.histogram(moved, 4, (0, 180))[0].min() > 0.15 * straight


def test_bent_ones_among_them_turn_by_one_to_two_and_a_half_radians(monkeypatch):
    turns, trembling, bent = [], [], shake.bent_path
    monkeypatch.setattr(shake, "bent_path", lambda length, turn: turns.append(turn) or bent(length, turn))
    monkeypatch.setattr(shake, "trembling_path", lambda length, rng: trembling.append(1) or bent(length, 1))
    for seed in range(600):
        shake.random_path(5, np.random.default_rng(seed))
    assert len(turns) / 600 == pytest.approx(1 / 3, abs=0.06) == pytest.approx(len(trembling) / 600, abs=0.06)
    assert 1 <= min(turns) < 1.05 and 2.45 < max(turns) <= 2.5


def test_a_photo_correlated_with_a_kernel_is_blurred_by_its_moments_all_the_same():
    kernel = shake.kernel_of(shake.turned(shake.bent_path(12, 2.2), 40))
    dot = np.zeros((41, 41), np.float32)
    dot[20, 20] = 1
    spread = cv2.filter2D(dot, -1, kernel, borderType=cv2.BORDER_CONSTANT)
    assert spread[20 - len(kernel) // 2 :, 20 - len(kernel) // 2 :][: len(kernel), : len(kernel)] == pytest.approx(
        kernel[::-1, ::-1], abs=1e-6
    )
    assert shake.covariance(spread) == pytest.approx(shake.covariance(kernel), abs=1e-3)
