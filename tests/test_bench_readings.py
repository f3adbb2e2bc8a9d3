"""bench/readings.py: the readings of zeng's refinement agree where they must."""

import importlib

import cv2
import numpy as np
import pytest

from blurkit.methods.zeng import refine


@pytest.fixture
def readings(root, monkeypatch):
    monkeypatch.syspath_prepend(root / "bench")
    return importlib.import_module("readings")


@pytest.fixture
def raw():
    """A raw map from 0 to 1."""
    noise = cv2.GaussianBlur(np.random.default_rng(2).random((60, 80)).astype(np.float32), (0, 0), 6)
    return (noise - noise.min()) / (noise.max() - noise.min())


def test_the_reading_of_blurkit_is_one_of_them(readings, raw):
    again = readings.refined(raw, readings.times(refine.LEVEL, refine.otsu))
    assert again == pytest.approx(refine.iterate(raw), abs=1e-5)


def test_all_are_maps_and_differ_in_what_falls(readings, raw):
    made = {label: reading(raw) for label, reading in readings.READINGS.items()}
    for label, sharpness in made.items():
        assert sharpness.dtype == np.float32 and sharpness.min() >= 0 and sharpness.max() <= 1, label
    fallen = {label: (sharpness == 0).mean() for label, sharpness in made.items()}
    assert fallen[".5 Otsu(B_n)"] < fallen["blurkit: .75 Otsu(B_n)"] < fallen["Otsu(B_n)"]
    assert fallen["Otsu(B_0) throughout"] == 1  # while the values fall the threshold stays


def test_what_falls_by_the_first_map_alone_falls_at_the_first_step(readings, raw):
    once = readings.READINGS["mean of B_0 below Otsu(B_0)"](raw)
    mean = cv2.blur(raw, (15, 15), borderType=cv2.BORDER_REFLECT_101)
    assert ((once == 0) == (mean < refine.otsu(raw))).all()


def test_brought_back_to_one_a_map_of_ones_stays(readings):
    for label in (label for label in readings.READINGS if label.startswith("brought")):
        assert readings.READINGS[label](np.ones((9, 9), np.float32)) == pytest.approx(1), label
