"""Stage 8: both networks at inference."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blurkit.methods.joint import backbone, evidence, inputs, layers, network
from blurkit.ops import backend
from blurkit.ops.statistics import logistic
from tests.methods.joint.plain_network import log_odds as plainly

CPU = backend.CpuBackend
LIMIT = network.MOST_LOG_ODDS


def random_inputs(height, width, seed=0, photo=(64, 96), **given):
    """What the networks take of a photo of so many cells: random evidence, and a random photo of so many pixels."""
    rng = np.random.default_rng(seed)
    even = height + height % 2, width + width % 2
    values = {
        "planes": rng.uniform(-6, 1, (inputs.PLANES, *even)).astype(np.float32),
        "halved": rng.uniform(-6, 1, (inputs.PLANES, even[0] // 2, even[1] // 2)).astype(np.float32),
        "statistics": rng.uniform(-6, 1, evidence.STATISTICS).astype(np.float32),
        "photo": rng.integers(0, 256, (*photo, 3), np.uint8),
        "shape": (height, width),
    }
    return inputs.Inputs(**{**values, **given})


def log_odds_of(given, weights, on=CPU):
    return network.log_odds(given, weights, on)


def alone(weights, name):
    """Weights of which the other network always answers 0."""
    other = next(each for each in layers.NETWORKS if each != name)
    return changed(weights, **{f"{other}.output.weight": 0, f"{other}.output.bias": 0})


def changed(weights, **values):
    """Weights of which some kernels or biases have other values."""
    kernels = layers.kernels(weights)
    kernels |= {name: np.full_like(kernels[name], value) for name, value in values.items()}
    return {**weights, **layers.joined(kernels)}


@pytest.mark.parametrize(
    "height, width, photo",
    [(16, 24, (64, 96)), (23, 31, (96, 128)), (2, 3, (64, 64)), (1, 13, (64, 352)), (1, 1, (64, 64))],
)
def test_the_networks_equal_plain_sums(weights, height, width, photo):
    given = random_inputs(height, width, photo=photo)
    log_odds = log_odds_of(given, weights)
    assert log_odds.shape == (2, height, width) and log_odds.dtype == np.float32
    assert log_odds == pytest.approx(plainly(given, weights), abs=2e-4)
    assert height * width < 50 or np.ptp(log_odds, axis=(1, 2)).min() > 0.1  # answers differ from cell to cell


@settings(max_examples=6)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(2, 4), st.integers(2, 4), st.integers(0, 10**6))
def test_any_size_has_log_odds_in_every_cell(weights, height, width, rows, columns, seed):
    log_odds = log_odds_of(random_inputs(height, width, seed, (32 * rows, 32 * columns)), weights)
    assert log_odds.shape == (2, height, width) and log_odds.dtype == np.float32
    assert np.abs(log_odds).max() < LIMIT  # false for NaN too; weights like these never reach the limit


@pytest.mark.parametrize("biases", [(-2.0, 1.0, 3.0, 0.5), (15.9, 15.9, -15.9, -15.9), (0.0, 0.0, 0.0, 0.0)])
def test_without_weights_the_mean_of_the_last_biases_alone_decides(biases):
    zeros = {name: np.full(shape, name.endswith("scale"), np.float32) for name, shape in layers.SHAPES.items()}
    zeros = changed(zeros, **{"evidence.output.bias": biases[:2], "context.output.bias": biases[2:]})
    focus, motion = log_odds_of(random_inputs(7, 9), zeros)
    assert focus == pytest.approx(0.65 * biases[0] + 0.35 * biases[2], abs=1e-5)
    assert motion == pytest.approx(0.25 * biases[1] + 0.75 * biases[3], abs=1e-5)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bias", [-1e3, 1e30])
def test_extreme_log_odds_are_clipped_and_nothing_overflows(weights, bias):
    log_odds = log_odds_of(random_inputs(6, 6), changed(weights, **{"context.output.bias": np.float32([bias, -bias])}))
    assert log_odds.dtype == np.float32
    assert (log_odds[0] == np.copysign(LIMIT, bias)).all() and (log_odds[1] == np.copysign(LIMIT, -bias)).all()


@pytest.mark.parametrize("name", layers.NETWORKS)
def test_evidence_and_statistics_count_as_far_as_five_deviations_in_either_network(weights, name):
    weights = alone(weights, name)
    given = random_inputs(12, 14)

    def away(mean, scale, shape, factor):
        signs = np.random.default_rng(4).choice(np.float32([-1, 1]), shape)
        axes = (slice(None), *[None] * (len(shape) - 1))
        return weights[mean][axes] + weights[scale][axes] * signs * np.float32(factor * network.MOST_DEVIATIONS)

    for field, mean, scale in (
        ("planes", "mean", "scale"),
        ("halved", "mean", "scale"),
        ("statistics", "whole_mean", "whole_scale"),
    ):
        shape = getattr(given, field).shape
        far, farther, nearer = (
            log_odds_of(given._replace(**{field: away(mean, scale, shape, factor)}), weights)
            for factor in (1.01, 40, 0.5)
        )
        assert farther == pytest.approx(far, abs=1e-5) and np.abs(nearer - far).max() > 1e-4, field


def test_the_photo_counts_in_one_network_alone(weights):
    given = random_inputs(12, 14)
    other = given._replace(photo=255 - given.photo)
    moved = [np.abs(log_odds_of(given, w) - log_odds_of(other, w)).max() for w in (alone(weights, "evidence"), weights)]
    assert moved[0] == 0 and moved[1] > 1e-3


def test_the_unit_of_the_evidence_does_not_matter(weights):
    rng, given = np.random.default_rng(6), random_inputs(9, 11)
    factor, more = rng.uniform(0.5, 3, inputs.PLANES), rng.uniform(-2, 2, inputs.PLANES)
    scaling = {"mean": weights["mean"] * factor + more, "scale": weights["scale"] * factor}
    moved = {**weights, **{name: np.float32(array) for name, array in scaling.items()}}
    planes, halved = (
        np.float32(array * factor[:, None, None] + more[:, None, None]) for array in (given.planes, given.halved)
    )
    result = log_odds_of(given._replace(planes=planes, halved=halved), moved)
    assert result == pytest.approx(log_odds_of(given, weights), abs=2e-4)


@pytest.mark.parametrize("name", layers.NETWORKS)
def test_the_statistics_of_the_photo_count_everywhere_and_far_cells_by_the_mean_alone(weights, name):
    weights = alone(weights, name)
    given = random_inputs(16, 256)
    planes = given.planes.copy()
    planes[:, :, :32] = random_inputs(16, 32, 9).planes + 3
    whole = layers.kernels(weights)[f"{name}.whole.weight"].copy()
    whole[:, : -evidence.STATISTICS] = 0
    no_mean = changed(weights, **{f"{name}.whole.weight": whole})
    near, far = np.s_[:, :, :32], np.s_[:, :, 180:]
    for has_mean, used in ((True, weights), (False, no_mean)):
        before, elsewhere = log_odds_of(given, used), log_odds_of(given._replace(planes=planes), used)
        other_statistics = log_odds_of(given._replace(statistics=given.statistics[::-1].copy()), used)
        moved = np.abs(elsewhere - before)
        assert moved[near].max() > 1e-2
        assert (moved[far].max() > 1e-4) == has_mean and (has_mean or moved[far].max() <= 1e-5)
        assert (other_statistics != before).mean() > 0.99


@pytest.mark.parametrize(
    "field, place, near",
    [
        ("planes", np.s_[:, 40, 18], np.s_[36:45, 14:23]),
        ("halved", np.s_[:, 20, 9], np.s_[35:48, 12:25]),
        ("photo", np.s_[96:112, 40:56], np.s_[31:53, 9:31]),  # 2.5 pixels for a cell
    ],
)
def test_what_is_seen_counts_most_at_its_own_place(weights, field, place, near):
    given = random_inputs(64, 64, photo=(160, 160))
    seen = getattr(given, field).copy()
    seen[place] = 255 * (seen[place] < 128) if field == "photo" else weights["mean"] + 3 * weights["scale"]
    moved = np.abs(log_odds_of(given, weights) - log_odds_of(given._replace(**{field: seen}), weights))[0]
    assert moved[near].max() == moved.max() > 50 * np.median(moved)


def test_arguments_are_left_as_they_were(weights):
    given, same = random_inputs(11, 7), random_inputs(11, 7)
    kept = {name: array.copy() for name, array in weights.items()}
    first = log_odds_of(given, weights)
    assert all((one == other).all() for one, other in zip(given[:4], same[:4], strict=True))
    assert all((weights[name] == kept[name]).all() for name in weights)
    assert (log_odds_of(given, weights) == first).all()


def test_the_graph_that_is_kept_is_that_of_these_weights_and_of_this_size(weights):
    wide, high = random_inputs(8, 12), random_inputs(12, 8, photo=(96, 64))
    other = changed(weights, **{"context.output.bias": layers.kernels(weights)["context.output.bias"] + 1})
    results = [log_odds_of(*one) for one in ((wide, weights), (high, weights), (wide, other), (wide, weights))]
    assert results[1].shape == (2, 12, 8) and (results[0] == results[3]).all()
    assert results[2] == pytest.approx(results[0] + network.SHARES[:, None, None], abs=1e-4)
    with ThreadPoolExecutor(2) as pool:
        beside = list(pool.map(lambda given: log_odds_of(given, weights), [wide, high] * 3))
    assert all((one == results[number % 2]).all() for number, one in enumerate(beside))


@pytest.mark.parametrize("height, width, photo", [(40, 56, (96, 128)), (33, 47, (64, 96)), (1, 9, (64, 64))])
def test_torch_gives_the_same_probabilities(weights, height, width, photo):
    pytest.importorskip("torch")
    given = random_inputs(height, width, photo=photo)
    one, other = (log_odds_of(given, weights, on) for on in (CPU, backend.TorchBackend("cpu")))
    assert one.dtype == other.dtype == np.float32
    assert np.abs(logistic(one) - logistic(other)).max() <= 2e-4 and np.abs(one - other).max() <= 1e-3


def test_torch_keeps_the_layers_of_the_last_weights_alone(weights):
    pytest.importorskip("torch")
    other = changed(weights, **{"evidence.output.bias": layers.kernels(weights)["evidence.output.bias"] - 1})
    results = [log_odds_of(random_inputs(6, 8), w, backend.TorchBackend("cpu")) for w in (weights, other, weights)]
    assert (results[0] == results[2]).all() and results[1] == pytest.approx(
        results[0] - (1 - network.SHARES)[:, None, None], abs=1e-4
    )


def test_threads_of_torch_have_layers_of_their_own(weights):
    pytest.importorskip("torch")
    other = changed(weights, **{"evidence.output.bias": layers.kernels(weights)["evidence.output.bias"] - 1})
    both, given, on = (weights, other), random_inputs(6, 8), backend.TorchBackend("cpu")
    expected = [log_odds_of(given, one, on) for one in both]
    with ThreadPoolExecutor(2) as pool:
        beside = list(pool.map(lambda one: log_odds_of(given, one, on), both * 6))
    assert all((one == expected[number % 2]).all() for number, one in enumerate(beside))


def test_the_backbone_has_as_many_weights_as_its_paper_says():
    whole, head, classifier = 4_652_008, 1280 * (320 + 2), 1000 * (1280 + 1)
    all_layers = backbone.LAYERS.values()
    normed = sum(
        int(np.prod(layer.weight_shape)) + 2 * layer.outputs for layer in all_layers
    )  # a gain and an offset each
    assert normed == whole - head - classifier
    stored = sum(int(np.prod(shape)) for name, shape in layers.KERNELS.items() if ".backbone." in name)
    assert stored == normed - sum(layer.outputs for layer in all_layers)  # folded into one bias each


def test_the_array_of_a_network_holds_its_layers_one_after_the_other(weights):
    kernels = layers.kernels(weights)
    first = layers.LAYERS["evidence.enter4"]
    count = first.outputs * first.inputs
    assert (kernels["evidence.enter4.weight"].ravel() == weights["evidence"][:count]).all()
    assert (kernels["evidence.enter4.bias"] == weights["evidence"][count : count + first.outputs]).all()
    assert sum(array.size for array in kernels.values()) == sum(weights[name].size for name in layers.NETWORKS)
    joined = layers.joined(kernels)
    assert all((joined[name] == weights[name]).all() for name in layers.NETWORKS)


def test_half_precision_gives_what_its_values_give_in_single_precision(weights):
    half = {**weights, **{name: weights[name].astype(np.float16) for name in layers.NETWORKS}}
    single = {name: array.astype(np.float32) for name, array in half.items()}
    given = random_inputs(23, 31)
    assert (log_odds_of(given, half) == log_odds_of(given, single)).all()


def test_half_precision_gives_the_same_by_torch(weights):
    pytest.importorskip("torch")
    half = {**weights, **{name: weights[name].astype(np.float16) for name in layers.NETWORKS}}
    one, other = (log_odds_of(random_inputs(23, 31), half, on) for on in (CPU, backend.TorchBackend("cpu")))
    assert other == pytest.approx(one, abs=2e-3)
