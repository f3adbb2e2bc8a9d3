"""Stage 7: training of the network, its export and its accuracy."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from blurkit.errors import InputError  # noqa: E402
from blurkit.methods.joint import evidence, network, patches, training  # noqa: E402
from blurkit.ops import backend  # noqa: E402
from blurkit.training.loop import held_out  # noqa: E402
from tests.methods.joint.random_tiles import SCALING_NAMES, UNSCALED, random_records  # noqa: E402

CPU = backend.CpuBackend


@pytest.fixture(scope="module")
def model():
    """A network whose batch normalisation has statistics of its own."""
    torch.manual_seed(4)
    net = training.Net()
    for part in net.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(part.weight, 0.5, 1.5)
            torch.nn.init.normal_(part.bias, 0, 0.3)
            torch.nn.init.normal_(part.running_mean, 0, 0.3)
            torch.nn.init.uniform_(part.running_var, 0.3, 2)
            part.eps = 0.05  # so that it counts
    return net.eval()


def quietly(records, epochs, seed):
    """Weights and accuracy of a training that reports nothing."""
    return training.train(records, epochs, seed, "cpu", lambda *_: None)


def equal(one, other):
    return all((one[name] == other[name]).all() for name in one)


@pytest.mark.parametrize("height, width", [(32, 48), (22, 30), (23, 31), (1, 1)])
def test_exported_weights_give_what_the_module_gives(model, height, width):
    rng = np.random.default_rng(height)
    ranges = {"mean": (-4, 0), "scale": (0.5, 2)}
    scaling = {
        name: rng.uniform(*ranges[name.removeprefix("whole_")], network.SHAPES[name]).astype(np.float32)
        for name in SCALING_NAMES
    }

    def normal(*shape):
        return rng.uniform(-network.MOST_DEVIATIONS, network.MOST_DEVIATIONS, shape).astype(np.float32)

    planes = normal(network.PLANES, height, width)
    halved = normal(network.PLANES, -(-height // 2), -(-width // 2))
    statistics = normal(evidence.STATISTICS)
    even = np.pad(planes, ((0, 0), (0, height % 2), (0, width % 2)), "edge")
    with torch.no_grad():
        expected = model(*(torch.from_numpy(array)[None] for array in (even, halved, statistics)))
    expected = expected[0, :height, :width].numpy()
    mean, scale = scaling["mean"][:, None, None], scaling["scale"][:, None, None]
    statistics = statistics * scaling["whole_scale"] + scaling["whole_mean"]
    weights = {**scaling, **training.folded(model)}
    log_odds = network.log_odds(planes * scale + mean, halved * scale + mean, statistics, weights, CPU)
    assert height == 1 or np.ptp(expected) > 0.1
    assert np.abs(expected).max() < network.MOST_LOG_ODDS
    assert log_odds == pytest.approx(expected, abs=1e-3)


def test_exported_weights_have_the_declared_names_and_shapes(trained):
    weights = trained[0]
    assert {name: weights[name].shape for name in network.SHAPES} == network.SHAPES
    for array in weights.values():
        assert array.dtype == np.float32 and array.flags.c_contiguous and np.isfinite(array).all()


def test_it_learns_to_separate_sharp_from_blurred_in_photos_it_has_not_seen(toy_records, trained):
    weights, accuracy, steps = trained
    steps = [step for step in steps if step[0] == "network"]
    assert [step for _, step, *_ in steps] == list(range(1, steps[0][2] + 1))
    losses = [loss for *_, loss, _ in steps]
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])
    assert all(0 <= share <= 1 for *_, share in steps)
    assert accuracy >= 0.9
    right = []
    for record in toy_records[held_out(toy_records, training.ONE_IN)]:
        planes, halved = (patches.LOW + np.float32(patches.STEP) * record[name] for name in ("evidence", "halved"))
        log_odds = network.log_odds(planes, halved, record["whole"], weights, CPU)
        labelled = record["share"] != patches.UNKNOWN
        right += ((log_odds > 0) == (record["share"] > patches.SHARE / 2))[labelled].tolist()
    assert accuracy == pytest.approx(np.mean(right), abs=1e-3)


def test_equal_seeds_give_equal_weights_and_others_others(toy_records):
    (one, accuracy), (two, accuracy_again), (three, _) = (quietly(toy_records, 2, seed) for seed in (1, 1, 2))
    assert accuracy == accuracy_again and equal(one, two)
    assert any((one[name] != three[name]).any() for name in one if name not in SCALING_NAMES)


def test_photos_held_out_leave_no_trace_in_the_weights(toy_records):
    other = toy_records.copy()
    held = held_out(other, training.ONE_IN)
    other["evidence"][held], other["halved"][held], other["whole"][held], other["share"][held] = 17, 200, 3, 0
    (one, accuracy), (two, other_accuracy) = quietly(toy_records, 1, 1), quietly(other, 1, 1)
    assert equal(one, two) and accuracy != other_accuracy


def test_unknown_truth_teaches_nothing(toy_records):
    records = toy_records.copy()
    records["share"] = patches.UNKNOWN
    weights, accuracy = quietly(records, 1, 1)
    torch.manual_seed(1)
    fresh = training.folded(training.Net())
    for name in (*network.LINEAR, "whole"):  # without batch normalisation, which depends on evidence alone
        for kind in ("weight", "bias"):
            assert weights[f"{name}.{kind}"] == pytest.approx(fresh[f"{name}.{kind}"], abs=1e-5)  # decay alone
    assert accuracy == 0
    assert all(np.isfinite(array).all() for array in weights.values())


def test_too_few_tiles_are_refused_with_both_numbers(toy_records):
    is_held = held_out(toy_records, training.ONE_IN)
    learned, held = toy_records[~is_held], toy_records[is_held]
    too_few = np.concatenate([learned[: training.FEWEST - 1], held])
    counts = rf"{training.FEWEST - 1} tiles to learn from and {len(held)} of photos held out"
    with pytest.raises(InputError, match=rf"{counts}; at least {training.FEWEST} and 1"):
        quietly(too_few, 1, 0)
    with pytest.raises(InputError, match=rf"{len(learned)} tiles to learn from and 0 of photos held out"):
        quietly(learned, 1, 0)
    enough = np.concatenate([too_few, learned[-1:]])
    assert quietly(enough, 1, 0)[0].keys() == network.SHAPES.keys()


def test_the_half_teaches_too(toy_records):
    other = toy_records.copy()
    learned = ~held_out(other, training.ONE_IN)
    other["halved"][learned] = other["halved"][learned][:, :, ::-1]
    (one, _), (two, _) = quietly(toy_records, 1, 1), quietly(other, 1, 1)
    assert all((one[name] == two[name]).all() for name in SCALING_NAMES)
    assert (one["enter8.weight"] != two["enter8.weight"]).any()


class Listener(torch.nn.Module):
    """Keeps the statistics it is given."""

    def __init__(self):
        super().__init__()
        self.given = []

    def forward(self, planes, halved, statistics):
        self.given.append(statistics.numpy())
        return torch.zeros(len(planes), *planes.shape[2:])


def test_accuracy_is_measured_without_noise():
    listener, records = Listener(), random_records(2)
    for _ in range(2):
        training.accuracy(listener, records, [1, 0], UNSCALED)
    assert np.concatenate(listener.given) == pytest.approx(np.tile(records["whole"][::-1], (2, 1)), abs=1e-6)


class LeftIsSharp(torch.nn.Module):
    """Says sharp left of the middle, blurred right of it; the other way round where the statistics are -1."""

    def forward(self, planes, halved, statistics):
        is_left = torch.arange(planes.shape[3]) < planes.shape[3] // 2
        return (is_left * 2.0 - 1) * statistics[:, :1, None].expand(len(planes), *planes.shape[2:])


def test_accuracy_counts_labelled_cells_alone():
    records = np.zeros(2, patches.RECORD)
    records["share"], records["whole"] = patches.UNKNOWN, 1
    assert training.accuracy(LeftIsSharp(), records, [0, 1], UNSCALED) == 0
    records["share"][0, :3, :4] = patches.SHARE  # 12 cells, right
    records["share"][1, :2, -2:] = patches.SHARE  # 4 cells, wrong
    records["share"][1, 5, -8:] = 0  # 8 cells, right
    assert training.accuracy(LeftIsSharp(), records, [0, 1], UNSCALED) == pytest.approx(20 / 24)
    assert training.accuracy(LeftIsSharp(), records, [1], UNSCALED) == pytest.approx(8 / 12)
    records["whole"][1] = -1
    assert training.accuracy(LeftIsSharp(), records, [0, 1], UNSCALED) == pytest.approx(16 / 24)
