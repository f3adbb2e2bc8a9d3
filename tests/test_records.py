"""Records of many files in Python: those of blur-score, and one for what cannot be read."""

import json
import math
import time

import numpy as np
import pytest
from PIL import Image

import blurkit
from blurkit.errors import InputError, UsageError


def same(first, second):
    """True for equal values, NaN and None alike."""
    absent = [value is None or value != value for value in (first, second)]
    return all(absent) or first == second


def test_the_records_are_those_of_the_command(run, photos, tmp_path):
    Image.fromarray(np.full((90, 120, 3), 127, np.uint8)).save(tmp_path / "wall.png")
    names = [str(photos / "photo.jpg"), str(photos / "turned.jpg"), str(tmp_path / "wall.png")]
    expected = [json.loads(line) for line in run("blur-score", "-q", "--json", *names).stdout.splitlines()]
    records = list(blurkit.scores(names))
    for record, other in zip(records, expected, strict=True):
        assert all(same(record[name], other[name]) for name in other)
        assert record.keys() - other.keys() == {"frame", "no_score"} and record["frame"] == 1
    assert [record["no_score"] for record in records] == [None, None, "it shows no edge that can be measured"]


def test_no_file_ends_the_run_and_all_records_have_the_same_fields(photos, tmp_path):
    (tmp_path / "series.jpg").write_bytes(2 * (photos / "photo.jpg").read_bytes() + b"and some words")
    names = [photos / "missing.jpg", photos / "text.jpg", tmp_path / "series.jpg", photos / "truncated.jpg", photos]
    records = list(blurkit.scores([*names, photos / "photo.png"]))
    assert len({tuple(record) for record in records}) == 1
    assert [(record["frame"], record["no_score"] is None) for record in records[2:5]] == [
        (1, True),
        (2, True),
        (3, False),
    ]
    reasons = [record["no_score"] for record in records if record["no_score"]]
    for reason, word in zip(reasons, ("No such file", "not a photo", "", "truncated", "directory"), strict=True):
        assert word in reason
    assert all(math.isnan(record["score"]) == bool(record["no_score"]) for record in records)
    assert records[0]["kind"] is None and records[-1]["no_score"] is None


def test_a_record_comes_when_its_photo_is_measured(photos):
    def names():
        yield photos / "photo.jpg"
        raise KeyError("the next name")

    records = blurkit.scores(names())
    assert next(records)["score"] > 0.1
    with pytest.raises(KeyError):
        next(records)


def test_a_model_of_ones_own_measures_and_one_path_is_refused(photos):
    model = blurkit.load("zeng", working_size=60)
    (record,) = blurkit.scores([photos / "photo.jpg"], model=model)
    photo = blurkit.read_photo(photos / "photo.jpg")
    assert record["method"] == "zeng" and record["working_size"] == 60
    assert record["score"] == pytest.approx(model.score(photo).score, abs=0.01)
    (refused,) = blurkit.scores([photos / "photo.jpg"], max_pixels=100)
    assert "max_pixels allows 100" in refused["no_score"]
    with pytest.raises(InputError, match="many are needed"):
        blurkit.scores("photo.jpg")


def test_the_values_are_plain_ones(photos):
    (record,) = blurkit.scores([str(photos / "photo.jpg")])
    assert {type(value) for value in record.values()} <= {str, int, float, type(None)}
    assert not any(isinstance(value, np.generic) for value in record.values())


def test_kept_scores_are_those_of_the_command_and_both_ways_round(run, photos, tmp_path, monkeypatch):
    folder = tmp_path / "caches"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    Image.fromarray(np.full((90, 120, 3), 127, np.uint8)).save(tmp_path / "wall.png")
    (tmp_path / "series.jpg").write_bytes(2 * (photos / "photo.jpg").read_bytes())
    names = [photos / "photo.jpg", photos / "truncated.jpg", tmp_path / "wall.png", tmp_path / "series.jpg"]
    time.sleep(0.2)  # until the times of the files show every change
    expected = [repr(record) for record in blurkit.scores(names)]
    for _ in range(2):
        records = blurkit.scores(names, cache=True)
        assert [repr(record) for record in records] == expected
    done = run("blur-score", "-v", "--cache", *names, env={"XDG_CACHE_HOME": str(folder)})
    assert b"2 measured, 2 from the cache" in done.stderr
    run("blur-score", "--cache=content", *names, env={"XDG_CACHE_HOME": str(folder)})
    monkeypatch.setattr(blurkit.records, "of_picture", None)  # nothing can be measured any more
    assert [repr(record) for record in blurkit.scores(names[::2], cache="content")] == expected[:3:2]


def test_what_a_caller_does_to_a_record_is_not_kept(photos, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for record in blurkit.scores([photos / "photo.jpg"], cache=True):
        right, record["score"] = record["score"], 5
    assert [record["score"] for record in blurkit.scores([photos / "photo.jpg"], cache=True)] == [right]


def test_a_cache_that_cannot_be_used_is_a_warning(photos, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "blurkit").write_text("no folder")
    with pytest.warns(RuntimeWarning, match="measured anew"):
        (record,) = blurkit.scores([photos / "photo.jpg"], cache=True)
    assert record["no_score"] is None
    with pytest.raises(UsageError, match="'content'"):
        blurkit.scores([photos / "photo.jpg"], cache="times")
