"""What a command imports before it works, and its version."""

import re

import pytest

import blurkit
from blurkit.methods import METHODS

HEAVY = {
    *("torch", "scipy", "skimage", "rich", "sklearn", "pandas", "matplotlib"),
    *("pillow_heif", "rawpy", "tifffile", "imagecodecs"),
}
COMMANDS = ("blur-patches", "blur-train", "blur-map", "blur-refine", "blur-mask", "blur-score")


def imported(stderr):
    """Top-level names in the report of -X importtime, which a command lets through with --debug alone."""
    lines = [line for line in stderr.decode().splitlines() if line.startswith("import time:") and "|" in line]
    names = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in lines}
    assert "blurkit" in names  # the report is there and is read rightly
    return names


@pytest.mark.parametrize("option", ["--help", "--version"])
@pytest.mark.parametrize("command", COMMANDS)
def test_help_and_version_import_no_numpy(run, command, option):
    done = run(command, option, interpreter=("-X", "importtime"))
    assert done.status == 0
    assert not imported(done.stderr) & {"numpy", "cv2", "PIL", "tqdm", *HEAVY}


def test_wrong_usage_imports_no_numpy(run):
    done = run("blur-map", "--no-such-option", interpreter=("-X", "importtime"))
    assert done.status == 2 and not imported(done.stderr) & {"numpy", "cv2", "PIL", *HEAVY}


@pytest.mark.parametrize(
    "words",
    [
        ("blur-map",),
        ("blur-score",),
        *((command, "--method", method) for command in ("blur-map", "blur-score") for method in METHODS),
        ("blur-map", "--method", "zeng", "--as-published"),
    ],
    ids=" ".join,
)
def test_maps_and_scores_import_nothing_heavy(run, photos, words):
    done = run(*words, "--debug", photos / "photo.jpg", interpreter=("-X", "importtime"), env={"BLURKIT_DEVICE": "cpu"})
    names = imported(done.stderr)
    assert done.status == 0 and done.stdout and {"numpy", "cv2", "PIL"} <= names
    assert not names & HEAVY


@pytest.mark.parametrize("method", METHODS)
def test_refine_and_mask_import_nothing_heavy(run, photos, method):
    stdin = run("blur-map", "--method", method, "--raw", photos / "photo.jpg").stdout
    for words in (("blur-refine", "--method", method, "--guide", photos / "photo.jpg"), ("blur-mask", "-t", "otsu")):
        done = run(*words, "--debug", stdin=stdin, interpreter=("-X", "importtime"))
        assert done.status == 0 and done.stdout and not imported(done.stderr) & HEAVY
        stdin = done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_prints_its_version(run, command):
    done = run(command, "--version")
    assert done == (0, f"{command} (blurkit) {blurkit.__version__}\n".encode(), b"")
    assert re.fullmatch(r"\d+\.\d+\.\d+", blurkit.__version__)
