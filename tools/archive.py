"""What the soak tests work on: photos made from the pictures of scikit-image, processes, folders of results."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import skimage

from blurkit.io.complete import is_whole

sys.path.append(str(Path(__file__).resolve().parents[1] / "bench"))
import measure  # noqa: E402, F401 (the soak tests import it from here)
from composed_set import PHOTOS  # noqa: E402

SIDE = (160, 120)  # pixels; width and height of the photos of the library
TILE = (750, 500)  # pixels; width and height of a picture in a mosaic
DAMAGED_EVERY = 100  # photos of the library
FLAT = 1.05  # memory at the end, in units of that at the start


# ---- photos -----------------------------------------------------------------


def pictures():
    """The pictures of scikit-image, BGR."""
    return [cv2.imread(str(Path(skimage.__file__).parent / "data" / name)) for name in PHOTOS]


def mosaic(width, height):
    """A photo of any size with detail everywhere, (height, width, 3) uint8."""
    rng = np.random.default_rng(0)
    tiles = [cv2.resize(picture, TILE, interpolation=cv2.INTER_AREA) for picture in pictures()]
    photo = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, TILE[1]):
        for left in range(0, width, TILE[0]):
            tile = tiles[rng.integers(len(tiles))]
            flip_rows, flip_columns = rng.choice([-1, 1]), rng.choice([-1, 1])
            tile = tile[::flip_rows, ::flip_columns]
            photo[top : top + TILE[1], left : left + TILE[0]] = tile[: height - top, : width - left]
    return photo


def library(folder, count):
    """A tree of small photos, one in `DAMAGED_EVERY` damaged; the paths of these."""
    rng, sources, damaged_paths = np.random.default_rng(1), pictures(), []
    for number in range(count):
        path = folder / f"{number // 100:03}" / f"{number:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        data = small_photo(rng, sources)
        if number % DAMAGED_EVERY == DAMAGED_EVERY // 2:
            data = damaged(data, number // DAMAGED_EVERY)
            damaged_paths.append(path)
        path.write_bytes(data)
    return damaged_paths


def small_photo(rng, sources):
    """A JPEG of `SIDE`, cut out of one of the sources."""
    source = sources[rng.integers(len(sources))]
    top = rng.integers(0, source.shape[0] - SIDE[1] + 1)
    left = rng.integers(0, source.shape[1] - SIDE[0] + 1)
    return cv2.imencode(".jpg", source[top : top + SIDE[1], left : left + SIDE[0]])[1].tobytes()


def damaged(data, kind):
    """A JPEG cut in half, empty, replaced by text, or overwritten with zeros, in turn."""
    kinds = (data[: len(data) // 2], b"", b"no photo\n", data[:200] + bytes(len(data)))
    return kinds[kind % len(kinds)]


# ---- processes --------------------------------------------------------------


def heed_interrupts():
    """In the child: let Ctrl-C have its effect, even where the shell ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(*words, **more):
    """A running command, which Ctrl-C reaches; `more` as for Popen."""
    return subprocess.Popen([str(word) for word in words], preexec_fn=heed_interrupts, **more)


def resident(process):
    """Memory of a process in use, MB; 0 once it is gone."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1e3 for line in lines if line.startswith("VmRSS")), 0.0)


def mean_memory(samples, first, last):
    """Mean MB of the samples (done, MB) with `first` <= done <= `last`, NaN if there are none."""
    return float(np.mean([mb for done, mb in samples if first <= done <= last and mb] or [np.nan]))


def growth(samples, total):
    """Memory over the first and over the last fifth of the work; samples (done, MB) -> figures."""
    begin = mean_memory(samples, 0.01 * total, 0.2 * total)
    end = mean_memory(samples, 0.8 * total, total)
    return {
        "MB in the first fifth": begin,
        "MB in the last": end,
        "x": end / begin,
        f"within {FLAT - 1:.0%}": end / begin <= FLAT,
    }


# ---- folders ----------------------------------------------------------------


def files_in(folder):
    """The paths of all files below a folder."""
    return [os.path.join(here, name) for here, _, names in os.walk(folder) for name in names]


def contents(folder):
    """{relative name: bytes} of all files below a folder."""
    return {os.path.relpath(path, folder): Path(path).read_bytes() for path in files_in(folder)}


def cut_short(folder):
    """(how many files under a final name are not whole, how many there are under a temporary name)."""
    broken = parts = 0
    for name in files_in(folder):
        if name.endswith(".part"):
            parts += 1
            continue
        with open(name, "rb") as file:
            broken += not is_whole(file, name.rsplit(".", 1)[1])
    return broken, parts
