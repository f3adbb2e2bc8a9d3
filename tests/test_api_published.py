"""Weights trained as published, in Python."""

import functools

import numpy as np
import pytest

import blurkit
from blurkit.errors import UsageError, WeightsError


def test_weights_trained_as_published_go_with_as_published_alone(root, scene):
    path = root / "share" / "weights" / "zeng-published.npz"
    model = blurkit.load("zeng", as_published=True, device="cpu")
    named = blurkit.load("zeng", as_published=True, device="cpu", weights=path)
    assert model.weights_of() == named.weights_of() != blurkit.load("zeng", device="cpu").weights_of()
    assert np.array_equal(model.sharpness_map(scene), named.sharpness_map(scene))
    with pytest.raises(WeightsError, match="zeng-published.npz: weights were trained as published, and go with"):
        blurkit.load("zeng", weights=path)


def test_other_weights_of_zeng_have_filters_for_it_as_well(root, scene):
    models = [
        blurkit.load("zeng", as_published=True, device="cpu", weights=root / "share" / "weights" / f"{name}.npz")
        for name in ("zeng", "zeng-published")
    ]
    raw, other = (model.raw_map(scene).value for model in models)
    assert np.corrcoef(raw.ravel(), other.ravel())[0, 1] > 0.5 and not np.array_equal(raw, other)


def test_the_paper_has_no_score(scene):
    model = blurkit.load("zeng", as_published=True, device="cpu")
    ways = ({}, {"detail": True}, {"boxes": [[0, 0, 40, 40]]})
    for measure in (functools.partial(model.score, **way) for way in ways):
        with pytest.raises(UsageError, match="the papers have no score: load the method without as_published"):
            measure(scene)
