"""Edge-aware smoothing against a dense solution.

The chain systems are written out as matrices and solved by numpy.linalg; in the limit of great strength the result is a
weighted mean in closed form.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.ops import smoothing as module
from blurkit.ops.smoothing import bent, propagate, spread_confident


def chain(coupling):
    """I + Laplacian of one chain, dense."""
    matrix = np.eye(len(coupling) + 1)
    for i, c in enumerate(coupling):
        matrix[i, i] += c
        matrix[i + 1, i + 1] += c
        matrix[i, i + 1] -= c
        matrix[i + 1, i] -= c
    return matrix


def by_matrices(values, weight, guide, strength, edge_scale, rounds):
    """`propagate` by dense matrices."""
    weighted_values, weights = (values * weight).astype(np.float64), weight.astype(np.float64)
    for step in range(1, rounds + 1):
        step_strength = 1.5 * 4.0 ** (rounds - step) / (4.0**rounds - 1) * strength
        for plane in (weighted_values, weights):
            for y in range(len(plane)):
                coupling = np.exp(-np.abs(np.diff(guide[y], axis=0)).max(axis=1) / edge_scale)
                plane[y] = np.linalg.solve(chain(step_strength * coupling), plane[y])
            for x in range(plane.shape[1]):
                coupling = np.exp(-np.abs(np.diff(guide[:, x], axis=0)).max(axis=1) / edge_scale)
                plane[:, x] = np.linalg.solve(chain(step_strength * coupling), plane[:, x])
    return weighted_values / weights


def example(height, width, seed):
    rng = np.random.default_rng(seed)
    values = rng.random((height, width), dtype=np.float32)
    weight = rng.random((height, width), dtype=np.float32) + np.float32(0.01)
    return values, weight, rng.random((height, width, 3), dtype=np.float32)


sizes = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(0, 10**6))


@given(sizes, st.floats(0, 5000), st.integers(1, 4))
def test_it_equals_the_dense_solution_of_the_same_systems(size, strength, rounds):
    values, weight, guide = example(*size)
    result = propagate(values, weight, guide, strength, 0.3, rounds)
    assert result.dtype == np.float32 and result.shape == values.shape
    assert np.allclose(result, by_matrices(values, weight, guide, strength, 0.3, rounds), atol=1e-5)


@given(sizes, st.floats(0, 1))
def test_a_constant_stays_constant_whatever_the_weights_and_the_photo(size, level):
    _, weight, guide = example(*size)
    assert np.allclose(propagate(np.full(weight.shape, level), weight, guide, 4000, 0.02, 3), level, atol=1e-6)


@given(sizes)
def test_the_result_stays_within_the_range_of_the_values(size):
    values, weight, guide = example(*size)
    result = propagate(values, weight, guide, 300, 0.05, 3)
    assert values.min() - 1e-6 <= result.min() and result.max() <= values.max() + 1e-6


def test_without_strength_nothing_moves():
    values, weight, guide = example(6, 7, 3)
    assert np.allclose(propagate(values, weight, guide, 0, 0.02, 3), values, atol=1e-6)


def test_one_confident_value_fills_its_region_up_to_an_edge_of_the_photo():
    values, weight = np.full((12, 20), 0.5, np.float32), np.full((12, 20), 1e-4, np.float32)
    values[6, 3], weight[6, 3] = 1, 1
    guide = np.zeros((12, 20, 3), np.float32)
    guide[:, 10:] = 1
    result = propagate(values, weight, guide, 4000, 0.02, 3)
    assert result[:, :10].min() > 0.9
    assert result[:, 10:] == pytest.approx(0.5, abs=1e-3)


def between(few, many):
    """Matrix of linear interpolation between cell centres, from `few` cells to `many` pixels: (many, few)."""
    position = ((np.arange(many) + 0.5) * few / many - 0.5).clip(0, few - 1)
    return (1 - np.abs(position[:, None] - np.arange(few))).clip(0)


def noise(seed, height, width):
    """A map and a photo of 16 bits."""
    rng = np.random.default_rng(seed)
    return rng.random((height, width), dtype=np.float32), rng.integers(0, 65536, (height, width, 3), dtype=np.uint16)


def spread(raw, guide, cell=4, strength=1000.0, edge_scale=0.02, rounds=3, *, least_weight=0.05, gain=3.0, **more):
    return spread_confident(
        raw, guide, raw.shape, cell, strength, edge_scale, rounds, least_weight=least_weight, gain=gain, **more
    )


def leaning(probability, gain, lean=0.0):
    """A probability after lean and gain: odds, shifted and raised to a power."""
    odds = (probability / (1 - probability) * math.exp(lean)) ** gain
    return odds / (1 + odds)


@given(
    sizes,
    st.integers(1, 4),
    st.integers(1, 3),
    st.floats(0, 2000),
    st.floats(0.001, 1),
    st.floats(0.2, 4),
    st.floats(-1.5, 1.5),
)
def test_spreading_equals_means_of_cells_the_dense_solution_and_plain_interpolation(
    size, cell, factor, strength, least_weight, gain, lean
):
    rows, columns, seed = size
    side = cell * factor  # of a cell in pixels of the photo, which was measured at 1 / factor of its size
    raw, guide = noise(seed, rows * side, columns * side)
    measured_shape = rows * cell, columns * cell - cell // 2  # the last cells need not be whole
    result = spread_confident(
        raw, guide, measured_shape, cell, strength, 0.3, 2, least_weight=least_weight, gain=gain, lean=lean
    )
    means = raw.astype(float).reshape(rows, side, columns, side).mean(axis=(1, 3))
    photo = guide.astype(float).reshape(rows, side, columns, side, 3).mean(axis=(1, 3)) / 65535
    weight = (2 * means - 1) ** 2 + least_weight
    cells = leaning(by_matrices(means, weight, photo, strength, 0.3, 2), gain, lean)
    expected = between(rows, rows * side) @ cells @ between(columns, columns * side).T
    assert result.dtype == np.float32 and result.shape == raw.shape
    assert result == pytest.approx(expected, abs=1e-3)


@given(sizes, st.floats(0.01, 0.99), st.floats(0.2, 6), st.floats(-2, 2))
def test_a_map_of_one_value_keeps_it_but_for_lean_and_gain(size, value, gain, lean):
    _, guide = noise(size[2], 5 * size[0], 5 * size[1])
    result = spread(np.full(guide.shape[:2], value, np.float32), guide, gain=gain, lean=lean)
    assert result == pytest.approx(leaning(value, gain, lean), abs=1e-3)


@pytest.mark.parametrize("least_weight", [0.001, 0.05, 1.0, 100.0])
def test_without_edges_all_cells_take_the_mean_weighted_by_confidence(least_weight):
    raw, _ = noise(0, 9, 11)
    result = spread(raw, np.full((9, 11, 3), 77, np.uint8), 1, 1e8, least_weight=least_weight, gain=1.0)
    weight = (2 * raw.astype(float) - 1) ** 2 + least_weight
    assert result == pytest.approx((raw * weight).sum() / weight.sum(), abs=1e-4)


def test_an_edge_of_the_photo_separates_two_sides_each_of_which_takes_its_own_mean():
    raw, _ = noise(1, 8, 12)
    guide = np.zeros((8, 12, 3), np.uint8)
    guide[:, 5:, 1] = 255  # an edge in one colour is an edge
    result = spread(raw, guide, 1, 1e8, gain=2.0, lean=0.3)
    for side in (np.s_[:, :5], np.s_[:, 5:]):
        weight = (2 * raw[side].astype(float) - 1) ** 2 + 0.05
        assert result[side] == pytest.approx(leaning((raw[side] * weight).sum() / weight.sum(), 2.0, 0.3), abs=1e-3)
    assert abs(result[0, 0] - result[0, -1]) > 0.01


def test_the_less_an_undecided_cell_weighs_the_more_its_neighbours_change_it():
    raw = np.full((12, 12), 0.5, np.float32)
    raw[4:8, 4:8] = 0.95
    guide = np.full((12, 12, 3), 9, np.uint8)
    corners = [spread(raw, guide, least_weight=least, gain=1.0)[0, 0] for least in (0.01, 0.1, 1.0, 10.0)]
    assert corners == sorted(corners, reverse=True) and corners[0] > 0.85 and corners[-1] < 0.6


@given(sizes, st.floats(0.3, 5), st.floats(-1, 1))
def test_the_complement_of_a_map_leans_the_other_way(size, gain, lean):
    raw, guide = noise(size[2], 6 * size[0], 6 * size[1])
    assert spread(1 - raw, guide, gain=gain, lean=-lean) == pytest.approx(
        1 - spread(raw, guide, gain=gain, lean=lean), abs=1e-3
    )


@given(sizes)
def test_gain_sharpens_and_lean_lifts_the_same_spread_map(size):
    raw, guide = noise(size[2], *size[:2])
    plain, sharper, lifted = (spread(raw, guide, 1, gain=gain, lean=lean) for gain, lean in ((1, 0), (3, 0), (1, 0.7)))
    assert sharper == pytest.approx(leaning(plain.astype(float), 3), abs=1e-3)
    assert lifted == pytest.approx(leaning(plain.astype(float), 1, 0.7), abs=1e-3)
    assert (lifted > plain).all() and ((sharper - 0.5) * (plain - 0.5) >= 0).all()


@given(st.floats(-60, 60), st.floats(0.1, 20))
def test_a_bend_keeps_the_order_and_the_sign_and_grows_with_the_logarithm(value, bend):
    result = float(bent(np.float64(value), bend))
    assert result == pytest.approx(math.copysign(bend * math.log(1 + abs(value) / bend), value), rel=1e-5, abs=1e-6)
    assert abs(result) <= abs(value) * (1 + 1e-6) and bent(np.float64(value + 0.1), bend) > result
    assert float(bent(np.float64(-value), bend)) == -result


def test_far_below_the_bend_values_stay_and_without_one_all_do():
    values = np.linspace(-40, 40, 81, dtype=np.float32)
    assert (bent(values, math.inf) == values).all() and bent(values, 1e6) == pytest.approx(values, rel=1e-3)


@given(sizes, st.floats(1, 8))
def test_a_bend_bends_the_gain_of_the_same_spread_map(size, bend):
    raw, guide = noise(size[2], *size[:2])
    plain, curved = (spread(raw, guide, 1, gain=gain, **more) for gain, more in ((1, {}), (6, {"bend": bend})))
    odds = np.log(plain.astype(float) / (1 - plain))
    expected = np.sign(odds) * bend * np.log1p(6 * np.abs(odds) / bend)
    assert curved == pytest.approx(1 / (1 + np.exp(-expected)), abs=1e-3)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("gain, lean", [(1.0, 0.0), (4.0, 0.7), (4.0, -0.7)])
@pytest.mark.parametrize("value", [0, 1])
def test_a_map_that_is_certain_everywhere_stays_as_certain_as_the_limit_allows(value, gain, lean):
    _, guide = noise(1, 21, 33)
    result = spread(np.full((21, 33), value, np.float32), guide, gain=gain, lean=lean)
    assert result == pytest.approx(leaning(module.CERTAIN + value * (1 - 2 * module.CERTAIN), gain, lean), abs=1e-6)
    assert np.abs(result - value).max() < 1e-6


def test_mirrored_maps_are_spread_into_the_mirror_image():
    raw, guide = noise(5, 48, 64)
    for down, across in ((1, -1), (-1, 1), (-1, -1)):
        view = np.s_[::down, ::across]
        assert spread(raw[view].copy(), guide[view].copy()) == pytest.approx(spread(raw, guide)[view], abs=1e-4)


def test_spreading_leaves_its_arguments_unchanged():
    raw, guide = noise(3, 30, 41)
    for cell in (1, 4):
        kept, kept_guide = raw.copy(), guide.copy()
        first = spread(raw, guide, cell)
        assert (raw == kept).all() and (guide == kept_guide).all() and (spread(raw, guide, cell) == first).all()
