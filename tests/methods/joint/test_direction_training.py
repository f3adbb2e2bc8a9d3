"""Stage 10: training of the network that measures the blur across directions."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
from blurkit.errors import InputError  # noqa: E402
from blurkit.methods.joint import direction, samples  # noqa: E402
from blurkit.methods.joint.edges import INPUTS  # noqa: E402
from blurkit.training import loop  # noqa: E402
from tests.methods.joint.random_tiles import edge_records  # noqa: E402

UNSCALED = {"edge_mean": np.zeros(INPUTS, np.float32), "edge_scale": np.ones(INPUTS, np.float32)}


pytestmark = pytest.mark.usefixtures("one_thread")


def plain_sharpest(outputs):
    """Log sigma of the sharpest tenth of edges of (log sigma, log deviation), weighted by precision, one by one."""
    edges = sorted((value, math.exp(-2 * min(max(deviation, -3), 3))) for value, deviation in outputs)
    left = whole = sum(precision for _, precision in edges) / 10
    total = 0.0
    for value, precision in edges:
        total += value * min(precision, left)
        left = max(0.0, left - precision)
    return total / whole


def sharpest(outputs):
    return direction.sharpest(torch.from_numpy(np.asarray(outputs, np.float32))).numpy()


@given(st.integers(1, 5), st.integers(1, 60), st.sampled_from([0.0, 0.3, 1.0, 4.0]), st.integers(0, 10**6))
@example(3, 96, 1.0, 0)
def test_the_sharpest_tenth_counts_by_precision(groups, edges, spread, seed):
    rng = np.random.default_rng(seed)  # with spread 4 one edge often holds more than a tenth of the precision
    values, deviations = rng.normal(0, 1, (groups, edges)), rng.normal(0, spread, (groups, edges))
    outputs = np.stack([values, deviations], axis=2).astype(np.float32)
    assert sharpest(outputs) == pytest.approx([plain_sharpest(one) for one in outputs.tolist()], abs=2e-4)
    mixed = np.stack([rng.permutation(one) for one in outputs])
    assert sharpest(mixed) == pytest.approx(sharpest(outputs), abs=1e-4)


def test_of_twenty_equally_precise_edges_the_two_sharpest_count_and_a_far_more_precise_one_alone():
    values = np.random.default_rng(0).permutation(20).astype(float)
    outputs = np.stack([values, np.zeros(20)], axis=1)
    assert sharpest([outputs])[0] == pytest.approx(0.5)  # of 0 and 1
    outputs[values == 0, 1] = math.log(0.25)  # as precise as 16 others: more than a tenth of all
    assert sharpest([outputs])[0] == pytest.approx(0, abs=1e-6)
    outputs[values == 0, 1] = math.log(4)  # a sixteenth of another: 0.1 * 19.0625 = 0.0625 + 1 + 0.84375
    assert sharpest([outputs])[0] == pytest.approx((1 + 2 * 0.84375) / 1.90625, rel=1e-5)


def test_a_batch_has_the_directions_of_enough_edges_each_with_its_edges_and_its_blur():
    records = edge_records(3)
    for tile, counts in enumerate([(24, 23, 0, 200, 24, 1, 0, 96), (0,) * 8, (0, 0, 0, 0, 0, 0, 0, 30)]):
        numbers = np.repeat(np.arange(8), counts)
        records["edge_direction"][tile] = samples.NONE
        records["edge_direction"][tile, 5 : 5 + len(numbers)] = np.random.default_rng(tile).permutation(numbers)
    records["edges"] = np.arange(samples.COUNT)[None, :, None] + 4 * np.arange(INPUTS)  # exact in half precision
    scaling = {"edge_mean": np.full(INPUTS, 500, np.float32), "edge_scale": np.full(INPUTS, 300, np.float32)}
    inputs, log_sigma, tile = direction.batch_of(records, [1, 2, 0], scaling, np.random.default_rng(0))
    assert inputs.shape == (5, direction.DRAWN, INPUTS) and inputs.dtype == log_sigma.dtype == torch.float32
    assert tile.tolist() == [1, 2, 2, 2, 2]  # places among the tiles given
    groups = [(2, 7), (0, 0), (0, 3), (0, 4), (0, 7)]
    for (record, number), values, log in zip(groups, inputs.numpy() * 300 + 500, log_sigma.tolist(), strict=True):
        assert log == pytest.approx(math.log(direction.known_sigmas(records["covariance"][record])[number]))
        drawn = np.rint(values[:, 0]).astype(int)
        assert values == pytest.approx(drawn[:, None] + 4.0 * np.arange(INPUTS), abs=0.01)
        mine = np.flatnonzero(records["edge_direction"][record] == number)
        assert set(drawn.tolist()) <= set(mine.tolist()) and len(set(drawn.tolist())) > 0.5 * min(96, len(mine))
        assert len(set(drawn.tolist())) == 96 or len(mine) < 96  # none is drawn twice unless they are few


def plain_loss(results, log_sigma, tile):
    """The loss, its three parts in loops, and the share of pairs in the right order."""
    pooled = [plain_sharpest(one) for one in results.tolist()]
    square = np.mean([(one - known) ** 2 for one, known in zip(pooled, log_sigma, strict=True)])
    order, right, likelihood = [], [], []
    for i, j in np.ndindex(len(tile), len(tile)):
        if tile[i] == tile[j] and log_sigma[i] - log_sigma[j] > 0.1:
            order.append(math.log1p(math.exp(-6 * (pooled[i] - pooled[j]))))
            right.append(pooled[i] > pooled[j])
    for one, known in zip(results.tolist(), log_sigma, strict=True):
        for value, deviation in one:
            deviation = min(max(deviation, -3), 3)
            likelihood.append(0.5 * ((value - known) / math.exp(deviation)) ** 2 + deviation)
    order, right = (np.mean(part) if part else 0.0 for part in (order, right))
    return 2 * square + order + 0.2 * np.mean(likelihood), right


@pytest.mark.parametrize("spread", [0.5, 4])
@pytest.mark.parametrize("tiles", [[0, 0, 0, 1, 1], [0, 1, 2, 3, 4], [0]])
def test_the_loss_is_its_three_parts_summed_in_loops(tiles, spread):
    rng = np.random.default_rng(len(set(tiles)))
    results = (rng.normal(0, spread, (len(tiles), 40, 2)) + rng.normal(0, 1, (len(tiles), 1, 2))).astype(np.float32)
    log_sigma = np.float32([0.3, 0.35, 1.0, -0.7, 0.9][: len(tiles)])
    answers = torch.from_numpy(results)
    total, right = direction.loss(
        lambda inputs: answers, answers, torch.from_numpy(log_sigma), torch.tensor(tiles, dtype=torch.int64)
    )
    expected, expected_right = plain_loss(results, log_sigma.tolist(), tiles)
    assert total.item() == pytest.approx(expected, rel=1e-4)
    assert right.item() == pytest.approx(expected_right)


def test_a_batch_without_edges_costs_nothing_and_teaches_nothing():
    records, model = edge_records(2), direction.new_model()
    records["edge_direction"] = samples.NONE
    batch = direction.batch_of(records, [0, 1], UNSCALED, np.random.default_rng(0))
    assert batch[0].shape == (0, direction.DRAWN, INPUTS) and len(batch[1]) == len(batch[2]) == 0
    total, right = direction.loss(model, *batch)
    total.backward()
    assert total.item() == right.item() == 0
    assert all((weight.grad == 0).all() for weight in model.parameters())
    assert all(math.isnan(figure) for figure in direction.held_out_results(model, records, [0, 1], UNSCALED))


def test_the_exported_network_gives_what_the_model_gives():
    torch.manual_seed(0)
    model, inputs = direction.new_model(), np.random.default_rng(0).uniform(-5, 5, (50, INPUTS)).astype(np.float32)
    with torch.no_grad():
        expected = model(torch.from_numpy(inputs)).numpy()
    result = direction.outputs(inputs, {**UNSCALED, **direction.exported(model)})
    assert np.ptp(expected, axis=0).min() > 0.1 and result == pytest.approx(expected, abs=1e-5)


EPOCHS = 24


@pytest.fixture(scope="module")
def records(edge_samples):
    return edge_samples


@pytest.fixture(scope="module")
def fitted(records):
    """Weights, accuracy, error, and what was reported after every step."""
    steps = []
    return *direction.fit(records, EPOCHS, 1, lambda *step: steps.append(step)), steps


def quietly(records, seed=1):
    """Weights, accuracy and error after a few steps."""
    return direction.fit(records, 2, seed, lambda *_: None)


def equal(one, other):
    return one.keys() == other.keys() and all((one[name] == other[name]).all() for name in one)


def held_tiles(records):
    return np.flatnonzero(loop.held_out(records, direction.ONE_IN))


def test_it_learns_the_blur_across_the_directions_of_photos_it_has_not_seen_and_their_order(records, fitted):
    weights, accuracy, error, steps = fitted
    assert [s[0] for s in steps] == list(range(1, steps[0][1] + 1)) and all(0 <= s[3] <= 1 for s in steps)
    assert len(steps) == EPOCHS * (34 // direction.TILES)
    assert np.mean([s[2] for s in steps[-4:]]) < 0.2 * np.mean([s[2] for s in steps[:4]])
    assert np.mean([s[3] for s in steps[-4:]]) > 0.9
    errors, in_order = [], []
    for record in records[held_tiles(records)]:
        known, logs = np.log(direction.known_sigmas(record["covariance"])), []
        for number in range(8):
            edges = record["edges"][record["edge_direction"] == number].astype(np.float32)
            logs.append(plain_sharpest(direction.outputs(edges, weights).tolist()))
        errors += (logs - known).tolist()
        in_order += [logs[i] > logs[j] for i, j in np.ndindex(8, 8) if known[i] - known[j] > direction.LEAST_DIFFERENCE]
    assert error == pytest.approx(np.sqrt(np.mean(np.square(errors))), abs=0.03) and error < 0.25
    assert len(in_order) > 60 and np.mean(in_order) > 0.9 and accuracy == pytest.approx(np.mean(in_order), abs=0.05)


@pytest.mark.parametrize("part", ["square", "order", "likelihood"])
def test_each_of_the_losses_teaches_by_itself(records, monkeypatch, part):
    monkeypatch.setattr(direction, "LOSS_WEIGHTS", {name: float(name == part) for name in direction.LOSS_WEIGHTS})
    steps = []
    direction.fit(records, EPOCHS, 1, lambda *step: steps.append(step))
    assert np.mean([right for *_, right in steps[-4:]]) > 0.85


def test_weights_have_the_declared_names_and_shapes(fitted):
    weights = fitted[0]
    assert {name: array.shape for name, array in weights.items()} == direction.SHAPES
    assert all(array.dtype == np.float32 and np.isfinite(array).all() for array in weights.values())


def test_equal_seeds_give_equal_weights_and_others_others(records):
    one, two, three = (quietly(records, seed) for seed in (1, 1, 2))
    assert equal(one[0], two[0]) and one[1:] == two[1:]
    assert (one[0]["edge1.weight"] != three[0]["edge1.weight"]).any()
    assert all((one[0][name] == three[0][name]).all() for name in ("edge_mean", "edge_scale"))


def test_photos_held_out_leave_no_trace_in_the_weights_and_tiles_without_known_blur_none_at_all(records):
    one, other, unknown = quietly(records), records.copy(), records[::3].copy()
    other["edges"][held_tiles(other)] = 3
    two = quietly(other)
    assert equal(one[0], two[0]) and one[2] != two[2]
    unknown["covariance"], unknown["edges"] = np.nan, 77
    three = quietly(np.concatenate([records, unknown]))
    assert equal(one[0], three[0]) and one[1:] == three[1:]


def test_mean_and_deviation_are_those_of_the_edges_learned_from_and_never_zero(records):
    changed = records.copy()
    changed["edges"][..., 3] = 0.5
    changed["edges"][changed["edge_direction"] == samples.NONE] = 99  # no edges
    weights, *_ = quietly(changed)
    learned = np.setdiff1d(np.arange(len(changed)), held_tiles(changed))
    values = np.concatenate([one["edges"][one["edge_direction"] < 8] for one in changed[learned]]).astype(float)
    assert weights["edge_mean"] == pytest.approx(values.mean(axis=0), abs=1e-3)
    assert weights["edge_scale"] == pytest.approx(values.std(axis=0), rel=1e-3, abs=1e-5)
    assert 0 < weights["edge_scale"][3] < 1e-5


def test_without_photos_held_out_nothing_is_learned(records):
    learn = np.setdiff1d(np.arange(len(records)), held_tiles(records))
    with pytest.raises(InputError, match="in no photo that is held out: more photos"):
        quietly(records[learn])
    one = np.concatenate([learn[:1], held_tiles(records)])
    assert all(np.isfinite(array).all() for array in quietly(records[one])[0].values())


def test_a_set_without_known_blur_is_refused_and_so_is_one_that_has_it_in_photos_held_out_alone(records):
    unknown, held = records.copy(), loop.held_out(records, direction.ONE_IN)
    for which in (~held, np.full(len(records), True)):
        unknown["covariance"][which] = np.nan
        message = "patch set has no edges of known blur: nothing in focus in any photo itself, nor a composition"
        with pytest.raises(InputError, match=message):
            quietly(unknown)
