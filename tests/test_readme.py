"""Every line of README that can be typed, run word for word, in a bare environment, on photos with a known answer."""

import re
import subprocess
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.roff import examples, section

PROMPTLESS = re.compile(r"^ {4}(.*)$", re.M)  # what is typed stands in by four columns
FENCED = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
SEGMENTER = '#!/bin/sh\ncat "${1%.jpg}.mask.png"\n'  # stands for the program of the reader's own
ONE_IN = 20  # photos held out, by the names of the files
TRAIN = " --epochs 1 --min-accuracy 0"  # a few patches, in seconds


def lines(root):
    """What README tells to type, in its order."""
    return [line for line in PROMPTLESS.findall((root / "README.md").read_text()) if line.strip()]


def write(photo, path, shift):
    """A photo, and its mask beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.roll(photo, shift, 1)).save(path, quality=95)
    mask = np.zeros(photo.shape[:2], np.uint8)
    mask[:, : photo.shape[1] // 2] = 255
    cv2.imwrite(str(path.with_suffix(".mask.png")), mask)
    return mask


@pytest.fixture
def home(tmp_path, discs, program, root):
    """A folder with photo.jpg and others, trees of photos, masks and segmentations below it, and programs that README takes for granted."""
    photo = discs(np.random.default_rng(3), 150, 200)
    photo[:, 100:] = cv2.GaussianBlur(photo, (0, 0), 2)[:, 100:]
    (tmp_path / "masks").mkdir()
    held_out = next(name for number in range(999) if zlib.crc32((name := f"p{number}.jpg").encode()) % ONE_IN == 0)
    names = ["photo.jpg", "img.jpg", "photos/a.jpg", "photos/b/c.jpg", "photos/d.jpg", "sharp/e.jpg", "sharp/f.jpg"]
    for number, name in enumerate([*names, f"photos/{held_out}", f"sharp/{held_out}"]):
        mask = write(photo, tmp_path / name, number)
        if name.startswith("photos/"):
            cv2.imwrite(str(tmp_path / "masks" / (tmp_path / name).with_suffix(".png").name), mask)
        if name.startswith("sharp/"):
            cv2.imwrite(str((tmp_path / name).with_suffix(".seg.png")), mask)
    program("segmenter", SEGMENTER)
    own = next(text for text in examples(section(root / "man/blurkit-formats.5", "EXAMPLES")) if "blurkit.read_maps" in text)
    (tmp_path / "my_filter.py").write_text(re.search(r"<<'END'\n(.*?)^END$", own, re.M | re.S)[1])
    return tmp_path


def test_every_command_line_runs_as_it_stands(root, home, shell):
    typed = [line for line in lines(root) if "blur-" in line and not line.startswith("make")]
    assert len(typed) > 10
    for line in typed:
        if "blur-train" in line and "|" not in line:
            line = re.sub(r"(blur-train [^#]*?) *(#|$)", rf"\1{TRAIN} \2", line, count=1)
        elif "blur-train" in line:
            line += TRAIN
        shell(f"set -o pipefail; {line}")
    assert cv2.imread(str(home / "mask.png"), cv2.IMREAD_UNCHANGED).shape == (150, 200)
    assert (home / "maps" / "b" / "c.npy").is_file() and (home / "look.html").read_bytes().startswith(b"<!DOCTYPE html>")


def test_the_lines_of_python_run_as_they_stand(root, home, shell):
    blocks = FENCED.findall((root / "README.md").read_text())
    assert blocks
    for number, block in enumerate(blocks):
        (home / f"block{number}.py").write_text(block + "\nassert sharp.shape == (150, 200) and sharp[:, :80].mean() > sharp[:, 120:].mean() + 0.3\n")
        shell(f"PYTHONPATH='{root}' python3 block{number}.py")


def test_every_target_of_make_that_is_named_is_there(root):
    text = (root / "README.md").read_text()
    targets = {target for target in re.findall(r"\bmake ([a-z][a-z-]+)", text) if f"`make {target}" in text or f"    make {target}" in text}
    assert {"demo", "test", "lint"} <= targets
    rules = subprocess.run(["make", "-pRrq"], cwd=root, capture_output=True, text=True).stdout  # all that make knows
    assert targets <= set(re.findall(r"^([a-z-]+):", rules, re.M))
