"""Stage 4: the blur of every cell."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.methods.joint import blur, evidence, method, network
from blurkit.ops import backend, resize
from blurkit.ops.colour import grey
from blurkit.ops.filters import magnitude

CPU = backend.CpuBackend
CELL, PLANES = evidence.CELL, evidence.PLANES
WHOLE = np.random.default_rng(1).uniform(-6, 1, evidence.STATISTICS).astype(np.float32)


def random_planes(height, width, seed=0):
    return np.random.default_rng(seed).uniform(-6, 1, (PLANES, height, width)).astype(np.float32)


def random_half(height, width, seed=100):
    return random_planes(-(-height // 2), -(-width // 2), seed)


def blur_of(planes, weights, on=CPU, whole=WHOLE, halved=None):
    """Sigma and deviation by the network, with random evidence of the half unless it is given."""
    halved = random_half(*planes.shape[1:]) if halved is None else halved
    return blur.estimate(planes, halved, whole, weights, on)


def plainly(planes, halved, weights):
    """Cell by cell, sum by sum, in double precision."""
    result = np.zeros((2, *planes.shape[1:]))
    for row, column in np.ndindex(*planes.shape[1:]):
        values = [*planes[:, row, column].tolist(), *halved[:, row // 2, column // 2].tolist(), *WHOLE.tolist()]
        scaling = zip(values, weights["blur_mean"].tolist(), weights["blur_scale"].tolist(), strict=True)
        values = [min(max((value - mean) / scale, -5), 5) for value, mean, scale in scaling]
        for name in ("blur1", "blur2", "blur3"):
            rows = zip(weights[f"{name}.weight"].tolist(), weights[f"{name}.bias"].tolist(), strict=True)
            values = [sum(map(float.__mul__, line, values)) + bias for line, bias in rows]
            if name != "blur3":
                values = [max(0, value) for value in values]
        result[:, row, column] = math.exp(values[0]), math.exp(min(max(values[1], -4), 3))
    return result


@pytest.mark.parametrize("height, width", [(8, 10), (7, 9), (2, 3), (1, 6), (5, 1), (1, 1)])
def test_every_cell_equals_plain_sums_over_its_own_evidence_that_of_the_half_there_and_the_statistics(
    weights, height, width
):
    planes, halved = random_planes(height, width), random_half(height, width)
    result = blur_of(planes, weights, halved=halved)
    assert result.shape == (2, height, width) and result.dtype == np.float32
    assert result == pytest.approx(plainly(planes, halved, weights), rel=1e-4)
    assert height * width < 50 or np.ptp(np.log(result), axis=(1, 2)).min() > 0.2  # answers differ from cell to cell


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 10**6))
def test_any_size_has_a_sigma_and_a_deviation_in_every_cell(weights, height, width, seed):
    sigma, deviation = blur_of(random_planes(height, width, seed), weights)
    assert sigma.shape == (height, width) and sigma.min() > 0 and np.isfinite(sigma).all()
    least, most = np.exp(np.float32(blur.LOG_DEVIATIONS))
    assert deviation.min() >= least and deviation.max() <= most  # false for NaN too


@given(st.integers(0, 10**6))
def test_a_cell_depends_on_nothing_of_its_neighbours_beyond_their_common_half(weights, seed):
    planes, halved = random_planes(9, 12, seed), random_half(9, 12, seed)
    other, other_halved = planes.copy(), halved.copy()
    row, column = (int(n) for n in np.random.default_rng(seed).integers(0, (9, 12)))
    extreme = weights["blur_mean"] + 4 * weights["blur_scale"]
    other[:, row, column] = extreme[:PLANES]
    other_halved[:, row // 2, column // 2] = extreme[PLANES : 2 * PLANES]
    for name in ("blur3.weight", "blur3.bias"):
        weights = weights | {name: weights[name] / 4}  # so that no answer is clipped
    before = blur_of(planes, weights, halved=halved)
    one = np.zeros((9, 12), bool)
    one[row, column] = True
    four = np.zeros((9, 12), bool)
    four[row // 2 * 2 : row // 2 * 2 + 2, column // 2 * 2 : column // 2 * 2 + 2] = True
    by_cell, by_half = blur_of(other, weights, halved=halved), blur_of(planes, weights, halved=other_halved)
    for after, touched in ((by_cell, one), (by_half, four)):
        assert after[:, ~touched] == pytest.approx(before[:, ~touched], rel=1e-5)
        assert (after != before).any(axis=0)[touched].all()


@pytest.mark.parametrize("log_sigma, log_deviation", [(-1.0, 0.5), (0.0, -3.9), (1.6, 2.9)])
def test_without_weights_the_last_biases_alone_decide(log_sigma, log_deviation):
    zeros = {name: np.zeros(shape, np.float32) for name, shape in blur.SHAPES.items()}
    zeros["blur_scale"] += 1
    zeros["blur3.bias"] += np.float32([log_sigma, log_deviation])
    sigma, deviation = blur_of(random_planes(5, 6), zeros)
    assert sigma == pytest.approx(np.exp(log_sigma)) and deviation == pytest.approx(np.exp(log_deviation))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bias, end", [(-1e30, 0), (-50, 0), (50, 1), (1e30, 1)])
def test_an_extreme_deviation_is_clipped_and_leaves_sigma_alone(weights, bias, end):
    planes = random_planes(6, 7)
    sigma, deviation = blur_of(planes, {**weights, "blur3.bias": np.float32([weights["blur3.bias"][0], bias])})
    assert deviation == pytest.approx(math.exp((-4, 3)[end]), rel=1e-6)
    assert (sigma == blur_of(planes, weights)[0]).all()


def test_evidence_and_statistics_count_as_far_as_five_deviations(weights):
    assert network.MOST_DEVIATIONS == 5
    signs = np.random.default_rng(3).choice(np.float32([-1, 1]), len(weights["blur_mean"]))
    for part in (np.s_[:PLANES], np.s_[PLANES : 2 * PLANES], np.s_[2 * PLANES :]):
        results = []
        for times in (5.05, 200, 3.5):
            deviations = np.random.default_rng(0).uniform(-1, 1, len(signs)).astype(np.float32)
            deviations[part] = signs[part] * times
            inputs = weights["blur_mean"] + deviations * weights["blur_scale"]
            planes = np.tile(inputs[:PLANES, None, None], (1, 4, 4))
            halved = np.tile(inputs[PLANES : 2 * PLANES, None, None], (1, 2, 2))
            results.append(blur_of(planes, weights, whole=inputs[2 * PLANES :], halved=halved))
        far, farther, nearer = results
        assert farther == pytest.approx(far, rel=1e-5) and np.abs(nearer / far - 1).max() > 1e-3


@given(st.integers(0, 10**6))
def test_the_unit_of_the_evidence_does_not_matter(weights, seed):
    rng = np.random.default_rng(seed)
    factor, more = rng.uniform(0.5, 3, blur.INPUTS), rng.uniform(-2, 2, blur.INPUTS)
    planes, halved = random_planes(5, 7, seed), random_half(5, 7, seed)
    moved = {
        **weights,
        "blur_mean": np.float32(weights["blur_mean"] * factor + more),
        "blur_scale": np.float32(weights["blur_scale"] * factor),
    }

    def in_other_units(values, part):
        ends = (-1,) + (1,) * (values.ndim - 1)
        return np.float32(values * factor[part].reshape(ends) + more[part].reshape(ends))

    planes_moved = in_other_units(planes, np.s_[:PLANES])
    halved_moved = in_other_units(halved, np.s_[PLANES : 2 * PLANES])
    whole = in_other_units(WHOLE, np.s_[2 * PLANES :])
    result = blur_of(planes_moved, moved, whole=whole, halved=halved_moved)
    assert result == pytest.approx(blur_of(planes, weights, halved=halved), rel=1e-3)


def test_arguments_are_left_as_they_were(weights):
    given = [random_planes(7, 5), random_half(7, 5), WHOLE.copy()]
    kept, kept_weights = [a.copy() for a in given], {name: array.copy() for name, array in weights.items()}
    first = blur.estimate(*given, weights, CPU)
    assert all((a == b).all() for a, b in zip(given, kept, strict=True))
    assert all((weights[name] == kept_weights[name]).all() for name in weights)
    assert (blur.estimate(*given, weights, CPU) == first).all()


@pytest.mark.parametrize("height, width", [(160, 224), (131, 187), (90, 1), (1, 1)])
def test_torch_estimates_the_same_blur(weights, height, width):
    pytest.importorskip("torch")
    planes = random_planes(-(-height // CELL), -(-width // CELL))
    one, other = (blur_of(planes, weights, backend.backend_for(name, (height, width))) for name in ("cpu", "torch-cpu"))
    assert one.dtype == other.dtype == np.float32 and one.shape == other.shape
    assert other == pytest.approx(one, rel=1e-4)


@pytest.mark.parametrize("name", ["cpu", "torch-cpu"])
@pytest.mark.parametrize("height, width", [(90, 122), (33, 47), (7, 64), (1, 1)])
def test_the_blur_of_a_photo_follows_from_its_evidence_its_half_and_its_statistics(
    sharp_photo, weights, height, width, name
):
    if name != "cpu":
        pytest.importorskip("torch")
    photo = sharp_photo[:height, :width]
    result = method.blur(photo, weights, name)
    plane = grey(photo)
    half = cv2.resize(repeated(plane), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    planes, halved = evidence.planes(plane, CPU), evidence.planes(half, CPU)
    expected = blur.estimate(planes, halved, evidence.statistics(planes), weights, CPU)
    gradient = magnitude(cv2.GaussianBlur(plane, (7, 7), 1.0, borderType=cv2.BORDER_REFLECT_101), CPU) * 255
    faint = np.sqrt(resize.pool(gradient**2, CELL)) < 0.5  # 8-bit steps
    expected[1][faint] = np.inf
    assert min(height, width) < 33 or 0 < faint.mean() < 0.2
    assert result.shape == (2, -(-height // 4), -(-width // 4)) and result.dtype == np.float32
    assert result == pytest.approx(expected, rel=1e-6 if name == "cpu" else 2e-3)


def repeated(plane):
    """Up to even sides, the last row and column once more."""
    return np.pad(plane, [(0, n % 2) for n in plane.shape], "edge")


def test_sixteen_bits_give_the_blur_of_eight(sharp_photo, weights):
    plain = np.log(method.blur(sharp_photo, weights, "cpu"))
    deep = np.log(method.blur(sharp_photo.astype(np.uint16) * 257, weights, "cpu"))
    measured = np.isfinite(plain[1])
    assert (np.isfinite(deep[1]) == measured).all() and measured.mean() > 0.8
    assert np.ptp(plain[0]) > 0.2 and np.abs(deep[:, measured] - plain[:, measured]).max() < 0.05


def test_cells_without_any_edge_have_infinite_deviation(weights):
    photo = np.full((64, 96, 3), 100, np.uint8)
    photo[:, 48:] = 103  # one faint edge
    measured = np.isfinite(method.blur(photo, weights, "cpu")[1])
    assert measured.any() and not measured[:, :8].any() and not measured[:, -8:].any()
