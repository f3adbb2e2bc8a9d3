"""Stage 4: training of the network that measures the blur of cells."""

import itertools
import math

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from blurkit.errors import InputError
from blurkit.methods.joint import blur, evidence, method, patches
from blurkit.ops import backend
from blurkit.training import loop

CPU = backend.CpuBackend
PLANES, PART = evidence.PLANES, patches.PART
FIELDS = [(name, patches.RECORD[name]) for name in ("samples", "samples_whole", "blur", "photo", "number")]


def records_of(*many):
    """Records of (photo, number) without anything else."""
    records = np.zeros(len(many), FIELDS)
    records["photo"], records["number"] = zip(*many, strict=True) if many else ([], [])
    return records


def test_photos_of_one_name_but_another_number_are_apart():
    records = records_of((b"b", 1), (b"a", 2), (b"b", 1), (b"a", 1), (b"b", 2), (b"a", 2))
    photos = blur.grouped(records, np.arange(6))
    assert sorted(tiles.tolist() for tiles in photos) == [[0, 2], [1, 5], [3], [4]]
    photos = blur.grouped(records, np.array([5, 0, 1]))
    assert sorted(tiles.tolist() for tiles in photos) == [[0], [5, 1]]


def test_no_tiles_make_no_photos():
    assert blur.grouped(records_of((b"a", 1)), np.zeros(0, int)) == []
    assert blur.grouped(records_of(), np.zeros(0, int)) == []


@given(
    st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c.png"]), st.integers(0, 3)), max_size=30), st.integers(0, 10**6)
)
def test_grouping_is_by_name_and_number_and_keeps_the_order(many, seed):
    indices = np.flatnonzero(np.random.default_rng(seed).random(len(many)) < 0.7)
    expected = {}
    for i in indices.tolist():
        expected.setdefault(many[i], []).append(i)
    assert sorted(one.tolist() for one in blur.grouped(records_of(*many), indices)) == sorted(expected.values())


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2)), max_size=12))
@example([(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
def test_pairs_that_differ_are_in_order_if_the_wider_is_estimated_wider(sets):
    estimated, known = np.array(sets).reshape(-1, 2).T
    expected = []
    for one, other in itertools.product(sets, sets):
        if one[1] - other[1] > blur.LEAST_DIFFERENCE:
            expected.append(one[0] > other[0])
    assert blur.in_order(estimated, known).tolist() == expected


def test_pairs_alike_do_not_count_and_equal_estimates_are_not_in_order():
    known = np.array([0.0, 0.09, 0.5])
    assert blur.in_order(np.array([5.0, 1.0, 7.0]), known).tolist() == [True, True]
    assert blur.in_order(np.array([7.0, 1.0, 7.0]), known).tolist() == [False, True]
    assert len(blur.in_order(np.zeros(1), np.zeros(1))) == 0


def test_inputs_are_the_evidence_of_the_cells_and_behind_it_the_statistics():
    rng, records = np.random.default_rng(0), np.zeros(4, FIELDS)
    records["samples"] = rng.integers(0, 256, records["samples"].shape)
    records["samples_whole"] = rng.uniform(-2, 2, records["samples_whole"].shape)
    inputs = blur.inputs(records, np.array([3, 1]))
    assert inputs.shape == (2, patches.SAMPLES, blur.INPUTS) and inputs.dtype == np.float32
    for values, record in zip(inputs, records[[3, 1]], strict=True):
        cells = patches.LOW + patches.STEP * record["samples"].astype(float)
        assert values[:, :-3] == pytest.approx(cells, abs=1e-5)
        assert (values[:, -3:] == record["samples_whole"]).all()


def plain_sharpest(outputs):
    """Log sigma of the sharpest tenth of cells of (log sigma, log deviation), weighted by certainty, cell by cell."""
    cells = sorted((value, math.exp(-2 * min(max(deviation, -4), 3))) for value, deviation in outputs)
    left = whole = sum(certainty for _, certainty in cells) / 10
    total = 0.0
    for value, certainty in cells:
        total += value * min(certainty, left)
        left = max(0.0, left - certainty)
    return total / whole


def sharpest_by_torch(outputs):
    torch = pytest.importorskip("torch")
    return blur.sharpest(torch.from_numpy(np.asarray(outputs, np.float32))).numpy()


@given(st.integers(1, 5), st.integers(1, 60), st.sampled_from([0.0, 0.3, 1.0, 4.0]), st.integers(0, 10**6))
@example(3, 256, 1.0, 0)
def test_the_sharpest_tenth_counts_by_certainty(sets, cells, spread, seed):
    rng = np.random.default_rng(seed)  # with spread 4 one cell often holds more than a tenth of the certainty
    log_sigmas = rng.normal(0, 1, (sets, cells))
    log_deviations = rng.normal(0, spread, (sets, cells))
    outputs = np.stack([log_sigmas, log_deviations], axis=2).astype(np.float32)
    pooled = sharpest_by_torch(outputs)
    assert pooled.shape == (sets,)
    assert pooled == pytest.approx([plain_sharpest(one) for one in outputs.tolist()], abs=2e-4)


def test_of_twenty_equally_certain_cells_the_two_sharpest_count_and_a_far_more_certain_one_alone():
    values = np.random.default_rng(0).permutation(20).astype(float)
    outputs = np.stack([values, np.zeros(20)], axis=1)
    assert sharpest_by_torch([outputs])[0] == pytest.approx(0.5)  # of 0 and 1
    outputs[values == 0, 1] = math.log(0.25)  # as certain as 16 others: more than a tenth of all
    assert sharpest_by_torch([outputs])[0] == pytest.approx(0, abs=1e-6)
    outputs[values == 0, 1] = math.log(4)  # a sixteenth of another: 0.1 * 19.0625 = 0.0625 + 1 + 0.84375
    assert sharpest_by_torch([outputs])[0] == pytest.approx((1 + 2 * 0.84375) / 1.90625, rel=1e-5)
    outputs[:, 1] = np.where(values == 12, -50.0, 50.0)  # clipped at e to the -4th and e cubed
    most, least = math.exp(8), math.exp(-6)  # certainty
    tenth = 0.1 * (most + 19 * least)
    expected = (sum(range(12)) * least + 12 * (tenth - 12 * least)) / tenth
    assert sharpest_by_torch([outputs])[0] == pytest.approx(expected, rel=1e-5)


def test_the_order_of_cells_and_the_other_sets_do_not_matter():
    rng = np.random.default_rng(1)
    outputs = rng.normal(0, 1, (3, 50, 2)).astype(np.float32)
    mixed = np.stack([rng.permutation(one) for one in outputs])
    assert sharpest_by_torch(mixed) == pytest.approx(sharpest_by_torch(outputs), abs=1e-5)
    assert np.concatenate([sharpest_by_torch(one[None]) for one in outputs]) == pytest.approx(
        sharpest_by_torch(outputs), abs=1e-6
    )


@pytest.fixture(scope="module")
def sets(discs, names_apart):
    """Eight sets of cells each of 30 photos, six of them held out."""
    held, taught = names_apart(6, 24, blur.ONE_IN)
    rng, records, in_focus = np.random.default_rng(0), [], np.ones((PART, PART), np.float32)
    for name in held + taught:
        photo = discs(rng, PART, PART)
        for _ in range(8):
            record = np.zeros(1, FIELDS)
            record["photo"] = name
            record["samples"], record["samples_whole"], record["blur"] = patches.samples(photo, in_focus, rng)
            records.append(record)
    return np.concatenate(records)


@pytest.fixture(scope="module")
def fitted(sets):
    """Weights, order, and what was reported after every step."""
    pytest.importorskip("torch")
    steps = []
    weights, order = blur.fit(sets, 1, lambda *step: steps.append(step))
    return weights, order, steps


@pytest.fixture
def short(monkeypatch):
    """A training of a few steps."""
    pytest.importorskip("torch")
    monkeypatch.setattr(blur, "EPOCHS", 2)


def quietly(records, seed=1):
    return blur.fit(records, seed, lambda *_: None)


def equal(one, other):
    return one.keys() == other.keys() and all((one[name] == other[name]).all() for name in one)


def held_sets(sets):
    held = loop.held_out(sets, blur.ONE_IN)
    return blur.grouped(sets, np.flatnonzero(held))


def outputs_of(records, weights):
    """Log sigma and log deviation of the cells of some sets, by `estimate`, each cell in a corner of its half."""
    sets = []
    for record in records:
        samples = patches.decoded(record["samples"].T)[:, None]  # one row of cells
        planes, halved = samples[:PLANES], samples[PLANES:]
        planes = planes.repeat(2, axis=2).repeat(2, axis=1)
        estimates = blur.estimate(planes, halved, record["samples_whole"], weights, CPU)
        sets.append(np.log(estimates)[:, 0, ::2].T)
    return np.array(sets)


def test_it_learns_to_order_the_blur_of_photos_it_has_not_seen(sets, fitted):
    weights, order, steps = fitted
    assert [s[0] for s in steps] == list(range(1, steps[0][1] + 1)) and all(0 <= s[3] <= 1 for s in steps)
    assert np.mean([s[2] for s in steps[-10:]]) < 0.5 * np.mean([s[2] for s in steps[:10]])
    assert order > 0.9
    pairs, errors, cells = [], [], []
    for indices in held_sets(sets):
        known, each = np.log(sets["blur"][indices] + blur.LEAST_SIGMA), outputs_of(sets[indices], weights)
        pooled = [plain_sharpest(one) for one in each.tolist()]
        cell_errors = np.abs(each[..., 0] - known[:, None])
        cells += np.stack([each[..., 1], cell_errors], axis=-1).reshape(-1, 2).tolist()
        errors += (pooled - known).tolist()
        pairs += [
            a > b
            for (a, x), (b, y) in itertools.product(zip(pooled, known, strict=True), repeat=2)
            if x - y > blur.LEAST_DIFFERENCE
        ]
    assert order == pytest.approx(np.mean(pairs), abs=0.01) and len(pairs) > 100
    assert abs(np.mean(errors)) < 0.15 and np.std(errors) < 0.3
    certain, uncertain = np.array_split(sorted(cells), 2)  # by their deviation
    assert certain[:, 1].mean() < 0.7 * uncertain[:, 1].mean()  # the deviation predicts the error


def test_weights_have_the_declared_names_and_shapes(fitted):
    weights = fitted[0]
    assert {name: array.shape for name, array in weights.items()} == blur.SHAPES
    assert all(array.dtype == np.float32 and np.isfinite(array).all() for array in weights.values())
    assert weights["blur_scale"].min() > 0


def test_a_photo_blurred_wider_has_a_wider_estimate(discs, fitted):
    photo, sigmas = discs(np.random.default_rng(77), 160, 240), []
    for sigma in (0.6, 1.2, 2.4, 4.5):
        estimates = np.log(method.blur(cv2.GaussianBlur(photo, (0, 0), sigma), fitted[0], "cpu"))
        sigmas.append(math.exp(plain_sharpest(estimates.reshape(2, -1).T.tolist())))
    assert sigmas == pytest.approx([sigma + blur.LEAST_SIGMA for sigma in (0.6, 1.2, 2.4, 4.5)], rel=0.3)


@pytest.mark.parametrize("part", ["square", "order"])
def test_each_of_two_losses_teaches_the_order_by_itself(sets, monkeypatch, part):
    pytest.importorskip("torch")
    monkeypatch.setattr(blur, "LOSS_WEIGHTS", {name: float(name == part) for name in blur.LOSS_WEIGHTS})
    assert quietly(sets)[1] > 0.9


def test_equal_seeds_give_equal_weights_and_others_others(sets, short):
    one, two, three = (quietly(sets, seed) for seed in (1, 1, 2))
    assert equal(one[0], two[0]) and one[1] == two[1]
    assert (one[0]["blur1.weight"] != three[0]["blur1.weight"]).any()
    assert all((one[0][name] == three[0][name]).all() for name in ("blur_mean", "blur_scale"))


def test_photos_held_out_leave_no_trace_in_the_weights(sets, short):
    other = sets.copy()
    held = loop.held_out(other, blur.ONE_IN)
    other["samples"][held], other["samples_whole"][held] = 77, 3
    one, two = quietly(sets), quietly(other)
    assert equal(one[0], two[0]) and one[1] != two[1]
    assert two[1] == 0  # all alike, so none in order
    other["blur"][held] = np.nan
    assert equal(one[0], quietly(other)[0])


def test_tiles_without_known_blur_leave_no_trace_at_all(sets, short):
    unknown = sets[::3].copy()
    unknown["blur"], unknown["samples"] = np.nan, 255
    one, two = quietly(sets), quietly(np.concatenate([sets, unknown]))
    assert equal(one[0], two[0]) and one[1] == two[1]


def test_mean_and_deviation_are_those_of_what_is_learned_from_and_never_zero(sets, short):
    records = sets.copy()
    records["samples"][:, :, 3], records["samples_whole"][:, 1] = 100, -1.5
    weights, _ = quietly(records)
    learned = np.flatnonzero(~loop.held_out(records, blur.ONE_IN))
    values = blur.inputs(records, learned).reshape(-1, blur.INPUTS).astype(float)
    mean, scale = weights["blur_mean"], weights["blur_scale"]
    assert mean == pytest.approx(values.mean(axis=0), abs=2e-3) and mean.dtype == np.float32
    assert scale == pytest.approx(values.std(axis=0), rel=2e-3, abs=1e-3) and scale.min() > 0


def test_without_photos_held_out_the_order_is_zero(sets, short):
    assert quietly(sets[~loop.held_out(sets, blur.ONE_IN)])[1] == 0


def test_a_set_without_known_blur_is_refused_and_so_is_one_that_has_it_in_photos_held_out_alone(sets, short):
    records = sets.copy()
    held = loop.held_out(records, blur.ONE_IN)
    for which in (~held, np.full(len(records), True)):
        records["blur"][which] = np.nan
        message = "patch set has no cells of known blur: nothing in focus in any photo itself, nor a composition"
        with pytest.raises(InputError, match=message):
            quietly(records)


def test_one_photo_is_enough(sets, short):
    learn = sets[~loop.held_out(sets, blur.ONE_IN)]
    assert equal(quietly(learn[:1])[0], quietly(learn[:1])[0])
    assert all(np.isfinite(array).all() for array in quietly(learn[:8])[0].values())
