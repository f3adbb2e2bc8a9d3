"""Everything in README that can be typed, run word for word in a bare environment: it prints what README shows."""

import re
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage
from PIL import Image

import blurkit

CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
ROW = re.compile(r"^\| .* \| `((?:mkdir -p \w+; )?blur-[^`]*)` \|$", re.M)  # of the table
NUMBER = re.compile(r"\d*\.?\d+")
NEAR = 0.005  # scores differ a little between processors and versions of libraries
SEGMENTER = '#!/bin/sh\ncat "${1%.jpg}.mask.png"\n'  # stands for the program of the reader's own
PHOTOS = ("chelsea.png", "coffee.png", "clock_motion.png")  # come with scikit-image


@pytest.fixture(scope="module")
def readme(root):
    return (root / "README.md").read_text()


@pytest.fixture
def home(tmp_path, discs, program):
    """A folder with photos, those of scikit-image among them, and with the program that README takes for granted."""
    photo = discs(np.random.default_rng(3), 150, 200)
    photo[:, 100:] = cv2.GaussianBlur(photo, (0, 0), 2)[:, 100:]
    mask = np.zeros(photo.shape[:2], np.uint8)
    mask[:, :100] = 255
    for number, name in enumerate(["photo.jpg", "photos/a.jpg", "photos/b/c.jpg"]):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.roll(photo, number, 1)).save(tmp_path / name, quality=95)
    cv2.imwrite(str(tmp_path / "photo.mask.png"), mask)
    for name in PHOTOS:
        shutil.copy(Path(skimage.__file__).parent / "data" / name, tmp_path)
    frames = b"".join(b"FRAME\n" + np.roll(photo[..., 1], number, 1).tobytes() for number in range(3))
    (tmp_path / "clip.y4m").write_bytes(b"YUV4MPEG2 W200 H150 F4:1 Cmono XCOLORRANGE=FULL\n" + frames)
    program("segmenter", SEGMENTER)
    return tmp_path


def typed(block):
    """(command, what it prints) of every command of a block."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def numbers(text):
    """All numbers in a text."""
    return [float(number) for number in NUMBER.findall(text)]


def test_every_command_prints_what_readme_shows(readme, home, shell):
    commands = [pair for block in CONSOLE.findall(readme) for pair in typed(block)]
    assert len(commands) >= 4
    for command, shown in commands:
        printed = shell(f"{{ {command}; }} 2>&1").decode()
        printed, shown = (re.sub(r"weights [0-9a-f]{12}", "weights", text) for text in (printed, shown))
        assert NUMBER.sub("#", printed) == NUMBER.sub("#", shown), command
        for number, expected in zip(numbers(printed), numbers(shown), strict=True):
            assert abs(number - expected) <= NEAR * max(1, expected), (command, printed)
    assert cv2.imread(str(home / "cut.png"), cv2.IMREAD_UNCHANGED).shape[2] == 4
    with (home / "refined.npy").open("rb") as stream:
        assert [sharp.shape for sharp in blurkit.read_maps(stream)] == [(300, 451), (400, 600)]


def test_every_command_of_the_table_runs_as_it_stands(readme, home, shell):
    commands = [row.replace("\\|", "|") for row in ROW.findall(readme)]
    assert len(commands) >= 8
    for command in commands:
        shell(f"set -o pipefail; {command}")
    assert cv2.imread(str(home / "mask.png"), cv2.IMREAD_UNCHANGED).shape == (150, 200)
    assert (home / "maps" / "b" / "c.npy").is_file() and len(list((home / "frames").iterdir())) == 2
    assert (home / "look.html").read_bytes().startswith(b"<!DOCTYPE html>")


def test_the_lines_of_python_run_as_they_stand(root, readme, home, shell):
    blocks = PYTHON.findall(readme)
    assert blocks
    for number, block in enumerate(blocks):
        check = "assert sharp.shape == (150, 200) and sharp[:, :80].mean() > sharp[:, 120:].mean() + 0.3\n"
        (home / f"block{number}.py").write_text(f"{block}\n{check}")
        assert shell(f"PYTHONPATH='{root}' python3 block{number}.py")


def test_targets_files_and_extras_that_are_named_are_there(root, readme):
    targets = set(re.findall(r"(?:^    |`)make ([a-z][a-z-]+)", readme, re.M))
    rules = subprocess.run(["make", "-pRrq"], cwd=root, capture_output=True, text=True).stdout  # all that make knows
    assert {"demo", "bench"} <= targets <= set(re.findall(r"^([a-z-]+):", rules, re.M))
    files = [*re.findall(r"\]\(([^)]+)\)", readme), *re.findall(r"`([A-Za-z/]+\.md)`", readme)]
    assert "docs/strip.jpg" in files and all((root / name).is_file() for name in files)
    extras = re.search(r"^The extras (.*?)\.", readme, re.M | re.S)[1]
    assert all(f"\n{extra} =\n" in (root / "setup.cfg").read_text() for extra in re.findall(r"`(\w+)`", extras))


def test_the_picture_is_small_and_readme_is_short(root, readme):
    assert (root / "docs" / "strip.jpg").stat().st_size <= 150_000
    assert len(readme.splitlines()) <= 100
