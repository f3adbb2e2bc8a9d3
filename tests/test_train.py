"""Weights from patch sets, by every method through the registry: shapes, accuracy, the same bytes for one seed."""

import numpy as np
import pytest

from blurkit import methods
from blurkit.methods import shapes_of
from blurkit.train import least_accuracy, passes, train_weights

pytest.importorskip("torch")


@pytest.fixture
def recorded(monkeypatch):
    """The calls of `fit` of a method in place of its training."""
    calls = []

    def fit(records, epochs, seed, device, report):
        calls.append((len(records), epochs, seed, device))
        report("network", 1, 1, 0.5, 0.75)
        return {"w": np.zeros(1, np.float32)}, {"accuracy": 0.75}

    monkeypatch.setattr(methods.get("zeng"), "fit", fit)
    return calls


def test_the_method_of_that_name_learns_from_the_records_and_reports_its_steps(recorded):
    steps = []
    records = np.zeros(5, methods.get("zeng").patch_record())
    weights, measured = train_weights(records, "zeng", 3, 7, "cpu", lambda *step: steps.append(step))
    assert recorded == [(5, 3, 7, "cpu")] and steps == [("network", 1, 1, 0.5, 0.75)]
    assert list(weights) == ["w"] and measured == {"accuracy": 0.75}


def test_the_part_that_is_named_learns(monkeypatch):
    parts = []
    for part in methods.PARTS:
        fit = lambda *_, part=part: parts.append(part) or ({}, {"accuracy": 1.0})  # noqa: E731
        monkeypatch.setattr(methods.get("joint", part), "fit", fit)
    for words in ((), ("map",), ("score",)):
        train_weights(np.zeros(1), "joint", 1, 0, "cpu", print, *words)
    assert parts == ["map", "map", "score"]


def test_an_unknown_method_is_told():
    with pytest.raises(ValueError, match="unknown method 'laplace'"):
        train_weights(np.zeros(1), "laplace", 1, 0, "cpu", print)


@pytest.mark.parametrize(("patches", "expected"), [(159_225, 16), (20_000, 16), (10_000, 32), (1_700, 189), (10, 400)])
def test_fewer_patches_take_more_passes(patches, expected):
    assert passes("zeng", patches) == expected
    assert passes("park", 10 * patches) == methods.info("park").epochs


def test_the_least_accuracy_is_lower_for_few_photos_and_never_above_the_methods():
    assert least_accuracy("zeng", 30) == pytest.approx(0.9 - (0.9 * 0.1 / 3) ** 0.5)
    assert least_accuracy("zeng", 1) == least_accuracy("zeng", 10) < least_accuracy("zeng", 11) < 0.9
    assert least_accuracy("zeng", 10**6) == pytest.approx(0.9, abs=0.001)
    assert least_accuracy("zeng", 10**6, as_published=True) == pytest.approx(0.7, abs=0.002)


def test_a_method_without_a_training_as_published_says_whose_has_one():
    assert set(shapes_of("zeng", as_published=True)) < set(shapes_of("zeng"))
    for method in ("park", "joint"):
        with pytest.raises(ValueError, match=f"method {method} has no training of its own as_published; method zeng"):
            shapes_of(method, as_published=True)
