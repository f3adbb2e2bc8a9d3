"""A set for everyone, from the photos that come with scikit-image: composed_set.py OUT

Leaves sharp/NAME.png, labelled/NAME.png and labelled/NAME.mask.png in OUT. Composed in the way that joint and zeng
learn from, so it shows that all works and what it costs; how good a method is, photos with masks made by hand show.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
import skimage

from blurkit.training.compose import compose, regions

PHOTOS = (  # of things before a background
    *("astronaut.png", "camera.png", "chelsea.png", "coffee.png"),
    *("coins.png", "ihc.png", "motorcycle_left.png", "rocket.jpg"),
)
EACH = 3  # compositions of a photo
FEWEST = 0.1  # share of either class in a composition
TRIES = 40  # draws for them


def compositions(photo, rng):
    """Pictures with their truth, partly in focus; at most `EACH`."""
    segments, kept = regions(photo), []
    for _ in range(TRIES):
        picture, truth = compose(photo, segments, rng)[:2]
        if FEWEST < (truth == 255).mean() < 1 - FEWEST:
            kept.append((picture, truth))
        if len(kept) == EACH:
            break
    return kept


def main(out):
    for folder in ("sharp", "labelled"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    source = Path(skimage.__file__).parent / "data"
    for seed, name in enumerate(PHOTOS):
        photo = cv2.imread(str(source / name))
        stem = name.split(".")[0]
        cv2.imwrite(str(out / "sharp" / f"{stem}.png"), photo)
        for number, (picture, truth) in enumerate(compositions(photo, np.random.default_rng(seed))):
            cv2.imwrite(str(out / "labelled" / f"{stem}-{number}.png"), picture)
            cv2.imwrite(str(out / "labelled" / f"{stem}-{number}.mask.png"), truth)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
