"""Stage 5: the network at inference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.methods.joint import evidence, network
from blurkit.ops import backend

CPU = backend.CpuBackend
WHOLE = np.random.default_rng(1).uniform(-6, 1, evidence.STATISTICS).astype(np.float32)


def random_planes(height, width, seed=0):
    return np.random.default_rng(seed).uniform(-6, 1, (network.PLANES, height, width)).astype(np.float32)


def random_half(height, width, seed=100):
    return random_planes(-(-height // 2), -(-width // 2), seed)


def log_odds_of(planes, weights, on=CPU, whole=WHOLE, halved=None):
    """Log odds by the network, with random evidence of the half unless it is given."""
    halved = random_half(*planes.shape[1:]) if halved is None else halved
    return network.log_odds(planes, halved, whole, weights, on)


def plain_windows(x, weight, bias, stride, border):
    """A rectified convolution of (h, w, c) by plain sums over the window."""
    side = weight.shape[-1]
    x = np.pad(x, ((border, border), (border, border), (0, 0)))
    rows, columns = ((n - side) // stride + 1 for n in x.shape[:2])
    sums = np.zeros((rows, columns, len(weight))) + bias
    for down, across in np.ndindex(side, side):
        part = x[down:, across:][: stride * (rows - 1) + 1 : stride, : stride * (columns - 1) + 1 : stride]
        sums += np.einsum("hwc,kc->hwk", part, weight[:, :, down, across])
    return sums.clip(0)


def plain_halves(x):
    """Means of cells of 2 x 2, smaller ones at the end."""
    rows, columns = -(-x.shape[0] // 2), -(-x.shape[1] // 2)
    return np.array(
        [[x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].mean(axis=(0, 1)) for j in range(columns)] for i in range(rows)]
    )


def between(few, many):
    """(many, few): the shares that linear interpolation between cell centres takes of every cell."""
    place = ((np.arange(many) + 0.5) * few / many - 0.5).clip(0, few - 1)
    return (1 - np.abs(place[:, None] - np.arange(few))).clip(0)


def plain_enlarged(x, like):
    return np.einsum("Hh,Ww,hwc->HWc", between(len(x), len(like)), between(x.shape[1], like.shape[1]), x)


def plain_normal(planes, w):
    """Evidence as the network takes it: (19, h, w) -> (h, w, 19)."""
    normal = (planes.astype(float).transpose(1, 2, 0) - w["mean"]) / w["scale"]
    return normal.clip(-network.MOST_DEVIATIONS, network.MOST_DEVIATIONS)


def plainly(planes, halved, weights):
    """The network in double precision."""
    w = {name: array.astype(float) for name, array in weights.items()}
    normal, half = plain_normal(planes, w), plain_normal(halved, w)
    whole = ((WHOLE - w["whole_mean"]) / w["whole_scale"]).clip(-network.MOST_DEVIATIONS, network.MOST_DEVIATIONS)
    height, width = normal.shape[:2]
    normal = np.pad(normal, ((0, height % 2), (0, width % 2), (0, 0)), "edge")

    def mix(name, x):
        side = w[f"{name}.weight"].shape[-1]
        return plain_windows(x, w[f"{name}.weight"], w[f"{name}.bias"], *((2, 0) if side == 2 else (1, 1)))

    def linear(name, x):
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    four = linear("enter", normal).clip(0)
    eight = mix("mix8", mix("down8", four) + linear("enter8", half).clip(0))
    sixteen = mix("mix16", mix("down16", plain_halves(eight)))
    coarsest = mix("mix32", mix("down32", plain_halves(sixteen)))
    coarsest = coarsest + linear("whole", np.concatenate([coarsest.mean(axis=(0, 1)), whole])).clip(0)
    sixteen = mix("join16", sixteen + plain_enlarged(linear("up16", coarsest), sixteen))
    eight = mix("join8", eight + plain_enlarged(linear("up8", sixteen), eight))
    four = linear("join4", four + plain_enlarged(linear("up4", eight), four)).clip(0)
    return linear("output", four)[:height, :width, 0].clip(-network.MOST_LOG_ODDS, network.MOST_LOG_ODDS)


@pytest.mark.parametrize("height, width", [(16, 24), (23, 31), (9, 8), (2, 3), (1, 13), (10, 1), (1, 1)])
def test_the_network_equals_plain_sums(weights, height, width):
    planes = random_planes(height, width)
    log_odds = log_odds_of(planes, weights)
    assert log_odds.shape == (height, width) and log_odds.dtype == np.float32
    assert log_odds == pytest.approx(plainly(planes, random_half(height, width), weights), abs=1e-4)
    assert height * width < 50 or np.ptp(log_odds) > 0.2  # answers differ from cell to cell


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 10**6))
def test_any_size_has_log_odds_in_every_cell(weights, height, width, seed):
    log_odds = log_odds_of(random_planes(height, width, seed), weights)
    assert log_odds.shape == (height, width) and log_odds.dtype == np.float32
    # False for NaN too; weights like these never reach the limit.
    assert log_odds.min() > -network.MOST_LOG_ODDS and log_odds.max() < network.MOST_LOG_ODDS


@pytest.mark.parametrize("bias", [-2.0, 0.0, 1.5, -15.9, 15.9])
def test_without_weights_the_last_bias_alone_decides(bias):
    zeros = {name: np.zeros(shape, np.float32) for name, shape in network.SHAPES.items()}
    zeros["scale"] += 1
    zeros["whole_scale"] += 1
    zeros["output.bias"] += bias
    assert log_odds_of(random_planes(7, 9), zeros) == pytest.approx(bias, abs=1e-6)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bias", [-1e3, 1e3, -1e30, 1e30])
def test_extreme_log_odds_are_clipped_and_nothing_overflows(weights, bias):
    log_odds = log_odds_of(random_planes(6, 6), {**weights, "output.bias": np.float32([bias])})
    assert log_odds.dtype == np.float32 and (log_odds == np.copysign(network.MOST_LOG_ODDS, bias)).all()
    assert (1 / (1 + np.exp(-log_odds))).min() > 0
    assert network.MOST_LOG_ODDS < 88  # e to the 88th is the last power that float32 holds


def test_evidence_counts_as_far_as_five_deviations(weights):
    mean, scale = weights["mean"][:, None, None], weights["scale"][:, None, None]
    signs = np.random.default_rng(3).choice([-1, 1], (network.PLANES, 12, 14)) * np.float32(1)
    inputs = [mean + scale * signs * np.float32(factor * network.MOST_DEVIATIONS) for factor in (1.01, 40, 0.8)]
    whole_size = [log_odds_of(planes, weights) for planes in inputs]
    half_size = [log_odds_of(random_planes(24, 27), weights, halved=planes) for planes in inputs]
    for one, other, nearer in (whole_size, half_size):
        assert other == pytest.approx(one, abs=1e-6)
        assert np.abs(nearer - one).max() > 1e-3


@given(st.integers(0, 10**6))
def test_the_unit_of_the_evidence_does_not_matter(weights, seed):
    rng = np.random.default_rng(seed)
    factor, more = rng.uniform(0.5, 3, network.PLANES), rng.uniform(-2, 2, network.PLANES)
    planes, halved = random_planes(9, 11, seed), random_half(9, 11, seed)
    moved = {
        **weights,
        "mean": np.float32(weights["mean"] * factor + more),
        "scale": np.float32(weights["scale"] * factor),
    }
    planes_moved, halved_moved = (np.float32(p * factor[:, None, None] + more[:, None, None]) for p in (planes, halved))
    assert log_odds_of(planes_moved, moved, halved=halved_moved) == pytest.approx(
        log_odds_of(planes, weights, halved=halved), abs=1e-4
    )


def test_the_statistics_of_the_photo_count_everywhere_and_far_cells_by_the_mean_alone(weights):
    planes = random_planes(16, 256)
    changed = planes.copy()
    changed[:, :, :32] = random_planes(16, 32, 9) + 3
    no_mean = {**weights, "whole.weight": weights["whole.weight"].copy()}
    no_mean["whole.weight"][:, : -evidence.STATISTICS] = 0
    near, far = np.s_[:, :32], np.s_[:, 160:]
    for has_mean, used in ((True, weights), (False, no_mean)):
        before, elsewhere = log_odds_of(planes, used), log_odds_of(changed, used)
        other_statistics = log_odds_of(planes, used, whole=WHOLE[::-1].copy())
        moved = np.abs(elsewhere - before)
        assert moved[near].max() > 1e-2
        assert (moved[far].max() > 1e-3) == has_mean and (has_mean or moved[far].max() <= 1e-5)
        assert (other_statistics != before).mean() > 0.99


def test_how_large_a_uniform_photo_is_does_not_matter_far_from_its_border(weights):
    cell, half = random_planes(1, 1), random_planes(1, 1, 7)
    one, other = (
        log_odds_of(np.tile(cell, (1, n, n)), weights, halved=np.tile(half, (1, n // 2, n // 2))) for n in (256, 512)
    )
    assert np.ptp(one[112:144, 112:144]) <= 1e-4 < 1e-2 < np.ptp(one)
    # The border's share of the mean halves; what is left of it must be small beside what the border does itself.
    assert abs(other[256, 256] - one[128, 128]) < 0.2 * np.ptp(one)


def test_the_half_counts_at_its_own_place(weights):
    planes, halved = random_planes(64, 64), random_half(64, 64)
    changed = halved.copy()
    changed[:, 20, 9] = weights["mean"] + 3 * weights["scale"]
    moved = np.abs(log_odds_of(planes, weights, halved=halved) - log_odds_of(planes, weights, halved=changed))
    assert moved[40:42, 18:20].max() > 10 * np.median(moved) and moved[40:42, 18:20].max() > 0.5 * moved.max()


def test_statistics_count_as_far_as_five_deviations(weights):
    away = np.random.default_rng(3).choice(np.float32([-1, 1]), evidence.STATISTICS) * weights["whole_scale"]
    one, other, nearer = (
        log_odds_of(
            random_planes(12, 14), weights, whole=weights["whole_mean"] + away * np.float32(f * network.MOST_DEVIATIONS)
        )
        for f in (1.01, 40, 0.5)
    )
    assert (other == one).all() and np.abs(nearer - one).max() > 1e-4


def test_evidence_beyond_its_own_cell_counts_by_way_of_all_coarser_ones(weights):
    planes = random_planes(64, 64)
    changed = planes.copy()
    changed[:, 32, 32] = weights["mean"] + 3 * weights["scale"]
    moved = np.abs(log_odds_of(planes, weights) - log_odds_of(changed, weights))
    assert moved[32, 32] == moved.max() > 10 * np.median(moved)
    assert (moved[24:41, 24:41] > 0).mean() > 0.8


def test_arguments_are_left_as_they_were(weights):
    planes, halved = random_planes(11, 7), random_half(11, 7)
    kept, kept_half = planes.copy(), halved.copy()
    kept_weights = {name: array.copy() for name, array in weights.items()}
    first = log_odds_of(planes, weights, halved=halved)
    assert (planes == kept).all() and (halved == kept_half).all()
    assert all((weights[name] == kept_weights[name]).all() for name in weights)
    assert (log_odds_of(planes, weights, halved=halved) == first).all()


@pytest.mark.parametrize("height, width", [(40, 56), (33, 47), (1, 9), (1, 1)])
def test_torch_gives_the_same_log_odds(weights, height, width):
    pytest.importorskip("torch")
    planes = random_planes(height, width)
    one, other = (log_odds_of(planes, weights, on) for on in (CPU, backend.TorchBackend("cpu")))
    assert one.dtype == other.dtype == np.float32
    assert np.abs(one - other).max() <= 1e-4
