"""What a command imports before it works, and that it says its version."""

import re

import pytest

import blurkit

HEAVY = {
    "torch",
    "scipy",
    "skimage",
    "rich",
    "sklearn",
    "pandas",
    "matplotlib",
    "pillow_heif",
    "rawpy",
    "tifffile",
    "imagecodecs",
}
COMMANDS = ("blur-patches", "blur-train", "blur-map", "blur-refine", "blur-mask", "blur-score")


def imported(stderr):
    """Top-level names in the report of -X importtime, which a command lets through with --debug alone."""
    names = {
        line.rsplit(b"|", 1)[1].strip().split(b".")[0].decode()
        for line in stderr.splitlines()
        if line.startswith(b"import time:") and b"|" in line
    }
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
        *((command, "--method", method) for command in ("blur-map", "blur-score") for method in ("zeng", "joint")),
        ("blur-map", "--method", "zeng", "--as-published"),
    ],
    ids=" ".join,
)
def test_joint_and_zeng_import_nothing_heavy(run, photos, words):
    done = run(*words, "--debug", photos / "photo.jpg", interpreter=("-X", "importtime"), env={"BLURKIT_DEVICE": "cpu"})
    found = imported(done.stderr)
    assert done.status == 0 and done.stdout and {"numpy", "cv2", "PIL"} <= found
    assert not found & HEAVY


@pytest.mark.parametrize("method", ["zeng", "joint"])
def test_refine_and_mask_import_nothing_heavy(run, photos, method):
    raw = run("blur-map", "--method", method, "--raw", photos / "photo.jpg").stdout
    for words in (("blur-refine", "--method", method, "--guide", photos / "photo.jpg"), ("blur-mask", "-t", "otsu")):
        done = run(*words, "--debug", stdin=raw, interpreter=("-X", "importtime"))
        assert done.status == 0 and done.stdout and not imported(done.stderr) & HEAVY


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_its_version(run, command):
    done = run(command, "--version")
    assert done == (0, f"{command} (blurkit) {blurkit.__version__}\n".encode(), b"")
    assert re.fullmatch(r"\d+\.\d+\.\d+", blurkit.__version__)
