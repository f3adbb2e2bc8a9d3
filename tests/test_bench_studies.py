"""What the long studies share: a run that was stopped goes on, and pictures say what they show."""

import importlib
import json
import sys

import cv2
import numpy as np
import pytest


@pytest.fixture
def module(root, monkeypatch):
    """module(NAME): a program of bench/, imported."""
    monkeypatch.syspath_prepend(root / "bench")
    return importlib.import_module


@pytest.fixture
def study(module, tmp_path, monkeypatch):
    """study(rows, *words): a study of rows run by measure.main; its record, the rows that were measured, its status."""
    measure = module("measure")
    (tmp_path / "here").touch()

    def study(rows, *words):
        measured = []

        def one(label, value):
            measured.append(label)
            if value is None:
                raise KeyboardInterrupt
            return {"value": value}

        def things(data, folder, results):
            """Things."""
            return [(label, lambda label=label, value=value: one(label, value)) for label, value in rows.items()]

        line = ["study", "--data", str(tmp_path), "--results", str(tmp_path / "results"), *words]
        monkeypatch.setattr(sys, "argv", line)
        try:
            status = measure.main("named", "About.", [things], {}, needs="here", quick=[things])
        except KeyboardInterrupt:
            status = None
        record = tmp_path / "results" / f"named{'-quick' if words else ''}.json"
        return json.loads(record.read_text()) if record.exists() else None, measured, status

    return study


def test_a_study_that_was_stopped_goes_on_behind_the_rows_it_has(study, tmp_path, capsys):
    assert study({"a": 1, "b": None}) == (None, ["a", "b"], None)
    record, measured, status = study({"a": 7, "b": 2})
    assert (record, measured, status) == ({"things": {"a": {"value": 1}, "b": {"value": 2}}}, ["b"], 0)
    assert "things 1 of 2 (kept)" in capsys.readouterr().err
    assert {path.name for path in (tmp_path / "results").iterdir()} == {"named.json", "named.txt"}
    assert study({"a": 7, "b": 2})[1] == ["a", "b"]  # one that has ended is made anew


def test_rows_made_by_other_programs_do_not_count(study, module, monkeypatch):
    study({"a": 1, "b": None})
    monkeypatch.setattr(module("resume"), "environment", lambda: {"numpy": "0"})
    assert study({"a": 7, "b": 2})[0] == {"things": {"a": {"value": 7}, "b": {"value": 2}}}


def test_the_quick_form_has_a_record_of_its_own(study):
    assert study({"a": 1}, "--quick")[0] == {"things": {"a": {"value": 1}}}
    assert study({"a": None})[0] is None


def test_the_rows_of_the_park_tables_are_known_before_any_is_measured(module, tmp_path):
    pytest.importorskip("torch")
    paper = module("paper")
    run = paper.Run(tmp_path, tmp_path, tmp_path, paper.QUICK)
    rows = {study.__name__: [label for label, _ in study(run)] for study in paper.STUDIES}
    assert len(rows["table"]) == 11 and len(rows["conditions"]) == 6 and rows["transforms"] == ["DCT", "DFT", "DST"]
    assert all(len(set(labels)) == len(labels) > 0 for labels in rows.values())


def test_a_montage_has_a_head_over_every_column_and_a_name_over_every_row(module, tmp_path):
    figures = module("figures")
    grey, colour = np.full((50, 70), 100, np.uint8), np.full((50, 70, 3), (200, 0, 0), np.uint8)
    figures.montage(tmp_path / "m.png", [[grey, colour], [colour, grey]], ["left", "right"], ["one", "tw\u00f6"])
    picture = cv2.imread(str(tmp_path / "m.png"))[..., ::-1]
    width, height = figures.CELL
    assert picture.shape == (figures.HEAD + 2 * (figures.HEAD + height), 2 * width, 3)
    heads = picture[: figures.HEAD]
    for half in (heads[:, :width], heads[:, width:], picture[figures.HEAD : 2 * figures.HEAD]):
        assert half.min() < 100 and half.max() == 255  # black letters on white
    first = picture[2 * figures.HEAD : 2 * figures.HEAD + height]
    assert (first[:, :width] == 100).all() and (first[:, width:] == (200, 0, 0)).all()
