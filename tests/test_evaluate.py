"""Figures against counts of pairs and pixels one by one, and against the published evaluation program if present."""

import importlib.util

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from blurkit.errors import InputError
from blurkit.evaluate import auc, compare, f_measure, summary

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
