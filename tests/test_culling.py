"""Culling against plain counts over all thresholds and all pairs."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit import culling

scores_or_nan = st.lists(st.integers(0, 6).map(lambda n: n / 6) | st.just(math.nan), max_size=12)
scores = st.lists(st.integers(0, 8).map(lambda n: n / 8), min_size=1, max_size=10)
times_or_none = st.none() | st.integers(0, 30).map(float)


@given(scores_or_nan)
def test_the_best_come_first_and_what_cannot_be_judged_last(values):
    order = culling.order(values)
    assert sorted(order) == list(range(len(values)))
    for one, next_one in zip(order, order[1:], strict=False):
        a, b = values[one], values[next_one]
        assert a > b or (a == b and one < next_one) or (math.isnan(b) and (not math.isnan(a) or one < next_one))


@given(scores_or_nan, st.randoms(use_true_random=False))
def test_each_group_keeps_its_best(values, random):
    groups = [random.choice(["a", "b", None]) for _ in values]
    ranks = culling.ranks(values, groups)
    best = [i for i, rank in enumerate(ranks) if rank == 1]
    assert [groups[i] for i in best].count(None) == groups.count(None)
    for name in {"a", "b"} & set(groups):
        (kept,) = (i for i in best if groups[i] == name)
        others = [values[i] for i in range(len(values)) if groups[i] == name and not math.isnan(values[i])]
        assert values[kept] == max(others) if others else kept == groups.index(name)
        members = [rank for rank, group in zip(ranks, groups, strict=True) if group == name]
        assert sorted(members) == list(range(1, len(members) + 1))


def test_a_burst_goes_on_as_long_as_the_next_photo_comes_in_time():
    assert culling.bursts([10.0, 0.0, 12.5, 14.0, None, 2.0, 13.0], "aaaaaaa", 2.0) == [1, 0, 2, 2, None, 0, 2]
    assert culling.bursts([], "", 1) == []
    assert culling.bursts([None], "a", 1) == [None]
    assert culling.bursts([5.0, 5.0], "aa", 0) == [0, 0]
    assert culling.bursts([1.0, 9.0, 5.0], "aba", math.inf) == [0, 1, 0]


@given(st.lists(times_or_none, max_size=9), st.integers(0, 5))
def test_photos_of_one_burst_are_joined_by_a_chain_of_short_gaps(times, gap):
    numbers = culling.bursts(times, [None] * len(times), gap)
    timed = sorted((time, number) for time, number in zip(times, numbers, strict=True) if time is not None)
    for (time, number), (next_time, next_number) in zip(timed, timed[1:], strict=False):
        assert (number == next_number) == (next_time - time <= gap)
    assert [number is None for number in numbers] == [time is None for time in times]


@given(st.lists(st.tuples(times_or_none, st.sampled_from("ab")), max_size=9), st.integers(0, 5))
def test_bursts_of_two_cameras_are_those_of_each_alone(photos, gap):
    numbers = culling.bursts([time for time, _ in photos], [camera for _, camera in photos], gap)
    bursts = {}
    for camera in "ab":
        its_photos = [i for i, (_, name) in enumerate(photos) if name == camera]
        alone = culling.bursts([photos[i][0] for i in its_photos], [camera] * len(its_photos), gap)
        pairs = {(numbers[i], number) for i, number in zip(its_photos, alone, strict=True)}
        assert len(pairs) == len(set(alone)) == len({number for number, _ in pairs})  # one to one
        bursts[camera] = {numbers[i] for i in its_photos} - {None}
    assert not bursts["a"] & bursts["b"]


@given(scores, scores)
def test_no_threshold_makes_fewer_errors(good, bad):
    level, good_below, bad_above = culling.threshold(good, bad)

    def errors(level):
        return sum(g < level for g in good) / len(good), sum(b >= level for b in bad) / len(bad)

    assert errors(level) == pytest.approx((good_below, bad_above))
    values = sorted({*good, *bad})
    levels = [-1, 2, *values, *((a + b) / 2 for a, b in zip(values, values[1:], strict=False))]
    assert good_below + bad_above <= min(sum(errors(level)) for level in levels) + 1e-9


def test_the_threshold_lies_in_the_middle_of_the_widest_gap():
    assert culling.threshold([0.8, 0.9, math.nan], [0.2, 0.4]) == (pytest.approx(0.6), 0, 0)
    assert culling.threshold([0.5, 0.9], [0.8, 0.1]) == (pytest.approx(0.3), 0, 0.5)


def test_without_any_score_there_is_no_threshold():
    with pytest.raises(ValueError, match="no score"):
        culling.threshold([0.5], [math.nan])


def spans_of(places, count):
    """The indices of each of `count` parts of one length."""
    length = (places[-1] - places[0]) * len(places) / max(1, len(places) - 1)
    spans = [
        min(int((place - places[0]) * count // length) if length else n, count - 1) for n, place in enumerate(places)
    ]
    return [[i for i, of in enumerate(spans) if of == span] for span in sorted(set(spans))]


@given(st.lists(st.integers(0, 6).map(lambda n: n / 8), min_size=2, max_size=9), st.integers(2, 4), st.integers(0, 3))
def test_spread_photos_have_the_highest_sum_of_all_choices_that_keep_their_distance(values, count, gap):
    places = list(range(len(values)))
    chosen = culling.spread(values, places, count, gap)
    assert chosen == sorted(set(chosen)) and 1 <= len(chosen) <= max(count, 0 if gap else len(values))
    assert all(b - a >= gap for a, b in itertools.pairwise(chosen))
    for parts in range(min(count, len(values)), len(chosen), -1):  # more are not there
        choices = itertools.product(*spans_of(places, parts))
        assert not any(all(b - a >= gap for a, b in itertools.pairwise(choice)) for choice in choices)
    if 1 < len(chosen) < len(values):
        sums = [
            sum(values[i] for i in choice)
            for choice in itertools.product(*spans_of(places, len(chosen)))
            if all(b - a >= gap for a, b in itertools.pairwise(choice))
        ]
        assert sum(values[i] for i in chosen) == max(sums)


def test_spread_photos_leave_no_hole_and_come_from_a_long_series_at_once():
    values = [math.nan if n % 7 == 0 else (n * 37 % 101) / 101 for n in range(20_000)]
    chosen = culling.spread(values, [n / 25 for n in range(20_000)], 400, 1)
    assert len(chosen) == 400 and not any(math.isnan(values[i]) for i in chosen)
    steps = [b - a for a, b in itertools.pairwise(chosen)]
    assert min(steps) >= 25 and max(steps) < 100 and chosen[0] < 50 and chosen[-1] >= 19_950


def test_odd_series_are_spread_too():
    assert culling.spread([], [], 3) == [] == culling.spread([], [], 3, 1)
    assert culling.spread([0.5], [4.0], 3, 2) == [0]
    assert culling.spread([0.1, 0.9], [0.0, 1.0], 1) == [1]
    assert culling.spread([math.nan, math.nan, 0.1], [0, 1, 2], 1, 5) == [2]
    assert culling.spread([0.5, 0.6, 0.7], [1.0, 1.0, 1.0], 2) in ([0, 2], [1, 2])


def test_an_outlier_is_blurred_against_its_neighbours():
    around = [0.0, 0.1, -0.1, 0.05, -0.05, 0.0]
    assert culling.is_outlier(1.0, around, 3) and not culling.is_outlier(0.1, around, 3)
    assert not culling.is_outlier(-1.0, around, 3)  # sharper
    assert not culling.is_outlier(0.14, [0.0] * 9, 3) and culling.is_outlier(0.16, [0.0] * 9, 3)  # the least deviation
    assert not culling.is_outlier(9.0, [0.0] * 4 + [math.nan] * 9, 3) and not culling.is_outlier(math.nan, around, 3)
    deviation = 1.4826 * 0.5
    assert culling.is_outlier(3.01 * deviation, [-1, -0.5, 0, 0.5, 1], 3)
    assert not culling.is_outlier(2.99 * deviation, [-1, -0.5, 0, 0.5, 1], 3)
