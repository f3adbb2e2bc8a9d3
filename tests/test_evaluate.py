"""Figures against counts of pairs and pixels one by one, and against the published evaluation program if present."""

import importlib.util

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from blurkit.errors import InputError
from blurkit.evaluate import (
    RECALLS,
    auc,
    best_f,
    compare,
    edge_order,
    f_measure,
    is_inverted,
    precision_at_recall,
    ranked,
    reliability,
    summary,
)

FIGURES = {"AUC": "auc", "Fmax": "f_max", "Fadp": "f_adaptive", "Fblur": "f_blurred", "MAE": "mae", "acc": "accuracy"}


def example(seed, height=23, width=31):
    """A map that agrees with its truth more or less, with ties, and a truth with unknown pixels."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(np.uint8([0, 128, 255]), (height, width), p=[0.5, 0.2, 0.3])
    sharpness_map = np.clip(0.3 * (truth / 255) * rng.random() + rng.random((height, width)) * 0.7, 0, 1)
    return np.round(sharpness_map, 2).astype(np.float32), truth


@given(
    hn.arrays(np.float64, st.integers(2, 30), elements=st.integers(0, 5).map(lambda n: n / 5)),
    st.integers(0, 2**30 - 1),
)
def test_auc_is_the_share_of_pairs_in_order_with_ties_counting_half(values, bits):
    positive = np.array([bits >> i & 1 for i in range(len(values))], bool)
    positive[:2] = True, False
    pairs = [(p > n) + 0.5 * (p == n) for p in values[positive] for n in values[~positive]]
    assert auc(values, positive) == pytest.approx(np.mean(pairs))


def count_hits(predicted, actual):
    """Number of true positives, pixel by pixel."""
    return sum(one and other for one, other in zip(predicted, actual, strict=True))


def f_in_a_loop(predicted, actual):
    hits = count_hits(predicted, actual)
    precision, recall = hits / max(sum(predicted), 1), hits / sum(actual)
    return 1.3 * precision * recall / max(0.3 * precision + recall, 1e-9)


@given(st.integers(0, 10**6))
def test_all_figures_of_one_map_equal_a_count_pixel_by_pixel(seed):
    sharpness_map, truth = example(seed)
    level = min(1.5 * float(sharpness_map.mean(dtype=np.float64)), 0.95 * float(sharpness_map.max()))
    labelled = np.isin(truth, (0, 255))
    values, sharp = sharpness_map[labelled].tolist(), (truth[labelled] == 255).tolist()
    figures = compare(sharpness_map, truth)
    assert figures["f_adaptive"] == pytest.approx(f_in_a_loop([value >= level for value in values], sharp))
    blurred = [not is_sharp for is_sharp in sharp]
    assert figures["f_blurred"] == pytest.approx(f_in_a_loop([value < 0.5 for value in values], blurred))
    errors = [abs(value - is_sharp) for value, is_sharp in zip(values, sharp, strict=True)]
    assert figures["mae"] == pytest.approx(np.mean(errors))
    for k in (0, 77, 200):
        predicted = [value >= k / 256 for value in values]
        hits = count_hits(predicted, sharp)
        agreements = [one == other for one, other in zip(predicted, sharp, strict=True)]
        assert figures["precision"][k] == pytest.approx(hits / sum(predicted) if any(predicted) else 1)
        assert figures["recall"][k] == pytest.approx(hits / sum(sharp))
        assert figures["accuracy"][k] == pytest.approx(np.mean(agreements))


def test_a_perfect_map_has_perfect_figures_and_its_opposite_has_the_worst():
    truth = np.uint8([[255, 255, 0, 0, 128]])
    best = summary([compare(np.float32([[1, 1, 0, 0, 0.2]]), truth)])
    worst = summary([compare(np.float32([[0, 0, 1, 1, 0.2]]), truth)])
    assert best == pytest.approx(
        {"auc": 1, "f_max": 1, "f_adaptive": 1, "f_blurred": 1, "mae": 0, "accuracy": 1, "precision": 1, "recall": 1}
    )
    assert worst["auc"] == 0 and worst["mae"] == 1 and worst["f_adaptive"] == 0 and worst["f_blurred"] == 0


def test_unknown_pixels_do_not_count_but_for_the_mean_of_the_map():
    sharpness_map, truth = example(1)
    permuted = np.random.default_rng(9).permutation(sharpness_map.ravel()).reshape(truth.shape)
    changed = np.where(truth == 128, permuted, sharpness_map)
    figures, same = compare(sharpness_map, truth), compare(changed, truth)
    assert all(np.array_equal(figures[name], same[name]) for name in figures if name != "f_adaptive")


@pytest.mark.parametrize("only", [0, 255])
def test_a_truth_of_one_class_counts_for_mae_and_accuracy_alone(only):
    sharpness_map, truth = example(2)
    lone = compare(sharpness_map, np.full_like(truth, only))
    assert np.isnan([lone["auc"], lone["f_adaptive"], lone["f_blurred"]]).all()
    assert lone["mae"] == pytest.approx(np.abs(sharpness_map - only / 255).mean())
    both = compare(sharpness_map, truth)
    alone, joined = summary([both]), summary([both, lone])
    assert all(joined[name] == pytest.approx(alone[name]) for name in ("auc", "f_max", "f_adaptive", "f_blurred"))
    assert joined["mae"] == pytest.approx((both["mae"] + lone["mae"]) / 2)


def test_a_truth_without_sharp_or_blurred_pixels_is_refused():
    with pytest.raises(InputError, match="no pixel"):
        compare(np.zeros((2, 2), np.float32), np.full((2, 2), 128, np.uint8))


def test_f_weighs_recall_by_three_tenths():
    assert f_measure(0.5, 0.8) == pytest.approx(1.3 * 0.4 / (0.15 + 0.8))
    assert f_measure(0.0, 0.0) == 0


def test_the_summary_takes_the_best_of_the_mean_curves_not_the_mean_of_the_best():
    compared = [compare(*example(seed)) for seed in range(4)]
    figures = summary(compared)
    curves = ("precision", "recall", "accuracy")
    precision, recall, accuracy = (np.mean([c[name] for c in compared], axis=0) for name in curves)
    f_measures = [1.3 * p * r / (0.3 * p + r) for p, r in zip(precision, recall, strict=True) if p + r]
    assert figures["f_max"] == pytest.approx(max(f_measures))
    assert figures["accuracy"] == pytest.approx(accuracy.max())
    assert (figures["precision"], figures["recall"]) == (pytest.approx(precision[128]), pytest.approx(recall[128]))
    assert figures["auc"] == pytest.approx(np.mean([c["auc"] for c in compared]))


def test_all_figures_equal_those_of_the_program_beside_the_checkout(shared, tmp_path):
    program = shared / "tools" / "evalmaps.py"
    if not program.is_file():
        pytest.skip("there is no ../shared/tools/evalmaps.py")
    spec = importlib.util.spec_from_file_location("evalmaps", program)
    evalmaps = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(evalmaps)
    examples = [example(seed, 40 + seed, 50) for seed in range(5)]
    for number, (sharpness_map, truth) in enumerate(examples):
        np.save(tmp_path / f"{number}.npy", sharpness_map)
        cv2.imwrite(str(tmp_path / f"{number}.mask.png"), truth)
    expected = evalmaps.evaluate(str(tmp_path), str(tmp_path))
    figures = summary([compare(sharpness_map, truth) for sharpness_map, truth in examples])
    assert expected["n"] == 5
    for theirs, ours in FIGURES.items():
        assert figures[ours] == pytest.approx(expected[theirs], abs=1e-4), ours


# ---- curves by rank: against a count at every value, one by one -----------------


def counts_by_value(values, sharp):
    """[(sharp, blurred)] at or above each value, from the largest down, by plain sorting."""
    pairs, counts = sorted(zip(values, sharp, strict=True), reverse=True), {}
    hits = misses = 0
    for value, is_sharp in pairs:
        hits, misses = hits + is_sharp, misses + (not is_sharp)
        counts[value] = hits, misses  # that of the last pixel of a value stays
    return counts


def precision_in_a_loop(counts, recall):
    """Precision at a recall, pixels of one value coming in evenly."""
    steps = list(counts.values())
    needed, before = recall * steps[-1][0], (0, 0)
    for hits, misses in steps:
        if hits >= needed and (recall or hits):
            part = (needed - before[0]) / (hits - before[0])
            passed = before[1] + part * (misses - before[1])
            return needed / (needed + passed) if recall else steps[0][0] / sum(steps[0])
        before = hits, misses
    raise AssertionError


@given(st.integers(0, 10**6), st.integers(2, 40))
def test_precision_at_recall_equals_that_by_plain_sorting(seed, kinds):
    rng = np.random.default_rng(seed)
    values, sharp = rng.integers(0, kinds, 60) / kinds, rng.random(60) < 0.4
    sharp[:2] = True, False
    counts = counts_by_value(values, sharp)
    expected = [precision_in_a_loop(counts, recall) for recall in RECALLS]
    assert precision_at_recall(ranked(values, sharp)) == pytest.approx(expected)


def best_f_in_a_loop(examples):
    """Largest F of the mean precision and recall at every value of every map, pixel by pixel."""
    known = [(m[t != 128], t[t != 128] == 255) for m, t in examples]
    best = 0
    for level in {float(value) for values, _ in known for value in values}:
        marked = [(values >= level, sharp) for values, sharp in known]
        precision = np.mean([(m & s).sum() / m.sum() if m.any() else 1 for m, s in marked])
        recall = np.mean([(m & s).sum() / s.sum() for m, s in marked])
        best = max(best, f_measure(precision, recall))
    return best


@given(st.integers(0, 10**6))
def test_the_exact_f_is_the_largest_at_any_value_of_any_map(seed):
    examples = [example(seed + number, 9, 11) for number in range(3)]
    assert best_f([compare(*pair) for pair in examples]) == pytest.approx(best_f_in_a_loop(examples))


def test_the_exact_f_of_maps_with_more_values_than_ranks_is_that_of_all_their_values():
    rng = np.random.default_rng(4)
    truth = np.where(rng.random((150, 200)) < 0.4, np.uint8(255), np.uint8(0))
    maps = [np.clip(0.5 + 0.2 * (truth > 0) + 0.2 * rng.standard_normal(truth.shape), 0, 1) for _ in range(2)]
    found = [compare(sharpness.astype(np.float32), truth) for sharpness in maps]
    assert all(len(figures["steps"].levels) <= 4096 < len(np.unique(m)) for figures, m in zip(found, maps, strict=True))
    sharp = truth.ravel() == 255
    levels = np.unique(np.float32(maps))[::7]
    precision, recall = [], []
    for sharpness in np.float32(maps):
        ordered = [np.sort(sharpness.ravel()[which]) for which in (sharp, ~sharp)]
        hits, misses = (len(part) - np.searchsorted(part, levels) for part in ordered)
        precision.append(np.where(hits + misses, hits / np.maximum(hits + misses, 1), 1))
        recall.append(hits / sharp.sum())
    assert best_f(found) == pytest.approx(f_measure(np.mean(precision, 0), np.mean(recall, 0)).max(), abs=1e-4)


def test_maps_near_one_have_curves_to_recall_0_and_an_f_that_256_thresholds_cannot_see():
    truth = np.uint8([[255] * 50 + [0] * 50])
    near_one = np.float32([[1 - 1e-6] * 50 + [1 - 1e-5] * 50])
    figures = compare(near_one, truth)
    assert figures["auc"] == 1 and figures["precision_at_recall"] == pytest.approx(np.ones(101))
    assert best_f([figures]) == pytest.approx(1) and summary([figures])["f_max"] < 0.6


def test_the_auc_is_the_area_under_the_steps():
    sharpness_map, truth = example(7)
    figures = compare(sharpness_map, truth)
    hits, misses = (np.concatenate([[0], counts]) for counts in figures["steps"][1:])
    assert figures["auc"] == pytest.approx(np.trapezoid(hits / hits[-1], misses / misses[-1]))


def test_reliability_counts_every_known_pixel_once():
    sharpness_map, truth = example(3)
    pixels, sharp, total = reliability(sharpness_map, truth)
    known = truth != 128
    values, in_focus = sharpness_map[known].astype(float), truth[known] == 255
    for number in range(20):
        inside = (values * 20 >= number) & ((values * 20 < number + 1) | (number == 19))
        assert (pixels[number], sharp[number]) == (inside.sum(), (inside & in_focus).sum())
        assert total[number] == pytest.approx(values[inside].sum())


# ---- masks that mean the opposite ------------------------------------------------


def test_edges_are_stronger_where_a_mask_says_in_focus(discs):
    photo = discs(np.random.default_rng(5), 120, 160)
    photo[:, 80:] = cv2.GaussianBlur(photo, (0, 0), 3)[:, 80:]
    truth = np.zeros((120, 160), np.uint8)
    truth[:, :80], truth[:, 76:84] = 255, 128
    right, wrong = edge_order(photo, truth), edge_order(photo, 255 - truth)
    assert right > 0.9 and right + wrong == pytest.approx(1)
    assert np.isnan(edge_order(photo, np.zeros_like(truth)))


@pytest.mark.parametrize(
    ("aucs", "inverted"),
    [([0.19], True), ([0.21], False), ([0.4] * 10, True), ([0.41] * 10, False), ([np.nan], False), ([], False)],
)
def test_the_fewer_photos_the_lower_their_auc_must_be_to_tell_that_masks_are_inverted(aucs, inverted):
    assert is_inverted(aucs) is inverted
    assert is_inverted([*aucs, np.nan]) is inverted


def test_masks_that_are_there_are_not_called_inverted_and_those_turned_over_are(data):
    names = (data / "cuhk" / "val.txt").read_text().split()[::12]
    orders = []
    for name in names:
        photo = cv2.imread(str(data / "cuhk" / "image" / f"{name}.jpg"))[..., ::-1]
        truth = 255 - cv2.imread(str(data / "cuhk" / "gt" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
        orders.append(edge_order(photo, truth))
    assert not is_inverted(orders) and is_inverted([1 - order for order in orders])
