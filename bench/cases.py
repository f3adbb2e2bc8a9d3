"""Drawn pictures with a known answer: those of a folder beside the photos, and noise alone."""

import math
import sys

import cv2
import numpy as np
from measure import command
from scoring import numbers, records, write_jpeg

from blurkit.training.degrade import add_noise

AS_SOFT = {  # by how much the score may differ from that of scene_soft
    "soft_letterbox": 0.03,
    "soft_white_frame": 0.03,
    "soft_statusbar": 0.03,
    "soft_watermark": 0.1,
    "soft_hot_pixels": 0.1,
    "soft_film_grain": 0.1,
}
FAR = 0.1  # of the score; a shaken photo is at least so far below a slightly soft one
SMALL = 1600  # pixels; --max-size
SAME = 0.02  # of the score; by how much that may change it
SHAPE = (660, 1000, 3)
NOISE_ALONE = {"lens cap": ((0, 2), (0, 6), (8, 4)), "grey": ((128, 2), (128, 8), (128, 25))}  # level, deviation


def cases(data, scratch, results):
    """The score rows of cases/ beside the photos, and pictures that hold nothing but noise."""
    make = data.resolve().parent / "cases" / "make.py"
    if make.exists():
        command(sys.executable, make, scratch / "drawn")
        yield from with_bounds(scratch / "drawn")
    else:
        yield f"{make.parent.name}/make.py is not beside the photos", {}
    yield from noise_alone(scratch)


def with_bounds(folder):
    """Rows of the drawn pictures."""
    padded = folder / "jpeg_black_padding.jpg"
    names = sorted({*folder.glob("s*.jpg"), folder / "noise_alone.jpg", padded})
    score = dict(zip((path.stem for path in names), numbers(records(names), "score"), strict=True))
    soft, slight = score["scene_soft"], score["slightly_soft"]
    yield "scene_sharp", bounded(score["scene_sharp"], slight, 1)
    yield "slightly_soft", bounded(slight, soft, score["scene_sharp"])
    yield "shaken_12px", bounded(score["shaken_12px"], 0, slight - FAR)
    yield "scene_soft", bounded(soft, 0, slight)
    for name, most in AS_SOFT.items():
        yield name, bounded(score[name], soft - most, soft + most)
    yield "noise_alone", unjudged([score["noise_alone"]])
    small = numbers(records([padded], "--max-size", SMALL), "score")[0]
    before = score["jpeg_black_padding"]
    both_nan = math.isnan(small) and math.isnan(before)
    row = bounded(small, before - SAME, before + SAME)
    yield "jpeg_black_padding, --max-size 1600", {**row, "ok": True} if both_nan else row


def noise_alone(folder):
    """Rows of pictures of noise: around black, as under a lens cap, and around grey."""
    for name, ways in NOISE_ALONE.items():
        for level, deviation in ways:
            paths, rng = [], np.random.default_rng(0)
            for number, channels in enumerate((3, 1)):
                picture = add_noise(np.full((*SHAPE[:2], channels), level), deviation, rng).repeat(
                    3 // channels, axis=2
                )
                stem = str(folder / f"{name}-{level}-{deviation}-{number}")
                cv2.imwrite(f"{stem}.png", picture)
                write_jpeg(f"{stem}.jpg", picture)
                paths += [f"{stem}.png", f"{stem}.jpg"]
            yield f"{name}: noise {deviation} around {level}", unjudged(numbers(records(paths), "score"))


def bounded(score, least, most):
    """A row of a picture whose score has bounds."""
    values = {"score": score, "least": least, "most": most}
    return {**{name: float(value) for name, value in values.items()}, "ok": bool(least <= score <= most)}


def unjudged(scores):
    """A row of pictures that cannot be judged."""
    judged = [float(score) for score in scores if not math.isnan(score)]
    return {"pictures": len(scores), "judged": len(judged), "highest": max(judged, default=0.0), "ok": not judged}
