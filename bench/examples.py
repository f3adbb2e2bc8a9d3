"""The medians that blur-score(1) tells: what blur, shake and overlays do to the score of sharp photos."""

import math
from functools import partial

import borders
import cv2
import kernels
import numpy as np
import photos
from scoring import evenly, numbers, records, scores, write_jpeg

from blurkit.training.degrade import add_noise

COUNT = 48  # photos of sharp/
SLIGHT, SOFT = 0.8, 3.0  # pixels; sigma
SHAKES = (5, 12, 25)  # pixels; length along a straight line
GRAIN, GRAINS = 12, 0.7  # 8-bit steps, deviation; pixels, sigma of the grains
TURN = 7  # degrees
SOFT_PARTS = ("worst:25%", "all")  # of --region


def blurred(photo, sigma):
    """A photo blurred by a Gaussian."""
    return cv2.GaussianBlur(photo, (0, 0), sigma)


def shaken(photo, length, rng):
    """A photo shaken along a straight line of any direction."""
    return kernels.shaken(photo, kernels.path("straight", length, rng.uniform(0, 180), rng))


def turned(photo):
    """A photo turned, on white."""
    height, width = photo.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), TURN, 1)
    turn = partial(cv2.warpAffine, M=matrix, dsize=(width, height), borderValue=(255, 255, 255))
    inside = turn(np.ones_like(photo), flags=cv2.INTER_NEAREST, borderValue=(0, 0, 0)) > 0
    return np.where(inside, turn(photo, borderMode=cv2.BORDER_REPLICATE), np.uint8(255))


def sharp_copies(photo, rng):
    """{what was done: copy} of a sharp photo."""
    shakes = {f"shaken by {length} pixels": shaken(photo, length, rng) for length in SHAKES}
    return {"as they are": photo, f"blurred by {SLIGHT}": blurred(photo, SLIGHT), **shakes}


def soft_copies(photo, rng):
    """{what was added: copy} of a photo out of focus."""
    height = photo.shape[0]
    return {
        "blurred by 3": photo,
        "turned, on a ground": turned(photo),
        "cut out, on a ground": borders.cut_out(photo, borders.COLOURS["white"]),
        "film grain": add_noise(photo, GRAIN, rng, grain=GRAINS),
        "a line of text in a corner": borders.text(photo, "REC 0:12", (8, height - 10)),
        "a date in a corner": borders.date_stamp(photo, rng),
        "a status bar": borders.status_bar(photo, rng),
        "half transparent text across the middle": borders.watermark(photo, rng),
        "white text across the middle": borders.across(photo),
    }


def examples(data, scratch, results):
    """What changes a score: medians over sharp photos, changed on purpose; and the kinds of photos sharp all over."""
    names, rng, paths = evenly(photos.sharp(data), COUNT), np.random.default_rng(0), {}
    for name in names:
        photo = cv2.imread(str(name))
        copies = {**sharp_copies(photo, rng), **soft_copies(blurred(photo, SOFT), rng)}
        for number, (change, picture) in enumerate(copies.items()):
            path = scratch / f"{number}-{name.stem}.jpg"
            write_jpeg(path, picture)
            paths.setdefault(change, []).append(path)
    for change, copies in paths.items():
        yield change, {"median": median(scores("joint", copies))}
    for region in SOFT_PARTS:
        for change in ("blurred by 3", "white text across the middle"):
            yield f"{change}, --region {region}", {"median": median(scores("joint", paths[change], "--region", region))}
    yield "photos sharp all over", kinds_of(photos.sharp(data))


def median(values):
    """The median of scores without NaN; NaN if there is none."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else math.nan


def kinds_of(names):
    """How many photos are told to be of each kind, and the quantiles of their scores."""
    found = records(names)
    told = [record["kind"] for record in found]
    values = numbers(found, "score")
    tenth, median = np.nanquantile(values, (0.1, 0.5))
    counts = {kind: told.count(kind) for kind in ("sharp", "defocus", "motion", "unsure")}
    return {"photos": len(names), **counts, "a tenth below": float(tenth), "median": float(median)}
