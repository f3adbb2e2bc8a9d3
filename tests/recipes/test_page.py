"""The recipes there are, the list of photos they all start with, and the examples of blurkit-formats(5)."""

import os

import numpy as np
import pytest

from tests.recipes.library import LISTED, SHARP, SOFT
from tests.roff import examples, section

COUNTS = {  # title: blocks; the tests beside this one run each of them
    "": 1,
    "Move the blurry ones": 4,
    "Keep the sharpest of each burst": 1,
    "Stars": 3,
    "In darktable and FiftyOne": 2,
    "Whether the subject is sharp": 2,
    "Whether faces and animals are sharp": 3,
    "Sharp frames of a video": 2,
    "Masks for 3D": 4,
    "A timelapse without its shaken photos": 1,
    "A number while you focus": 1,
    "Several machines": 3,
    "A Slurm array": 2,
}


def test_these_are_the_recipes(recipes):
    assert {title: len(blocks) for title, blocks in recipes.items()} == COUNTS


def test_the_list_holds_every_photo_whose_name_has_no_line_break(recipes, shell, library, tmp_path):
    shell(recipes[""][0])
    listed = (tmp_path / "all.lst").read_bytes()
    assert sorted(map(os.fsdecode, listed.split(b"\0"))) == sorted(["", *LISTED]) and listed.endswith(b"\0")


def test_the_examples_in_python_do_what_the_format_page_says(root, shell, photo, tmp_path):
    stream, points, features, own, bare_numpy, _ = examples(section(root / "man/blurkit-formats.5", "EXAMPLES"))
    for name, blur in (("a.jpg", SHARP), ("b.jpg", SOFT), ("photo.jpg", SHARP)):
        photo(name, blur)
    sharp, soft, _ = map(float, shell(stream).split())
    assert sharp > soft + 0.3
    rows = np.array([line.split() for line in shell(points).splitlines()], float)
    sigma, weight = np.load(tmp_path / "points.npy")
    assert len(rows) == np.count_nonzero(weight) > 20 and rows[:, 2].sum() == pytest.approx(sigma.sum(), rel=1e-4)
    assert b", 145) " in shell(features)
    shell(bare_numpy)
    by_numpy = (tmp_path / "refined.npy").read_bytes()
    shell(own)
    assert (tmp_path / "refined.npy").read_bytes() == by_numpy
    shell(own.replace(" ** 2", "").replace("refined.npy", "same.npy") + "blur-map a.jpg b.jpg | cmp - same.npy")
    assert np.load(tmp_path / "refined.npy").mean() < np.load(tmp_path / "same.npy").mean()
