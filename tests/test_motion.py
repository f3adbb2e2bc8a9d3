"""The blur of a photo across its directions: known ellipses, kinds, and comparison with plain loops."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit import motion
from blurkit.motion import Blur

NAN = pytest.approx(math.nan, nan_ok=True)
TURNS = np.arange(8) * math.pi / 8
blurs = st.floats(0.2, 5)
deviations = st.floats(0.05, 3) | st.just(math.inf)
cells = st.lists(st.tuples(blurs, deviations), min_size=1, max_size=12)


def sigmas_of(widest, narrowest, angle):
    """Sigma across each direction of a blur of two variances, the wider along an angle in degrees."""
    turn = math.radians(angle)
    return np.sqrt(widest * np.cos(TURNS - turn) ** 2 + narrowest * np.sin(TURNS - turn) ** 2)


def parts_of(sigmas, counts=40, deviation=0.3):
    """Parts in which all edges of a direction have one sigma."""
    counts = np.broadcast_to(counts, len(sigmas))
    return [
        (np.full(count, sigma, np.float32), np.full(count, deviation, np.float32))
        for sigma, count in zip(sigmas, counts, strict=True)
    ]


# ---- the sharpest share ------------------------------------------------------


def sharpest_in_a_loop(sigmas, deviations, share):
    """Sigma of the sharpest share, one cell after the other."""
    needed = share * sum(deviation**-2 for deviation in deviations)
    total = precision = 0.0
    for sigma, deviation in sorted(zip(sigmas, deviations, strict=True)):
        weight = min(needed - precision, deviation**-2)
        total += weight * math.log(sigma)
        precision += weight
    return math.exp(total / precision)


@given(
    cells.filter(lambda blur: any(math.isfinite(deviation) for _, deviation in blur)), st.sampled_from([0.1, 0.3, 1.0])
)
def test_the_sharpest_share_weights_each_cell_by_its_precision(blur, share):
    sigma, deviation = np.float32(blur).T
    expected = sharpest_in_a_loop(sigma.tolist(), deviation.tolist(), share)
    assert motion.sharpest(sigma, deviation, share) == pytest.approx(expected, rel=1e-5)


@given(st.integers(1, 400), st.sampled_from([0.01, 0.15, 0.9]), st.integers(0, 10**6))
def test_the_sharpest_part_holds_the_least_sigmas_and_enough_precision(count, share, seed):
    rng = np.random.default_rng(seed)
    sigma, precision = rng.integers(1, 60, count) / 10, rng.uniform(0, 1, count) ** 6 + 1e-9
    part = motion.sharpest_part(sigma, precision, share * precision.sum())
    others = np.setdiff1d(np.arange(count), part)
    assert len(set(part.tolist())) == len(part)
    assert precision[part].sum() >= share * precision.sum() * (1 - 1e-9)
    assert not len(others) or sigma[part].max() < sigma[others].min()


def test_of_many_alike_only_few_are_looked_at():
    sigma, precision = np.random.default_rng(0).permutation(10_000) / 1000 + 0.1, np.ones(10_000)
    assert 1000 <= len(motion.sharpest_part(sigma, precision, 1000)) <= 1010


# ---- directions --------------------------------------------------------------


def test_a_direction_is_known_from_15_edges_on_and_weighs_by_their_precision():
    counts = [15, 14, 0, 100, 15, 1, 16, 15]
    log_sigma, precision = motion.across(parts_of([1, 2, 3, 4, 5, 6, 7, 8], counts, 0.5), 0.3)
    assert precision == pytest.approx([60, 0, 0, 400, 60, 0, 64, 60])
    assert np.exp(log_sigma) == pytest.approx([1, 1, 1, 4, 5, 1, 7, 8], rel=1e-5)


def test_of_a_direction_the_sharpest_share_counts():
    sigma, deviation = np.float32(np.geomspace(1, 4, 20)), np.full(20, 0.4, np.float32)
    for share, expected in ((0.1, math.sqrt(sigma[0] * sigma[1])), (1.0, 2.0)):
        assert math.exp(motion.across([(sigma, deviation)], share)[0][0]) == pytest.approx(expected, rel=1e-5)


@given(st.integers(0, 10**6))
def test_a_direction_is_averaged_with_half_of_either_neighbour_round_the_circle(seed):
    rng = np.random.default_rng(seed)
    log_sigma, precision = rng.normal(0, 1, 8), rng.uniform(0, 5, 8) * (rng.random(8) < 0.7)
    result = motion.with_neighbours(log_sigma, precision)
    for i in range(8):
        weights = [(0.5 * precision[(i - 1) % 8], (i - 1) % 8), (precision[i], i), (0.5 * precision[(i + 1) % 8], None)]
        weights[2] = (weights[2][0], (i + 1) % 8)
        total = sum(weight for weight, _ in weights)
        expected = sum(weight * log_sigma[j] for weight, j in weights) / total if total else 0
        assert result[i] == pytest.approx(expected, abs=1e-9)


def test_amounts_pile_up_from_nowhere_to_one_direction():
    assert motion.one_sidedness(np.full(8, 3.0)) == pytest.approx(0, abs=1e-12)
    assert motion.one_sidedness(np.eye(8)[5]) == pytest.approx(1)
    assert motion.one_sidedness(np.eye(8)[0] + np.eye(8)[4]) == pytest.approx(0, abs=1e-12)  # across each other
    assert motion.one_sidedness(np.eye(8)[2] + np.eye(8)[3]) == pytest.approx(math.cos(math.pi / 8))
    assert motion.one_sidedness(3 * np.eye(8)[2] + np.eye(8)[6]) == pytest.approx(0.5)


# ---- the ellipse -------------------------------------------------------------

KNOWN = [range(8), [0, 1, 3, 4, 7], [1, 2, 4, 5, 6], [0, 2, 3, 5, 6, 7]]


def ellipse(widest, narrowest, angle, known=range(8), precision=50.0):
    weights = np.zeros(8)
    weights[list(known)] = precision
    return motion.ellipse(np.log(sigmas_of(widest, narrowest, angle)) * (weights > 0), weights)


@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("angle", [0, 11, 30, 45, 80, 90, 120, 157, 179])
def test_the_ellipse_of_exact_widths_is_that_of_the_blur_whichever_five_directions_are_known(monkeypatch, known, angle):
    monkeypatch.setattr(motion, "ROUND", 0.0)
    for axes in ((4, 1), (30, 0.4), (2.0, 1.9)):
        widest, narrowest, turned = ellipse(*axes, angle, known)
        assert (widest, narrowest) == pytest.approx(axes, rel=1e-3)
        assert (turned - angle + 90) % 180 - 90 == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("angle", [0, 30, 67, 120])
def test_drawn_towards_a_circle_it_keeps_its_direction_and_turns_a_little_rounder(angle):
    for axes, least in (((2, 1), 0.97), ((4, 1), 0.95), ((9, 0.8), 0.75)):
        widest, narrowest, turned = ellipse(*axes, angle)
        assert least * axes[0] < widest < axes[0] and axes[1] < narrowest < 1.3 * axes[1]
        assert (turned - angle + 90) % 180 - 90 == pytest.approx(0, abs=2)


def test_a_circle_stays_a_circle_however_few_directions_are_known():
    for known in (*KNOWN, [3], [0, 4]):
        assert ellipse(2.5, 2.5, 0, known)[:2] == pytest.approx((2.5, 2.5))


def test_directions_weigh_by_their_precision():
    logs, precision = np.log(sigmas_of(4, 1, 30)), np.full(8, 50.0)
    logs[6], precision[6] = math.log(9), 1e-6
    widest, narrowest, angle = motion.ellipse(logs, precision)
    assert (widest, narrowest, angle) == pytest.approx((4, 1, 30), rel=0.1)
    assert motion.ellipse(logs, 7 * precision) == pytest.approx((widest, narrowest, angle))


def test_axes_have_a_least_length():
    assert motion.ellipse(np.full(8, math.log(0.01)), np.ones(8))[:2] == (motion.LEAST_VARIANCE,) * 2
    assert all(type(number) is float for number in ellipse(3, 1, 20))


# ---- the kind ----------------------------------------------------------------


def test_without_directions_told_apart_only_the_sharpest_share_is_known():
    sigma, deviation = np.float32([3, 1, 2]), np.float32([1, 1, 1])
    assert motion.blur_of([(sigma, deviation)], 0.1) == Blur(pytest.approx(1), "unsure", NAN, NAN)
    nothing = np.zeros(0, np.float32)
    assert motion.blur_of([(nothing, nothing)], 0.1) == Blur(NAN, "unsure", NAN, NAN)


def test_without_enough_edges_in_any_direction_nothing_is_known():
    assert motion.blur_of(parts_of([2] * 8, 14), 0.15) == Blur(NAN, "unsure", NAN, NAN)
    assert motion.blur_of(parts_of([2] * 8, 0), 0.15) == Blur(NAN, "unsure", NAN, NAN)


@pytest.mark.parametrize(("known", "kind"), [([0, 2, 4, 6], "unsure"), ([0, 2, 4, 6, 7], "defocus")])
def test_with_four_directions_the_kind_is_unsure(known, kind):
    counts = np.isin(np.arange(8), known) * 40
    blur = motion.blur_of(parts_of([2.0] * 8, counts), 0.15)
    assert blur.sigma == pytest.approx(2) and blur.kind == kind
    assert math.isnan(blur.motion) == (kind == "unsure")


def test_the_worst_direction_counts_with_its_neighbours():
    blur = motion.blur_of(parts_of([1, 1, 1, 1, 1, 1, 4, 2]), 0.15)
    assert blur.sigma == pytest.approx(math.exp((math.log(4) + 0.5 * math.log(2)) / 2))
    blur = motion.blur_of(parts_of([4, 1, 1, 1, 1, 1, 1, 2]), 0.15)  # beside each other round the circle
    assert blur.sigma == pytest.approx(math.exp((math.log(4) + 0.5 * math.log(2)) / 2))
    # What has no edges is not the worst, whatever its neighbours are.
    blur = motion.blur_of(parts_of([1, 1, 1, 4, 1, 1, 1, 1], [40, 40, 0, 40, 40, 40, 40, 40]), 0.15)
    assert blur.sigma == pytest.approx(math.exp(math.log(4) / 1.5))


@pytest.mark.parametrize(("times", "kind"), [(0.6, "sharp"), (0.99, "sharp"), (1.01, "defocus"), (4, "defocus")])
def test_what_is_blurred_alike_is_sharp_or_out_of_focus(times, kind):
    sigma = times * motion.SHARP_SIGMA
    blur = motion.blur_of(parts_of([sigma] * 8), 0.15)
    assert blur.sigma == pytest.approx(sigma) and blur.kind == kind
    assert blur.motion == (0 if kind == "sharp" else pytest.approx(0, abs=0.01))
    assert math.isnan(blur.angle) == (kind == "sharp")


@pytest.mark.parametrize("length", [10, 20])
@pytest.mark.parametrize("angle", [0, 40, 90, 130, 170])
def test_a_photo_blurred_in_one_direction_has_moved_along_it(monkeypatch, length, angle):
    monkeypatch.setattr(motion, "ROUND", 0.0)
    blur = motion.blur_of(parts_of(sigmas_of(length**2 / 12 + 0.3, 0.3, angle), 100), 0.15)
    assert blur.kind == "motion" and blur.motion == pytest.approx(length, rel=0.01)
    assert (blur.angle - angle + 90) % 180 - 90 == pytest.approx(0, abs=0.5)
    assert 0.6 < blur.sigma / math.sqrt(length**2 / 12 + 0.3) <= 1  # averaged with its neighbours


def test_the_odds_of_motion_are_a_weighted_sum():
    rng = np.random.default_rng(0)
    parts = [(np.exp(rng.normal(0.5 * i % 1, 0.4, 60)), np.exp(rng.normal(-1, 0.3, 60))) for i in range(8)]
    amounts, expected = np.arange(1.0, 9), motion.KIND_BIAS
    *weights, last = motion.KIND_WEIGHTS
    ellipses = [motion.ellipse(*motion.across(parts, share)) for share in motion.ELLIPSE_SHARES]
    for weight, (widest, narrowest, _) in zip(weights, ellipses, strict=True):
        expected += weight * math.log(math.sqrt(widest / narrowest))
    expected += last * motion.one_sidedness(amounts)
    assert motion.motion_odds(ellipses, amounts) == pytest.approx(expected)
    assert all(weight > 0 for weight in motion.KIND_WEIGHTS) and motion.KIND_BIAS < 0  # each of them speaks for motion


@pytest.mark.parametrize(("odds", "kind"), [(-0.1, "defocus"), (0.0, "defocus"), (0.1, "motion")])
def test_the_sign_of_the_odds_tells_the_kind(monkeypatch, odds, kind):
    monkeypatch.setattr(motion, "motion_odds", lambda *_: odds)
    assert motion.blur_of(parts_of(sigmas_of(9, 1, 20)), 0.15).kind == kind


def test_what_is_out_of_focus_has_the_length_of_its_ellipse_and_no_streaks(monkeypatch):
    monkeypatch.setattr(motion, "motion_odds", lambda *_: -1.0)
    monkeypatch.setattr(motion, "ROUND", 0.0)
    blur = motion.blur_of(parts_of(sigmas_of(3, 2, 30)), 0.15, "no streaks are looked for")
    assert blur[1:] == ("defocus", pytest.approx(math.sqrt(12), rel=1e-3), pytest.approx(30, abs=0.1))


@pytest.mark.parametrize(("found", "expected"), [(31.0, 31.0), (math.nan, None)])
def test_in_a_picture_the_length_is_that_of_its_streaks_if_it_has_any(monkeypatch, found, expected):
    calls, parts = [], parts_of(sigmas_of(30, 0.5, 40), 100)
    for (sigma, _), turn in zip(parts, TURNS, strict=True):
        sigma *= np.float32(np.geomspace(1, 1.5 + math.cos(turn), 100))  # some edges are softer than the blur
    monkeypatch.setattr(motion, "streak_length", lambda *given: calls.append(given) or found)
    without = motion.blur_of(parts, 0.15)
    assert without.kind == "motion" and calls == []
    widest, narrowest, angle = motion.ellipse(*motion.across(parts, 0.3))
    assert without.motion == pytest.approx(math.sqrt(12 * (widest - narrowest))) and without.angle == angle
    blur = motion.blur_of(parts, 0.15, "picture", "region")
    assert calls == [("picture", angle, 0.8 * without.motion, 4 * without.motion, "region")]
    assert blur == without._replace(motion=expected or without.motion)


def test_every_kind_is_one_of_those_declared():
    kinds = {motion.blur_of(parts_of(sigmas, 50), 0.15).kind for sigmas in ([0.5] * 8, [2] * 8, sigmas_of(30, 0.5, 9))}
    assert kinds | {motion.blur_of(parts_of([2] * 8, 0), 0.15).kind} == set(motion.KINDS)
