"""Stage 10: the blur across eight directions: where it is put, and the network against sums in loops."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.defaults import LEAST_SIGMA
from blurkit.methods.joint import direction, network
from blurkit.methods.joint.edges import DIRECTIONS, INPUTS, Edges
from blurkit.training import shake


def random_edges(height, width, seed=0, share=0.3):
    """Edges of random inputs at a random share of the places."""
    rng = np.random.default_rng(seed)
    places = np.flatnonzero(rng.random(DIRECTIONS * height * width) < share)
    return Edges((height, width), places, rng.uniform(-6, 1, (len(places), INPUTS)).astype(np.float32))


def plainly(inputs, weights):
    """Log sigma and log deviation of one edge, sum by sum, in double precision."""
    scaling = zip(inputs.tolist(), weights["edge_mean"].tolist(), weights["edge_scale"].tolist(), strict=True)
    values = [min(max((value - mean) / scale, -5), 5) for value, mean, scale in scaling]
    for name in ("edge1", "edge2", "edge3"):
        rows = zip(weights[f"{name}.weight"].tolist(), weights[f"{name}.bias"].tolist(), strict=True)
        values = [sum(map(float.__mul__, line, values)) + bias for line, bias in rows]
        if name != "edge3":
            values = [max(0, value) for value in values]
    ranges = direction.LOG_SIGMAS, direction.LOG_DEVIATIONS
    return [min(max(value, low), high) for value, (low, high) in zip(values, ranges, strict=True)]


@pytest.mark.parametrize("shapes", [[(7, 9), (4, 5), (2, 3)], [(1, 6)], [(5, 1), (1, 1)]])
def test_every_edge_has_plain_sums_over_its_inputs_at_its_place_and_nothing_else_has_any(score_weights, shapes):
    sizes = [random_edges(*shape, seed) for seed, shape in enumerate(shapes)]
    planes = direction.estimate(sizes, score_weights)
    assert [plane.shape for plane in planes] == [(8, 2, *shape) for shape in shapes]
    for size, plane in zip(sizes, planes, strict=True):
        assert plane.dtype == np.float32 and (plane[:, 0] > 0).all() and np.isfinite(plane[:, 0]).all()
        height, width = size.shape
        expected = np.full((8, height, width), np.inf)
        for place, inputs in zip(size.places.tolist(), size.inputs, strict=True):
            number, row, column = place // (height * width), place // width % height, place % width
            log_sigma, log_deviation = plainly(inputs, score_weights)
            expected[number, row, column] = math.exp(log_deviation)
            assert plane[number, 0, row, column] == pytest.approx(math.exp(log_sigma), rel=1e-4)
        assert plane[:, 1] == pytest.approx(expected, rel=1e-4)
    assert len(sizes) == 1 or np.ptp(np.log(planes[0][np.isfinite(planes[0])])) > 0.2


def test_without_edges_nothing_is_known(score_weights):
    nothing = Edges((3, 4), np.zeros(0, np.int64), np.zeros((0, INPUTS), np.float32))
    (plane,) = direction.estimate([nothing], score_weights)
    assert plane.shape == (8, 2, 3, 4) and np.isinf(plane[:, 1]).all() and (plane[:, 0] == 1).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bias, sigma, deviation", [(-60, -3, -3), (60, 4, 3), (1e30, 4, 3), (-2.5, -2.5, -2.5)])
def test_extreme_answers_are_clipped(bias, sigma, deviation):
    weights = {name: np.zeros(shape, np.float32) for name, shape in direction.SHAPES.items()}
    weights["edge_scale"] += 1
    weights["edge3.bias"][:] = bias
    ((first, *_),) = direction.estimate([random_edges(2, 2, share=1)], weights)
    assert first[0] == pytest.approx(math.exp(sigma), rel=1e-5)
    assert first[1] == pytest.approx(math.exp(deviation), rel=1e-5)


def test_each_of_both_answers_has_a_bias_of_its_own():
    weights = {name: np.zeros(shape, np.float32) for name, shape in direction.SHAPES.items()}
    weights["edge_scale"] += 1
    weights["edge3.bias"][:] = 1.5, -0.5
    assert direction.outputs(np.ones((3, INPUTS), np.float32), weights).tolist() == [[1.5, -0.5]] * 3


def test_inputs_count_as_far_as_five_deviations(score_weights):
    assert network.MOST_DEVIATIONS == 5
    signs = np.random.default_rng(3).choice(np.float32([-1, 1]), INPUTS)
    far, farther, nearer = (
        direction.outputs(
            (score_weights["edge_mean"] + times * signs * score_weights["edge_scale"])[None], score_weights
        )
        for times in (5.05, 200, 3.5)
    )
    assert farther == pytest.approx(far, rel=1e-5) and np.abs(nearer - far).max() > 1e-3


@given(st.integers(0, 10**6))
def test_an_edge_depends_on_no_other(score_weights, seed):
    size = random_edges(4, 5, seed, 0.5)
    alone = np.concatenate([direction.outputs(size.inputs[i : i + 1], score_weights) for i in range(len(size.inputs))])
    assert direction.outputs(size.inputs, score_weights) == pytest.approx(alone, abs=1e-5)


def test_arguments_are_left_as_they_were(score_weights):
    size, kept = random_edges(6, 5), {name: array.copy() for name, array in score_weights.items()}
    first = direction.estimate([size], score_weights)[0]
    assert (size.inputs == random_edges(6, 5).inputs).all() and (size.places == random_edges(6, 5).places).all()
    assert all((score_weights[name] == kept[name]).all() for name in score_weights)
    assert (direction.estimate([size], score_weights)[0] == first).all()


@pytest.mark.parametrize("length", [3, 9, 31])
@pytest.mark.parametrize("number", range(8))
def test_a_line_blurs_across_its_own_direction_and_not_across_the_one_beside(length, number):
    variance, turn = (length**2 - 1) / 12, number * math.pi / 8
    x, y = math.cos(turn), math.sin(turn)
    known = direction.known_sigmas(np.float32([variance * x * x, variance * y * y, variance * x * y]))
    assert known.shape == (8,) and known[(number + 4) % 8] == pytest.approx(LEAST_SIGMA, rel=1e-4)
    for other in range(8):
        along = variance * math.cos((other - number) * math.pi / 8) ** 2
        assert known[other] == pytest.approx(math.sqrt(along + LEAST_SIGMA**2), rel=1e-4)


def test_a_horizontal_kernel_blurs_vertical_edges():
    kernel = np.zeros((9, 9), np.float32)
    kernel[4] = 1 / 9
    known = direction.known_sigmas(shake.covariance(kernel))
    assert known[[0, 4]] == pytest.approx([math.sqrt(80 / 12 + LEAST_SIGMA**2), LEAST_SIGMA])
    assert known[1:4] == pytest.approx(known[:4:-1], rel=1e-6)


@given(st.integers(0, 10**6))
def test_the_blur_across_a_direction_is_the_spread_of_the_kernel_along_it(seed):
    rng = np.random.default_rng(seed)
    kernel = rng.random((7, 7)).astype(np.float32) ** 4
    kernel /= kernel.sum()
    known = direction.known_sigmas(shake.covariance(kernel))
    for number in range(8):
        turn, first, second = number * math.pi / 8, 0.0, 0.0
        for row, column in np.ndindex(7, 7):
            place = (column - 3) * math.cos(turn) + (3 - row) * math.sin(turn)
            first += kernel[row, column] * place
            second += kernel[row, column] * place**2
        assert known[number] == pytest.approx(math.sqrt(second - first**2 + LEAST_SIGMA**2), rel=1e-4)


def test_a_variance_rounded_below_zero_is_none():
    assert direction.known_sigmas(np.float32([-1e-3, 2, 0]))[0] == pytest.approx(LEAST_SIGMA)
