"""Length of a straight motion: known lengths and angles, and sums in loops."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.ops import streaks


def texture(height=220, width=280, seed=0):
    """Random detail, as wide as a pixel or so, (height, width) float32."""
    detail = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    return cv2.GaussianBlur(detail, (0, 0), 0.8)


def shaken(plane, length, angle):
    """A plane moved by `length` pixels in the direction `angle` during its exposure: the mean of shifted copies."""
    turn, times = math.radians(angle), np.linspace(-0.5, 0.5, 4 * length + 1)
    height, width = plane.shape
    total = np.zeros(plane.shape)
    for time in times:
        move = np.float32([[1, 0, time * length * math.cos(turn)], [0, 1, -time * length * math.sin(turn)]])
        total += cv2.warpAffine(plane, move, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    return np.float32(total / len(times))


@pytest.mark.parametrize("length", [6, 9, 15, 24])
@pytest.mark.parametrize("angle", [0, 30, 67, 90, 135, 160])
def test_a_shaken_texture_has_the_length_of_its_motion(length, angle):
    found = streaks.streak_length(shaken(texture(), length, angle), angle, 0.5 * length, 3 * length)
    assert type(found) is float and found == pytest.approx(length, abs=1.01)


@pytest.mark.parametrize("angle", [20, 65])
def test_angles_are_counter_clockwise(angle):
    plane = shaken(texture(), 18, angle)
    step = np.diff(streaks.along(plane, angle), axis=1).std()
    assert step < 0.8 * np.diff(streaks.along(plane, -angle), axis=1).std()
    shares = [streaks.autocorrelation(streaks.along(plane, turn), 30) for turn in (angle, -angle)]
    assert shares[0][17:20].min() < -0.17 and shares[1][9:].min() > -0.1


def test_a_region_restricts_what_is_looked_at():
    plane = shaken(texture(), 9, 40)
    plane[:, 140:] = shaken(texture(seed=1), 21, 40)[:, 140:]
    left = np.zeros(plane.shape, bool)
    left[:, :130] = True
    lengths = [streaks.streak_length(plane, 40, 5, 40, region) for region in (left, left[:, ::-1])]
    assert lengths == pytest.approx([9, 21], abs=1.01)


def test_a_region_is_turned_with_the_plane():
    plane, region = texture(60, 80), np.zeros((60, 80), bool)
    region[2:12, 42:62] = True  # above the middle and to the right
    rows, columns = np.nonzero(streaks.along(plane, 90, region))
    # Turned by 90 degrees clockwise about (40, 30): what points up points right then, what points right points down.
    assert (columns.min() + 1, columns.max() + 1) == pytest.approx((40 + 30 - 11, 40 + 30 - 2), abs=1)
    assert (rows.min() + 1, rows.max() + 1) == pytest.approx((42 - 40 + 30, 61 - 40 + 30), abs=1)
    assert (streaks.along(plane, 0, region)[~region[1:, 1:-1]] == 0).all()


def test_unturned_it_is_the_mixed_second_difference_cut_off():
    plane = texture(9, 13)
    plane[4, 6] += 5
    result, expected = streaks.along(plane, 0), np.zeros((8, 11))
    for row, column in np.ndindex(8, 11):
        below, above = plane[row + 1].astype(float), plane[row].astype(float)
        expected[row, column] = below[column + 2] - below[column] - (above[column + 2] - above[column])
    limit = 4 * np.abs(expected).mean()
    assert np.abs(expected).max() > 2 * limit
    assert result == pytest.approx(expected.clip(-limit, limit), abs=1e-4)


@given(st.integers(1, 8), st.integers(2, 30), st.integers(1, 12), st.integers(0, 10**6))
def test_autocorrelation_is_summed_in_loops(height, width, count, seed):
    plane = np.random.default_rng(seed).normal(size=(height, width))
    count = min(count, width)
    sums = []
    for shift in range(count):
        sums.append(sum(plane[row, i] * plane[row, i + shift] for row in range(height) for i in range(width - shift)))
    result = streaks.autocorrelation(plane, count)
    assert result.shape == (count,) and result[0] == pytest.approx(1)
    assert result == pytest.approx(np.array(sums) / sums[0], abs=1e-8)


@pytest.fixture
def shares(monkeypatch):
    """shares(values): the autocorrelation is given, and the list of how many shifts were asked for returned."""

    def shares(values):
        counts = []
        answers = np.array(values, float)
        monkeypatch.setattr(streaks, "autocorrelation", lambda plane, count: counts.append(count) or answers[:count])
        return counts

    return shares


@pytest.mark.parametrize(
    ("least", "most", "expected"),
    [
        (3, 12, 9),
        (4.9, 8, 4),  # rounded down
        (5, 7.1, 5),  # rounded up to 8
        (5, 8.1, 9),  # rounded up to 9
        (0, 4, 4),  # from 3 to 6
        (10, 12, 12),
        (10, 2, 12),  # to three pixels beyond the least
    ],
)
def test_the_least_correlation_between_two_lengths_is_taken(shares, least, most, expected):
    counts = shares([1, -0.9, -0.8, -0.01, -0.3, -0.2, -0.1, -0.1, -0.15, -0.6, -0.05, -0.06, -0.09, -0.08, -0.9])
    assert streaks.streak_length(texture(30, 40), 0, least, most) == expected
    assert counts == [max(max(3, math.floor(least)) + 3, math.ceil(most)) + 1]


def test_where_nothing_repeats_the_length_is_unknown(shares):
    shares([1, -1, -1, 0, 0.1, 0.2, 0.3])
    assert math.isnan(streaks.streak_length(texture(30, 40), 0, 3, 6))
    assert math.isnan(streaks.streak_length(np.full((60, 80), 0.5, np.float32), 30, 4, 20))
    assert math.isnan(streaks.streak_length(texture(), 30, 4, 20, np.zeros((220, 280), bool)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("shape", "known"), [((1, 20), False), ((20, 18), False), ((21, 18), True), ((18, 21), True)])
def test_a_picture_no_longer_than_what_is_sought_is_too_small(shares, shape, known):
    shares(-np.ones(99))
    assert math.isnan(streaks.streak_length(texture(*shape), 0, 5, 20)) != known


def test_nothing_given_is_changed():
    plane, region = texture(50, 60), np.ones((50, 60), bool)
    before = plane.copy()
    streaks.streak_length(plane, 33, 4, 12, region)
    assert (plane == before).all() and region.all()
