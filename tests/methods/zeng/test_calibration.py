"""Stage 8: from evidence to probability."""

import math

import numpy as np
import pytest

from blurkit.errors import InputError
from blurkit.methods.zeng import basis, calibration


@pytest.fixture
def weights():
    rng = np.random.default_rng(0)
    shapes = {"mean": 26, "scale": 26, "hidden": (26, 32), "hidden_bias": 32, "output": 32, "output_bias": ()}
    arrays = {f"calibration.{name}": rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return {**arrays, "calibration.scale": np.abs(arrays["calibration.scale"]) + 0.1}


def test_probability_is_a_small_network_computed_plainly(weights):
    inputs = np.random.default_rng(1).normal(size=(5, 26)).astype(np.float32)
    for row, probability in zip(inputs, calibration.probability(inputs, weights), strict=True):
        normal = [
            (x - m) / s for x, m, s in zip(row, weights["calibration.mean"], weights["calibration.scale"], strict=True)
        ]
        logit = float(weights["calibration.output_bias"])
        for k in range(32):
            drive = weights["calibration.hidden_bias"][k] + sum(
                n * w for n, w in zip(normal, weights["calibration.hidden"][:, k], strict=True)
            )
            logit += max(drive, 0) * weights["calibration.output"][k]
        assert probability == pytest.approx(1 / (1 + math.exp(-min(max(logit, -30), 30))), abs=1e-4)


def test_probability_survives_wild_evidence(weights):
    wild = np.full((1, 26), 1e6, np.float32)
    for inputs in (wild, -wild):
        assert 0 <= calibration.probability(inputs, weights)[0] <= 1


def test_fit_learns_a_line_and_gives_its_probabilities():
    pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(8000, 26)).astype(np.float32)
    targets = (rng.random(8000) < 1 / (1 + np.exp(-2 * inputs[:, 3]))).astype(np.float32)
    weights = calibration.fit(inputs, targets, 0, lambda *_: None)
    fresh = rng.normal(size=(4000, 26)).astype(np.float32)
    probabilities = calibration.probability(fresh, weights)
    assert np.abs(probabilities - 1 / (1 + np.exp(-2 * fresh[:, 3]))).mean() < 0.08
    again = calibration.fit(inputs, targets, 0, lambda *_: None)
    assert all((weights[name] == again[name]).all() for name in weights)


def test_examples_pair_evidence_with_the_truth_of_the_middle(toy_records):
    filters = basis.pair(*basis.components(np.random.default_rng(2).normal(size=(24, 7, 7)))[0][:2])
    inputs, targets, origin = calibration.examples(toy_records[:90], filters)
    assert inputs.shape == (len(targets), 26) and np.isfinite(inputs).all()
    assert (targets == toy_records["core"][origin]).all()
    assert (inputs[:, 12:24][origin < 30] == inputs[0, 12:24]).all()


def test_slight_blur_and_surplus_compositions_stay_out(toy_records):
    filters = basis.pair(*basis.components(np.random.default_rng(2).normal(size=(24, 7, 7)))[0][:2])
    records = toy_records[:60].copy()
    records["copy"][30:] = 1
    records["sigma"][(records["label"] != 1) & (records["copy"] == 0)] = 0.9
    _, _, origin = calibration.examples(records, filters)
    assert (origin < 30).all() and (records["label"][origin] == 1).all()


def test_too_few_patches_of_every_photo_are_refused(toy_records):
    filters = basis.pair(*basis.components(np.random.default_rng(2).normal(size=(24, 7, 7)))[0][:2])
    with pytest.raises(InputError, match="8 patches; give blur-patches a higher per_photo"):
        calibration.examples(toy_records[:5], filters)
