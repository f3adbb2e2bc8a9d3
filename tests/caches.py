"""A database of scores of a few files, and what is kept in it."""

import math

from blurkit.cache import FIGURES, Cache, Kept

SETTINGS = b"s" * 16


def kept(score, look=None, no_score=None):
    """What is kept of a photo of some score."""
    figures = dict.fromkeys(FIGURES, math.nan) | {"score": score, "kind": "sharp", "working_size": 1024}
    return Kept(figures, no_score, 0, None, look)


def scores(files):
    """What is given back of the files, and what is said."""
    said: list[str] = []
    with Cache(said.append) as store:
        found = [store.get(file, SETTINGS) for file in files]
    return [one and one.figures["score"] for one in found], said
