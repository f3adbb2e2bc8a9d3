"""Every section of bench/study_score.py runs on a few small photos, and its rates and orders are plausible."""

import importlib
import os
import sys

import cv2
import numpy as np
import pytest

SETTINGS = {  # of modules of bench/, so that a section takes a second or two
    "study_score": {"SIGMAS": (0, 2), "NOISES": (0, 5), "SIDES": (320, 200), "TILES": (8, 4)},
    "shake": {"SIDES": {200: (2, 3, (1, 1))}, "LENGTHS": (8, 12)},
    "borders": {"SIZES": (2, 30), "BLURS": (0, 3)},
    "cases": {"SHAPE": (66, 100, 3), "NOISE_ALONE": {"grey": ((128, 8),)}},
    "reduced": {"SIZES": ((800, 600),), "EACH": 1, "METHODS": ("joint",)},
    "throughput": {"COUNTS": {12: (2, 1), 24: (1, 2)}, "LARGE": {12: (400, 300), 24: (600, 400)}},
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory, discs):
    """A folder data/ with two photos of each kind, 160 x 120 pixels, right halves soft or shaken except in sharp/."""
    data, rng = tmp_path_factory.mktemp("bench") / "data", np.random.default_rng(2)
    half = np.zeros((120, 160), np.uint8)
    half[:, 80:] = 255
    for place in ("sharp", "labelled", "cuhk/image", "motion/image", "szu/image"):
        (data / place).mkdir(parents=True)
        for name in ("one", "two"):
            photo = discs(rng, 120, 160)
            if place != "sharp":
                soft = cv2.blur(photo, (15, 1)) if place == "motion/image" else cv2.GaussianBlur(photo, (0, 0), 3)
                photo[:, 80:] = soft[:, 80:]
            cv2.imwrite(str(data / place / f"{name}.png"), photo)
            if place == "labelled":
                cv2.imwrite(str(data / place / f"{name}.mask.png"), 255 - half)
            elif place != "sharp":
                (data / place).with_name("gt").mkdir(exist_ok=True)
                cv2.imwrite(str((data / place).with_name("gt") / f"{name}.png"), half)
                (data / place).with_name("val.txt").write_text("one\n")
    return data


@pytest.fixture
def rows(root, drawn, tmp_path, monkeypatch):
    """rows("shake"): the rows of a section, {label: figures}."""
    monkeypatch.syspath_prepend(root / "bench")
    path = [root / "bin", os.path.dirname(sys.executable), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, path)))
    study = importlib.import_module("study_score")
    for module, values in SETTINGS.items():
        for name, value in values.items():
            monkeypatch.setattr(importlib.import_module(module), name, value)
    monkeypatch.setattr(importlib.import_module("regions").largest_rectangle, "__defaults__", (4,))  # of 8 pixels

    def rows(name):
        (section,) = [section for section in study.SECTIONS if section.__name__ == name]
        return dict(section(drawn, tmp_path, tmp_path))

    rows.study = study
    return rows


def test_every_section_is_tried_here(rows):
    tried = {"meaning", "subject", "size", "regions", "crops", "kinds", "shake", "borders", "cases", "reduced"}
    assert {section.__name__ for section in rows.study.SECTIONS} == tried | {"throughput", "examples", "things"}


def test_examples_are_medians_of_photos_changed_on_purpose(rows):
    found = rows("examples")
    medians = {change: values["median"] for change, values in found.items() if change != "photos sharp all over"}
    assert medians["as they are"] > medians["blurred by 0.8"] > medians["blurred by 3"]
    assert medians["as they are"] > medians["shaken by 5 pixels"] > medians["shaken by 25 pixels"]
    assert medians["white text across the middle"] > medians["blurred by 3"] + 0.1
    kinds = found["photos sharp all over"]
    assert sum(kinds[kind] for kind in ("sharp", "defocus", "motion", "unsure")) == kinds["photos"] > 0


def test_rates_are_told_against_decoding_and_against_plain(rows):
    found = rows("throughput")
    for label, methods in (("12 megapixels", ("joint", "park", "zeng")), ("24 megapixels", ("joint",))):
        rate = found[f"{label}: decoding alone at the size needed"]["photos a second"]
        loop = found[f"{label}: a process of cv2.Laplacian per photo"]["photos a second"]
        for method in methods:
            figures = found[f"{label}: blur-score, {method}"]
            assert figures["photos a second"] > 0
            assert figures["x decoding"] == pytest.approx(figures["photos a second"] / rate)
            assert figures["x loop"] == pytest.approx(figures["photos a second"] / loop)
        plain, detail = (found[f"{label}: blur-score, joint{words}"] for words in ("", ", --detail"))
        assert detail["x plain"] == pytest.approx(detail["photos a second"] / plain["photos a second"])
        assert found[f"{label}: decoding alone, full size"]["photos a second"] > 0
    assert len(found) == 7 + 5 and {label for label in rows.study.REQUIRED if "blur-score" in label} <= set(found)


def test_orders_of_drawn_photos_are_right(rows):
    meaning, subject = rows("meaning"), rows("subject")
    assert meaning["joint"]["equal noise"] == 1
    assert subject["joint: sharper than the soft copy"]["share"] == 1
    required = {label for label in rows.study.REQUIRED if "blur-score" not in label and not label.startswith("things")}
    assert required <= {*meaning, *subject}
    assert set(rows("size")["joint: mean score at a side of"]) == {"320", "200"}
    assert rows("reduced")["reduced, joint"]["most"] < 0.1


def test_halves_that_are_soft_or_shaken_are_told(rows):
    regions = rows("regions")
    assert regions["moving: joint"]["all"] == regions["defocused: joint"]["all"] == 1
    assert regions["moving: photos"]["used"] == 2 and regions["defocused: photos"]["of val.txt"] == 1
    crops = rows("crops")
    assert crops["crops: joint"]["sharp or soft"] == crops["crops: joint"]["sharp or moving"] == 1
    kinds = rows("kinds")
    assert sum(kinds["sharp regions"].values()) == 4 and sum(kinds["moving regions"].values()) == 2


def test_shake_borders_and_noise_have_their_figures(rows):
    shake = rows("shake")
    assert shake["shake: all"]["copies"] == 6 and shake["shake: all"]["below sigma 0.8"] == 1
    assert {f"shake: length {length}" for length in (8, 12)} <= set(shake)
    borders = rows("borders")
    assert borders["plain"]["nothing left out"] == 1 and 0 <= borders["all borders"]["within 0.03"] <= 1
    assert all(row["ok"] for name, row in rows("cases").items() if name.startswith("grey"))
