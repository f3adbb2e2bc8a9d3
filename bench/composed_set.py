"""A set for everyone, from the photos that come with scikit-image: composed_set.py OUT leaves sharp/NAME.png, labelled/NAME.png and NAME.mask.png.

Composed in the way that joint and zeng learn from, so it shows that all works and what it
costs; how good a method is, photos with masks made by hand show.
"""

import sys
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import skimage

from blurkit.training.compose import compose, regions

PHOTOS = (
    "astronaut.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "coins.png",
    "ihc.png",
    "motorcycle_left.png",
    "rocket.jpg",
)  # with things in them
EACH = 3  # compositions of a photo
FEWEST = 0.1  # share of either class in a composition
TRIES = 40  # draws for them


def compositions(photo, rng):
    """Pictures with their truth, partly in focus; at most `EACH`."""
    segments = regions(photo)
    drawn = (compose(photo, segments, rng)[:2] for _ in range(TRIES))
    return list(islice(((p, t) for p, t in drawn if FEWEST < (t == 255).mean() < 1 - FEWEST), EACH))


def main(out):
    for folder in ("sharp", "labelled"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    source = Path(skimage.__file__).parent / "data"
    for number, name in enumerate(PHOTOS):
        photo = cv2.imread(str(source / name))
        stem = name.split(".")[0]
        cv2.imwrite(str(out / "sharp" / f"{stem}.png"), photo)
        for place, (picture, truth) in enumerate(compositions(photo, np.random.default_rng(number))):
            cv2.imwrite(str(out / "labelled" / f"{stem}-{place}.png"), picture)
            cv2.imwrite(str(out / "labelled" / f"{stem}-{place}.mask.png"), truth)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
