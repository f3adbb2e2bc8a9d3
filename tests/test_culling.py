"""Culling against plain counts over all thresholds and all pairs."""

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
    best = culling.best_of_groups(values, groups)
    assert best == sorted(best)
    assert [groups[i] for i in best].count(None) == groups.count(None)
    for name in {"a", "b"} & set(groups):
        (kept,) = (i for i in best if groups[i] == name)
        others = [values[i] for i in range(len(values)) if groups[i] == name and not math.isnan(values[i])]
        assert values[kept] == max(others) if others else kept == groups.index(name)


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
