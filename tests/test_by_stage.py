"""What the stages of every method give: of the type and range that is said, and in the relations of the papers."""

import cv2
import numpy as np
import pytest
from scipy.signal import correlate2d

import blurkit
from blurkit import methods
from blurkit.errors import UsageError
from blurkit.io.weights import find_weights, write_weights
from blurkit.methods.joint import inputs
from blurkit.ops.colour import grey
from tests.methods.park.test_reference import CROPS

EVERY = [(name, stage) for name in methods.METHODS for stage in methods.outputs(name)]


@pytest.fixture(scope="module")
def stage(graded):
    """stage(method, name): what it gives for one photo, made once."""
    made = {}

    def stage(method, name):
        if (method, name) not in made:
            made[method, name] = blurkit.stage(graded, name, method=method)
        return made[method, name]

    return stage


@pytest.fixture(scope="module")
def kernels():
    with np.load(find_weights("zeng-published")) as arrays:
        return arrays["published"].astype(np.float64)


@pytest.mark.parametrize(("method", "name"), EVERY)
def test_a_stage_gives_what_its_table_says(stage, graded, method, name):
    said, given = methods.output(method, name), stage(method, name)
    if not said.planes:
        assert given.dtype.names[:3] == ("row", "col", "strong") and given.ndim == 1 and len(given) > 100
        return
    height, width = graded.shape[:2]
    assert given.dtype == np.float32 and np.isfinite(given).all() and given.ndim == 2 + (said.planes > 1)
    assert said.cells or given.shape[-2:] == (height, width)
    if said.planes > 1:
        assert len(given) == said.planes
    if said.white:
        assert given.min() >= 0 and given.max() <= said.white + 1e-6


# ---- zeng: |K2 * (K1 * I)|, scaled, smoothed, iterated ----


def test_the_first_filter_then_the_second_then_the_absolute_value(stage, graded, kernels):
    first, second = kernels
    plane = grey(graded).astype(np.float64)
    once = correlate2d(np.pad(plane, 3, "reflect"), first, "valid")
    assert np.abs(stage("zeng", "L1") - once).max() < 1e-5 and stage("zeng", "L1").min() < 0
    twice = np.abs(correlate2d(np.pad(once, 3, "reflect"), second, "valid"))
    assert np.abs(stage("zeng", "L") - twice).max() < 1e-5


def test_the_metric_is_scaled_by_its_90th_percentile_and_smoothed(stage, run, graded, tmp_path):
    scaled, metric = stage("zeng", "scaled"), stage("zeng", "L")
    assert np.array_equal(scaled == 1, metric >= np.float32(np.percentile(metric, 90)))
    assert scaled[metric < metric.mean()] == pytest.approx(
        metric[metric < metric.mean()] / np.percentile(metric, 90), rel=1e-5
    )
    smoothed = cv2.GaussianBlur(scaled, (0, 0), 15, borderType=cv2.BORDER_REFLECT_101)
    raw = blurkit.load("zeng", as_published=True).raw_map(graded).value
    assert np.array_equal(stage("zeng", "B_0"), smoothed) and np.array_equal(stage("zeng", "B_0"), raw)


def test_the_steps_are_those_of_the_paper_and_their_mix_is_the_map(stage, graded):
    current, steps = stage("zeng", "B_0"), {}
    for number in range(1, 101):
        mean = cv2.blur(current, (15, 15), borderType=cv2.BORDER_REFLECT_101)
        threshold, _ = cv2.threshold(
            (current * 255 + 0.5).astype(np.uint8), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU
        )
        current = np.where(mean < np.float32(0.75) * np.float32(threshold / 255), np.float32(0), np.tanh(current))
        steps[number] = current
    for number in (10, 50, 100):
        assert np.array_equal(stage("zeng", f"B_{number}"), steps[number])
    mix = 0.3 * stage("zeng", "B_10") + 0.2 * stage("zeng", "B_50") + 0.5 * stage("zeng", "B_100")
    final = blurkit.load("zeng", as_published=True).sharpness_map(graded)
    assert mix.max() > 0.1 and np.abs(final / final.max() - mix / mix.max()).max() < 1e-5


# ---- park: edges, features, posteriors, sparse map, guide, bilateral, full, median ----


def test_points_are_the_edges_in_row_order(stage):
    kinds = stage("park", "edges")
    for name in ("features", "posteriors"):
        table = stage("park", name)
        at = np.stack([table["row"], table["col"]], axis=1)
        assert np.array_equal(at, np.argwhere(kinds)) and np.array_equal(table["strong"], kinds[kinds > 0] == 2)
    assert set(np.unique(kinds)) == {0, 1, 2}


def test_the_features_give_the_posteriors_by_the_weights_alone(stage):
    table = stage("park", "features")
    with np.load(find_weights("park")) as weights:
        x = np.hstack([np.rint(255.0 * table[name]) for name in ("fD", "fG", "fS")] + [table["fC"]])
        for layer in ("fc1", "fc2", "fc3"):
            x = np.maximum(x @ weights[f"published.{layer}.weight"].T + weights[f"published.{layer}.bias"], 0)
    odds = np.exp(x - x.max(axis=1, keepdims=True))
    expected = odds / odds.sum(axis=1, keepdims=True)
    assert np.abs(stage("park", "posteriors")["posterior"] - expected).max() < 1e-3


def test_a_hand_crafted_feature_is_a_share_and_a_constant_of_one_scale(stage):
    table = stage("park", "features")
    large, small = table["fD"][:, :26].sum(axis=1), table["fD"][:, 26:].sum(axis=1)
    assert large[table["strong"] == 0] == pytest.approx(2) and not large[table["strong"] == 1].any()
    assert small[table["strong"] == 1] == pytest.approx(2) and not small[table["strong"] == 0].any()


def test_the_sparse_map_is_the_likeliest_class_and_its_probability(stage):
    table, classes = stage("park", "posteriors"), 0.5 + 0.15 * np.arange(11)
    at = table["row"], table["col"]
    assert stage("park", "sparse")[at] == pytest.approx(classes[table["posterior"].argmax(axis=1)], abs=1e-5)
    assert np.array_equal(stage("park", "confidence")[at], table["posterior"].max(axis=1))
    assert np.array_equal(stage("park", "sparse") > 0, stage("park", "edges") > 0)


def test_the_bilateral_filter_keeps_the_points_and_the_median_is_the_map(stage, graded):
    assert np.array_equal(stage("park", "bilateral") > 0, stage("park", "sparse") > 0)
    assert np.array_equal(stage("park", "median"), blurkit.load("park", as_published=True).blur_map(graded))
    assert 0 < np.abs(stage("park", "full") - stage("park", "median")).mean() < 0.1


@pytest.mark.parametrize("crop", CROPS[:2])
def test_with_the_published_weights_the_stages_are_those_of_the_published_program(shared, tmp_path, crop):
    folder = shared / "reference" / "park"
    if not folder.is_dir():
        pytest.skip("there is no ../shared/reference/park")
    with np.load(folder / "published_weights.npz") as theirs, np.load(find_weights("park")) as ours:
        arrays = {name: ours[name] for name in ours.files if name != "header"}
        arrays |= {f"published.{name}": theirs[name] for name in theirs.files}
    model = blurkit.load("park", weights=write_weights(arrays, {"method": "park"}), device="cpu")
    photo = np.ascontiguousarray(cv2.imread(str(folder / f"{crop}.png"))[..., ::-1])
    with np.load(folder / f"{crop}.npz") as expected:
        kinds = model.stage(photo, "edges")
        assert (kinds == expected["edges"]).mean() >= 0.995
        table = model.stage(photo, "features")
        number = np.full(photo.shape[:2], -1)
        number[table["row"], table["col"]] = np.arange(len(table))
        alike = (kinds == expected["edges"])[tuple(expected["points"].T)]
        at = number[tuple(expected["points"][alike].T)]
        features = np.stack([table[name][at] for name in ("fD", "fG", "fS")])
        assert alike.mean() > 0.97 and np.abs(features - expected["features"][:, alike]).max() < 1e-6
        posterior = model.stage(photo, "posteriors")["posterior"][at]
        assert (np.abs(posterior - expected["probabilities"][alike]).max(axis=1) <= 1e-4).mean() >= 0.95
        assert np.abs(model.stage(photo, "guide").transpose(1, 2, 0) - expected["guide"]).mean() <= 0.01
        for name in ("full", "median"):
            assert np.corrcoef(model.stage(photo, name).ravel(), expected[name].ravel())[0, 1] >= 0.999


# ---- joint: evidence by name, logits ----


def test_the_evidence_by_name_is_all_of_it(stage):
    together = np.stack([stage("joint", name) for name in inputs.PLANE_NAMES])
    assert np.array_equal(stage("joint", "evidence"), together)


def test_the_log_odds_make_the_raw_map_and_the_motion_the_kinds(stage, graded):
    model, size = blurkit.load("joint"), graded.shape[1::-1]
    raw = cv2.resize(1 / (1 + np.exp(-stage("joint", "logits"))), size, interpolation=cv2.INTER_LINEAR)
    assert np.abs(raw - model.raw_map(graded).value).max() < 1e-5
    is_moved, kinds = stage("joint", "motion") > 0.5, model.kind_map(graded)
    assert (is_moved[kinds > 0] == (kinds[kinds > 0] == 2)).all() and (kinds > 0).any()
    assert stage("joint", "motion_logits").shape == stage("joint", "logits").shape


def test_bars_around_a_photo_are_no_part_of_joints_stages(graded):
    framed = np.zeros((200, 160, 3), np.uint8)
    framed[40:160] = graded
    assert np.array_equal(blurkit.stage(framed, "logits"), blurkit.stage(graded, "logits"))


# ---- the tables ----


def test_stages_are_listed_with_their_shapes():
    listed = blurkit.list_stages("park")
    assert [*listed] == [
        *("edges", "features", "posteriors", "sparse", "confidence", "guide", "bilateral", "full", "median"),
    ]
    assert listed["guide"].startswith("(3, H, W): ") and listed["features"].startswith("(n,): ")
    assert blurkit.list_stages()["logits"].startswith("(h, w): ")


def test_a_stage_that_is_not_there_is_named_with_those_that_are(graded):
    with pytest.raises(UsageError, match="method zeng has no stage 'L3'; there are: L1, L, scaled, B_0, B_10"):
        blurkit.stage(graded, "L3", method="zeng")
