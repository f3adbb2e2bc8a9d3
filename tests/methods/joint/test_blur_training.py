"""Stage 4: the blur of cells is learned, in order over photos."""

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


def of_sets(*many):
    """Records of (photo, number) without anything else."""
    records = np.zeros(len(many), FIELDS)
    records["photo"], records["number"] = zip(*many, strict=True) if many else ([], [])
    return records


def test_photos_of_one_name_but_another_number_are_apart():
    records = of_sets((b"b", 1), (b"a", 2), (b"b", 1), (b"a", 1), (b"b", 2), (b"a", 2))
    found = blur.grouped(records, np.arange(6))
    assert sorted(one.tolist() for one in found) == [[0, 2], [1, 5], [3], [4]]
    found = blur.grouped(records, np.array([5, 0, 1]))
    assert sorted(one.tolist() for one in found) == [[0], [5, 1]]


def test_no_tiles_are_of_no_photo():
    assert blur.grouped(of_sets((b"a", 1)), np.zeros(0, int)) == []
    assert blur.grouped(of_sets(), np.zeros(0, int)) == []


@given(
    st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c.png"]), st.integers(0, 3)), max_size=30), st.integers(0, 10**6)
)
def test_grouping_is_by_name_and_number_and_keeps_the_order(many, seed):
    indices = np.flatnonzero(np.random.default_rng(seed).random(len(many)) < 0.7)
    expected = {}
    for i in indices.tolist():
        expected.setdefault(many[i], []).append(i)
    assert sorted(one.tolist() for one in blur.grouped(of_sets(*many), indices)) == sorted(expected.values())


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2)), max_size=12))
@example([(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
def test_pairs_apart_are_in_order_where_the_wider_is_found_wider(sets):
    found, known = np.array(sets).reshape(-1, 2).T
    expected = [one[0] > other[0] for one, other in itertools.product(sets, sets) if one[1] - other[1] > blur.APART]
    assert blur.in_order(found, known).tolist() == expected


def test_pairs_alike_count_not_and_what_is_found_equal_is_not_in_order():
    known = np.array([0.0, 0.09, 0.5])
    assert blur.in_order(np.array([5.0, 1.0, 7.0]), known).tolist() == [True, True]
    assert blur.in_order(np.array([7.0, 1.0, 7.0]), known).tolist() == [False, True]
    assert len(blur.in_order(np.zeros(1), np.zeros(1))) == 0


def test_inputs_are_the_evidence_of_the_cells_and_behind_it_the_statistics():
    rng, records = np.random.default_rng(0), np.zeros(4, FIELDS)
    records["samples"] = rng.integers(0, 256, records["samples"].shape)
    records["samples_whole"] = rng.uniform(-2, 2, records["samples_whole"].shape)
    found = blur.inputs(records, np.array([3, 1]))
    assert found.shape == (2, patches.SAMPLES, blur.INPUTS) and found.dtype == np.float32
    for place, i in enumerate((3, 1)):
        assert found[place, :, :-3] == pytest.approx(
            patches.LOW + patches.STEP * records["samples"][i].astype(float), abs=1e-5
        )
        assert (found[place, :, -3:] == records["samples_whole"][i]).all()


def plain_sharpest(told):
    """Log sigma of the sharpest tenth of a set of (log sigma, log deviation) by certainty, cell after cell."""
    cells = sorted((value, math.exp(-2 * min(max(deviation, -4), 3))) for value, deviation in told)
    left = whole = sum(certainty for _, certainty in cells) / 10
    total = 0.0
    for value, certainty in cells:
        total += value * min(certainty, left)
        left = max(0.0, left - certainty)
    return total / whole


def by_torch(told):
    torch = pytest.importorskip("torch")
    return blur.sharpest(torch.from_numpy(np.asarray(told, np.float32))).numpy()


@given(st.integers(1, 5), st.integers(1, 60), st.sampled_from([0.0, 0.3, 1.0, 4.0]), st.integers(0, 10**6))
@example(3, 256, 1.0, 0)
def test_the_sharpest_tenth_counts_by_certainty(sets, cells, spread, seed):
    rng = np.random.default_rng(seed)  # of spread 4 one cell often holds more than a tenth
    told = np.stack([rng.normal(0, 1, (sets, cells)), rng.normal(0, spread, (sets, cells))], axis=2).astype(np.float32)
    found = by_torch(told)
    assert found.shape == (sets,) and found == pytest.approx([plain_sharpest(one) for one in told.tolist()], abs=2e-4)


def test_of_twenty_cells_as_sure_the_two_sharpest_count_and_a_surer_one_alone():
    values = np.random.default_rng(0).permutation(20).astype(float)
    told = np.stack([values, np.zeros(20)], axis=1)
    assert by_torch([told])[0] == pytest.approx(0.5)  # of 0 and 1
    told[values == 0, 1] = math.log(0.25)  # as sure as 16 others: a tenth is its own
    assert by_torch([told])[0] == pytest.approx(0, abs=1e-6)
    told[values == 0, 1] = math.log(4)  # a sixteenth of another: 0.1 * 19.0625 = 0.0625 + 1 + 0.84375
    assert by_torch([told])[0] == pytest.approx((1 + 2 * 0.84375) / 1.90625, rel=1e-5)
    told[:, 1] = np.where(values == 12, -50.0, 50.0)  # no surer than e to the -4th, no less sure than e cubed
    sure, unsure = math.exp(8), math.exp(-6)
    expected = (sum(range(12)) * unsure + 12 * (0.1 * (sure + 19 * unsure) - 12 * unsure)) / (
        0.1 * (sure + 19 * unsure)
    )
    assert by_torch([told])[0] == pytest.approx(expected, rel=1e-5)


def test_the_order_of_cells_and_the_other_sets_do_not_matter():
    rng = np.random.default_rng(1)
    told = rng.normal(0, 1, (3, 50, 2)).astype(np.float32)
    mixed = np.stack([rng.permutation(one) for one in told])
    assert by_torch(mixed) == pytest.approx(by_torch(told), abs=1e-5)
    assert np.concatenate([by_torch(one[None]) for one in told]) == pytest.approx(by_torch(told), abs=1e-6)


@pytest.fixture(scope="module")
def sets(discs, names_apart):
    """Eight sets of cells each of 30 photos, six of them held out."""
    held, taught = names_apart(6, 24, blur.ONE_IN)
    rng, found, sharp = np.random.default_rng(0), [], np.ones((PART, PART), np.float32)
    for name in held + taught:
        photo = discs(rng, PART, PART)
        for _ in range(8):
            record = np.zeros(1, FIELDS)
            record["photo"] = name
            record["samples"], record["samples_whole"], record["blur"] = patches.samples(photo, sharp, rng)
            found.append(record)
    return np.concatenate(found)


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


def told(records, weights):
    """Log sigma and log deviation of the cells of some sets, by `estimate`, each cell in a corner of its half."""
    found = []
    for record in records:
        planes, halved = (
            patches.decoded(record["samples"].T[part])[:, None] for part in (np.s_[:PLANES], np.s_[PLANES:])
        )
        planes = planes.repeat(2, axis=2).repeat(2, axis=1)
        found.append(np.log(blur.estimate(planes, halved, record["samples_whole"], weights, CPU))[:, 0, ::2].T)
    return np.array(found)


def test_it_learns_to_order_the_blur_of_photos_it_has_not_seen(sets, fitted):
    weights, order, steps = fitted
    assert [s[0] for s in steps] == list(range(1, steps[0][1] + 1)) and all(0 <= s[3] <= 1 for s in steps)
    assert np.mean([s[2] for s in steps[-10:]]) < 0.5 * np.mean([s[2] for s in steps[:10]])
    assert order > 0.9
    pairs, errors, cells = [], [], []
    for indices in held_sets(sets):
        known, each = np.log(sets["blur"][indices] + blur.LEAST_SIGMA), told(sets[indices], weights)
        pooled = [plain_sharpest(one) for one in each.tolist()]
        cells += np.stack([each[..., 1], np.abs(each[..., 0] - known[:, None])], axis=-1).reshape(-1, 2).tolist()
        errors += (pooled - known).tolist()
        pairs += [
            a > b
            for (a, x), (b, y) in itertools.product(zip(pooled, known, strict=True), repeat=2)
            if x - y > blur.APART
        ]
    assert order == pytest.approx(np.mean(pairs), abs=0.01) and len(pairs) > 100
    assert abs(np.mean(errors)) < 0.15 and np.std(errors) < 0.3
    sure, unsure = np.array_split(sorted(cells), 2)
    assert sure[:, 1].mean() < 0.7 * unsure[:, 1].mean()  # it knows which cells it does not know


def test_weights_have_the_declared_names_and_shapes(fitted):
    weights = fitted[0]
    assert {name: array.shape for name, array in weights.items()} == blur.SHAPES
    assert (
        all(array.dtype == np.float32 and np.isfinite(array).all() for array in weights.values())
        and weights["blur_scale"].min() > 0
    )


def test_a_photo_blurred_wider_is_told_a_wider_sigma(discs, fitted):
    photo, sigmas = discs(np.random.default_rng(77), 160, 240), []
    for sigma in (0.6, 1.2, 2.4, 4.5):
        found = np.log(method.blur(cv2.GaussianBlur(photo, (0, 0), sigma), fitted[0], "cpu"))
        sigmas.append(math.exp(plain_sharpest(found.reshape(2, -1).T.tolist())))
    assert sigmas == pytest.approx([sigma + blur.LEAST_SIGMA for sigma in (0.6, 1.2, 2.4, 4.5)], rel=0.3)


@pytest.mark.parametrize("part", ["square", "order"])
def test_each_of_two_losses_teaches_the_order_by_itself(sets, monkeypatch, part):
    pytest.importorskip("torch")
    monkeypatch.setattr(blur, "SHARES", {name: float(name == part) for name in blur.SHARES})
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
    values = (
        blur.inputs(records, np.flatnonzero(~loop.held_out(records, blur.ONE_IN)))
        .reshape(-1, blur.INPUTS)
        .astype(float)
    )
    assert (
        weights["blur_mean"] == pytest.approx(values.mean(axis=0), abs=2e-3)
        and weights["blur_mean"].dtype == np.float32
    )
    assert (
        weights["blur_scale"] == pytest.approx(values.std(axis=0), rel=2e-3, abs=1e-3)
        and weights["blur_scale"].min() > 0
    )


def test_without_photos_held_out_the_order_is_naught(sets, short):
    assert quietly(sets[~loop.held_out(sets, blur.ONE_IN)])[1] == 0


def test_a_set_without_known_blur_is_refused_and_so_is_one_that_has_it_in_photos_held_out_alone(sets, short):
    records = sets.copy()
    held = loop.held_out(records, blur.ONE_IN)
    for which in (~held, np.full(len(records), True)):
        records["blur"][which] = np.nan
        with pytest.raises(
            InputError,
            match="patch set has no cells of known blur: nothing in focus in any photo itself, nor a composition",
        ):
            quietly(records)


def test_one_photo_is_enough(sets, short):
    learn = sets[~loop.held_out(sets, blur.ONE_IN)]
    assert equal(quietly(learn[:1])[0], quietly(learn[:1])[0])
    assert all(np.isfinite(array).all() for array in quietly(learn[:8])[0].values())
