"""bench/study_sets.py: the series it makes are what it states, and are counted as they are told."""

import importlib

import numpy as np
import pytest


@pytest.fixture
def study(root, monkeypatch):
    """The module."""
    monkeypatch.syspath_prepend(root / "bench")
    return importlib.import_module("study_sets")


@pytest.fixture
def photo(discs):
    return discs(np.random.default_rng(2), 240, 480).astype(np.float32)


def test_series_are_told_and_counted(study, photo):
    rng = np.random.default_rng(1)
    segments = np.repeat(np.arange(10), 48)[None, :].repeat(240, axis=0)
    stacks = [study.stack(photo, segments, count, 1.0, rng) for count in (5, 10)]
    bursts = [study.burst(photo, 3, trouble, rng) for trouble in ("none", "focus")]
    panoramas = [study.panorama(photo, 3, 0.5, rng)]
    assert study.shares(stacks, "stack") == {"stack": 1, "kept whole": 1, "series": 2}
    assert study.shares(panoramas, "panorama") == {"panorama": 1, "kept whole": 1, "series": 1}
    assert study.shares(bursts, "burst") == {"burst": 1, "kept whole": 0, "series": 2}
    assert study.panorama(photo, 6, 0.6, rng) is None  # there is no room


def test_a_streak_is_as_long_as_it_says_and_keeps_the_light(study):
    for length, angle in ((8, 0.0), (12, np.pi / 2)):
        kernel = study.streak(length, angle)
        rows, columns = np.nonzero(kernel)
        assert kernel.sum() == pytest.approx(1) and max(np.ptp(rows), np.ptp(columns)) == length
        assert min(np.ptp(rows), np.ptp(columns)) == 0
