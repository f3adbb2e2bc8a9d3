"""Camera shake drawn into sharp photos: does blur-score put it behind slight softness, and measure its path."""

import io
import subprocess
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import cv2
import kernels
import measure
import numpy as np
from measure import command
from PIL import Image
from scoring import MISSING, QUALITY, forty, numbers, rate, records

from blurkit.training.degrade import add_noise

LENGTHS = (6, 8, 12, 15, 20, 30, 40)  # pixels
NOISES = (0, 2, 5)  # 8-bit steps; deviation, added after the blur
SOFT, SOFTER = 0.8, 1.2  # pixels; sigma of the Gaussians that shake is compared with
CLEARLY = 12  # pixels; from this length on shake must be worse than SOFTER
LONG = 10  # pixels; from this length on angle and length count
ANGLE, LENGTH = 15, 0.3  # degrees, share; how far off they may be
SIDES = {  # pixels: photos drawn, copies of each, and how many tiles are in a row, with detail of pixels and enlarged
    640: (21, 6, (2, 2)),
    1000: (21, 6, (2, 2)),
    2000: (14, 3, (4, 2)),
    4000: (7, 3, (8, 4)),
}
GAP = 10  # seconds between the pairs
BURST = 0.25  # seconds between the two of a pair
EXIF, TAKEN, FRACTION = 0x8769, 0x9003, 0x9291  # EXIF tags: directory, DateTimeOriginal, SubSecTimeOriginal

Copy = namedtuple("Copy", "path soft softer side is_enlarged noise kind length angle")
"""A shaken photo and the same photo blurred by SOFT (taken just after it) and by SOFTER, and how it was shaken."""


def tile(path, cell):
    """The middle of a photo in the shape of a cell and at its size; enlarged by bicubic interpolation: BGR."""
    photo = cv2.imread(str(path))
    (height, width), (wide, high) = photo.shape[:2], cell
    scale = max(wide / width, high / height)
    rows, columns = min(height, round(high / scale)), min(width, round(wide / scale))
    top, left = (height - rows) // 2, (width - columns) // 2
    method = cv2.INTER_AREA if scale <= 1 else cv2.INTER_CUBIC
    return cv2.resize(photo[top : top + rows, left : left + columns], cell, interpolation=method)


def scene(names, width, side, rng):
    """A sharp photo of `width` pixels and three quarters of it, of some photos, `side` in a row."""
    cell = width // side, width * 3 // 4 // side
    return measure.tiled([tile(names[i], cell) for i in rng.integers(0, len(names), side * side)], side)


def with_time(photo, seconds):
    """A photo as a JPEG that says when it was taken, in seconds after a certain moment."""
    moment = datetime(2020, 1, 1) + timedelta(seconds=seconds)
    tags = Image.Exif()
    tags.get_ifd(EXIF).update({TAKEN: f"{moment:%Y:%m:%d %H:%M:%S}", FRACTION: f"{moment.microsecond // 10000:02}"})
    out = io.BytesIO()
    Image.fromarray(photo[..., ::-1]).save(out, "JPEG", quality=QUALITY, exif=tags)
    return out.getvalue()


def drawn(names, folder, width, number, ways, first):
    """A sharp photo shaken in some ways, with its soft copies: list of `Copy`.

    Parameters
    ----------
    width, number : int
        Its size, and its number among those of its size, by which noise and tiles alternate.
    ways : list of (kind of path, length)
    first : int
        Number of the first copy among all, by which it is dated.
    """
    rng = np.random.default_rng([0, width, number])
    is_enlarged, noise = bool(number % 2), NOISES[number % 3]
    photo = scene(names, width, SIDES[width][2][is_enlarged], rng)

    def write(name, picture, seconds):
        path = folder / f"{width}-{number:02}-{name}.jpg"
        path.write_bytes(with_time(add_noise(picture, noise, rng) if noise else picture, seconds))
        return path

    soft = cv2.GaussianBlur(photo, (0, 0), SOFT)
    softer, copies = write("softer", cv2.GaussianBlur(photo, (0, 0), SOFTER), 0), []
    for i, (kind, length) in enumerate(ways):
        angle, seconds = rng.uniform(0, 180), GAP * (first + i + 1)
        picture = kernels.shaken(photo, kernels.path(kind, length, angle, rng))
        paths = write(f"{i}-shaken", picture, seconds), write(f"{i}-soft", soft, seconds + BURST), softer
        copies.append(Copy(*paths, width, is_enlarged, noise, kind, length, angle))
    return copies


def copies_of(data, folder):
    """All copies, every kind of path and length equally often in every size."""
    names, tasks, first = forty(data), [], 0
    for width, (count, each, _) in SIDES.items():
        every = [(kind, length) for kind in kernels.PATHS for length in LENGTHS]
        rng = np.random.default_rng([1, width])
        ways = [every[i] for _ in range(count * each // len(every)) for i in rng.permutation(len(every))]
        for number in range(count):
            part = ways[number * each : (number + 1) * each]
            tasks.append((names, folder, width, number, part, first))
            first += each
    with ThreadPoolExecutor(2) as pool:
        return [copy for part in pool.map(lambda task: drawn(*task), tasks) for copy in part]


def kept(copies):
    """Whether blur-score --keep-best keeps the soft one of each pair, a burst of two: (n,) bool."""
    pairs = [path for copy in copies for path in (copy.path, copy.soft)]
    lines = command("blur-score", "-q", "-j", 2, "--keep-best", "--burst", 2 * BURST, *pairs).decode().splitlines()
    best = {line.split("\t")[1] for line in lines}
    if len(best) != len(copies):
        raise subprocess.SubprocessError(f"--keep-best keeps {len(best)} of {len(copies)} pairs")
    return np.array([str(copy.soft) in best for copy in copies])


def outcomes(copies):
    """{name: (n,) bool or None, the copies that count} of what is right for each copy."""
    paths = [path for copy in copies for path in (copy.path, copy.soft, copy.softer)]
    unique = list(dict.fromkeys(paths))
    found = dict(zip(unique, records(unique), strict=True))
    score, soft, softer = (numbers([found[copy[i]] for copy in copies], "score") for i in range(3))
    shaken = [found[copy.path] for copy in copies]
    angle, motion = numbers(shaken, "angle"), numbers(shaken, "motion")
    length = np.array([copy.length for copy in copies])
    is_measured = (length >= LONG) & np.array([copy.kind == "straight" for copy in copies])
    true = np.array([copy.angle for copy in copies])
    turned = None if angle is None else np.abs((angle - true + 90) % 180 - 90) <= ANGLE
    near = None if motion is None else np.abs(motion / length - 1) <= LENGTH
    every = np.full(len(copies), True)
    return {
        f"below sigma {SOFT}": (score < soft, every),
        f"below {SOFTER}": (score < softer, length >= CLEARLY),
        "soft one kept": (kept(copies), every),
        "angle": (turned, is_measured),
        "length": (near, is_measured),
        "not judged": (np.isnan(score), every),
    }


def shake(data, scratch, results):
    """Shaken photos against the same photos slightly soft, as JPEGs."""
    copies = copies_of(data, scratch)
    right = outcomes(copies)

    def figures(part):
        shares = {
            name: MISSING if flags is None else rate(flags[counts & part]) for name, (flags, counts) in right.items()
        }
        return {"copies": int(part.sum()), **shares}

    yield "shake: all", figures(np.full(len(copies), True))
    for field, words in (
        ("side", "{} pixels"),
        ("length", "length {}"),
        ("kind", "{}"),
        ("noise", "noise {}"),
        ("is_enlarged", "enlarged: {}"),
    ):
        values = np.array([getattr(copy, field) for copy in copies])
        for value in dict.fromkeys(sorted(values.tolist())):
            yield f"shake: {words.format(value)}", figures(values == value)
