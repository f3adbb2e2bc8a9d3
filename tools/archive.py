"""What soak.py works on and looks at: photos made from the pictures of scikit-image, running commands, folders of results."""

import os
import signal
import subprocess
from pathlib import Path

import cv2
import numpy as np
import skimage
from compose import PHOTOS

from blurkit.io.complete import is_whole

SIDE = (160, 120)  # pixels; of the photos of the library
DAMAGED_EVERY = 100
FLAT = 1.05  # memory at the end, in units of that at the start


# ---- photos -----------------------------------------------------------------


def pictures():
    """The pictures of scikit-image, BGR."""
    return [cv2.imread(str(Path(skimage.__file__).parent / "data" / name)) for name in PHOTOS]


def mosaic(width, height):
    """A photo of any size with detail everywhere."""
    rng, tiles = np.random.default_rng(0), [cv2.resize(p, (750, 500), interpolation=cv2.INTER_AREA) for p in pictures()]
    found = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, 500):
        for left in range(0, width, 750):
            tile = tiles[rng.integers(len(tiles))][:: rng.choice([-1, 1]), :: rng.choice([-1, 1])]
            found[top : top + 500, left : left + 750] = tile[: height - top, : width - left]
    return found


def library(folder, count):
    """A tree of small photos, one in a hundred damaged; the paths of these."""
    rng, sources, bad = np.random.default_rng(1), pictures(), []
    for number in range(count):
        path = folder / f"{number // 100:03}" / f"{number:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        source = sources[rng.integers(len(sources))]
        top, left = (rng.integers(0, n - side + 1) for n, side in zip(source.shape, SIDE[::-1], strict=False))
        data = cv2.imencode(".jpg", source[top : top + SIDE[1], left : left + SIDE[0]])[1].tobytes()
        if number % DAMAGED_EVERY == DAMAGED_EVERY // 2:
            kinds = (data[: len(data) // 2], b"", b"no photo\n", data[:200] + bytes(len(data)))
            data = kinds[number // DAMAGED_EVERY % len(kinds)]
            bad.append(path)
        path.write_bytes(data)
    return bad


# ---- processes --------------------------------------------------------------


def start(*words, **more):
    """A running command, which Ctrl-C reaches even where the shell ignores it."""
    return subprocess.Popen(
        [str(w) for w in words], preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **more
    )


def resident(process):
    """Memory of a process in use, MB; 0 once it is gone."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1e3 for line in lines if line.startswith("VmRSS")), 0.0)


def growth(samples, total):
    """Mean memory over the first and over the last fifth of the work: (done, MB) -> figures."""
    ends = [
        np.mean([mb for done, mb in samples if low * total <= done <= high * total and mb] or [np.nan])
        for low, high in ((0.01, 0.2), (0.8, 1))
    ]
    times = float(ends[1] / ends[0])
    return {
        "MB in the first fifth": float(ends[0]),
        "MB in the last": float(ends[1]),
        "x": times,
        f"within {FLAT - 1:.0%}": times <= FLAT,
    }


def files_in(folder):
    """All files below a folder."""
    return [os.path.join(here, name) for here, _, names in os.walk(folder) for name in names]


def contents(folder):
    """{relative name: bytes} of all files below a folder."""
    return {os.path.relpath(path, folder): Path(path).read_bytes() for path in files_in(folder)}


def cut_short(folder):
    """How many files under a final name are not whole, and how many under a temporary one there are."""
    broken = parts = 0
    for name in files_in(folder):
        if name.endswith(".part"):
            parts += 1
            continue
        with open(name, "rb") as file:
            broken += not is_whole(file, name.rsplit(".", 1)[1])
    return broken, parts
