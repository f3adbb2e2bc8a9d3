"""The picture of learned kernels, and the table of the papers' steps in bench/RESULTS.md."""

import re
import shlex
import subprocess
import sys

import cv2
import numpy as np
import pytest

from blurkit import methods
from blurkit.cli import completions
from blurkit.io.weights import find_weights, read_weights, write_weights
from blurkit.methods.zeng import basis

PARSERS = dict(completions.parsers())


@pytest.fixture
def learned(root, tmp_path):
    """learned(file): the picture of some weights, and what is said of them."""

    def learned(*words):
        command = [sys.executable, root / "bench/learned.py", *words, "-o", tmp_path / "kernels.png"]
        environment = {"PYTHONPATH": str(root), "PATH": ""}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return cv2.imread(str(tmp_path / "kernels.png"), cv2.IMREAD_UNCHANGED), done.stdout.splitlines()

    return learned


def test_weights_without_kernels_are_drawn_as_far_as_they_go_and_say_so(learned, tmp_path):
    arrays, header = read_weights(find_weights("zeng").read_bytes(), "zeng", methods.get("zeng").SHAPES)
    arrays = {name: array for name, array in arrays.items() if name in methods.get("zeng").SHAPES}
    (tmp_path / "old.npz").write_bytes(write_weights(arrays, {"method": "zeng", "measured": header["measured"]}))
    picture, said = learned("--weights", tmp_path / "old.npz")
    assert picture.shape == (88, 12 * 72) and len(said) == 2
    assert said[0].startswith("K1 and K2 explain ") and "make weights-zeng" in said[1]


def test_all_kernels_and_components_are_drawn_with_what_they_explain(learned, tmp_path):
    kernels = np.random.default_rng(0).normal(size=(24, 7, 7)).astype(np.float32)
    components, explained = basis.components(kernels, 49)
    arrays, _ = read_weights(find_weights("zeng").read_bytes(), "zeng", methods.get("zeng").SHAPES)
    more = {"kernels": kernels, "components": np.float32(components), "explained": np.float32(explained)}
    (tmp_path / "mine.npz").write_bytes(
        write_weights(arrays | more, {"method": "zeng", "measured": {"explained": 0.5}})
    )
    picture, said = learned("--weights", tmp_path / "mine.npz")
    assert picture.shape == (-(-(4 + 49 + 24) // 12) * 88, 12 * 72)
    assert said[:2] == ["K1 and K2 explain 50.0% of the variance", "24 kernels, 49 components"]
    assert said[2] == f"component 1: {explained[0]:.2%}, together {explained[0]:.2%}"
    assert len(said) == 51 and said[-1].endswith("together 100.00%")
    tile = picture[4:68, 4 + 72 * 4 : 68 + 72 * 4].astype(float)  # the first component
    shrunk = cv2.resize(tile, (7, 7), interpolation=cv2.INTER_AREA)
    assert np.corrcoef(shrunk.ravel(), components[0].ravel())[0, 1] > 0.99


def test_every_step_of_the_papers_has_a_command_that_is_taken_and_a_test_that_is_there(root):
    text = (root / "bench/RESULTS.md").read_text().partition("## Every step of the papers")[2]
    rows = [row.split(" | ") for row in re.findall(r"^\| (.*) \|$", text, re.M)]
    rows = [row for row in rows if row[1] != "command"]
    assert len(rows) >= 25 and all(len(row) == 3 for row in rows)
    for _, command, tests in rows:
        words = shlex.split(command.strip("`"))
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", (root / "Makefile").read_text(), re.M)
        else:
            PARSERS[words[0]].parse_args(words[1:])
        names = re.findall(r"`([\w/]+\.py)`", tests)
        assert names and all((root / "tests" / name).is_file() for name in names)


@pytest.mark.parametrize("method", ["zeng", "park"])
def test_every_stage_has_a_row(root, method):
    text = (root / "bench/RESULTS.md").read_text()
    for stage in methods.outputs(method):
        assert f"`blur-map --method {method} --stage {stage} img.jpg`" in text, stage
