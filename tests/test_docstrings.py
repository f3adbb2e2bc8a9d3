"""The examples in docstrings, run as they stand."""

import doctest
import importlib

import pytest

import blurkit
from tests.sources import modules


def examples(root):
    """Names of the modules that have examples."""
    return [name for name, path in modules(root).items() if ">>> " in path.read_text()]


def test_every_example_gives_what_it_shows(root, photos, tmp_path, monkeypatch):
    (tmp_path / "photo.jpg").write_bytes((photos / "photo.jpg").read_bytes())
    monkeypatch.chdir(tmp_path)
    tried = 0
    for name in examples(root):
        module = importlib.import_module(f"blurkit.{name}" if name else "blurkit")
        result = doctest.testmod(module, extraglobs={"blurkit": blurkit, "photo": blurkit.read_photo("photo.jpg")})
        assert result.failed == 0, name
        tried += result.attempted
    assert tried >= 20


@pytest.mark.parametrize(
    "name", ["load", "read_photo", "sharpness_map", "blur_map", "focus_mask", "score_photo", "stage"]
)
def test_the_front_door_shows_an_example_of_itself(name):
    assert ">>> " in getattr(blurkit, name).__doc__
