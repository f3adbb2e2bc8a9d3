"""Photos that look alike, by a perceptual hash: the signs of their coarsest waves."""

import cv2
import numpy as np

from blurkit.ops import resize

EDGE = 0.03  # of the height and width; a photo may have moved by so much against another
SIDE = 32  # pixels; of the square that is taken apart into waves
WAVES = 12  # along each side; the coarsest, without the mean
NEAR = 32  # bits of 143; see bench/alike.py
LEAST_CONTRAST = 4.0  # levels; standard deviation of a thumbnail below which it shows nothing
BLOCK = 1024  # photos compared at a time with all


def fingerprint(thumbnail):
    """The perceptual hash of a photo, for nine places at which it may lie.

    Parameters
    ----------
    thumbnail : ndarray, (h, w), uint8
        Of ``sets.Look``.

    Returns
    -------
    ndarray, (9, 143), int8
        1 and -1, of the part without an edge of `EDGE` in the middle (4), and of eight parts moved against it; None if
        it shows nothing.
    """
    if thumbnail.std() < LEAST_CONTRAST or min(thumbnail.shape) < WAVES:
        return None
    height, width = thumbnail.shape
    down, right = (round(EDGE * size) for size in thumbnail.shape)
    plane = thumbnail.astype(np.float32)
    parts = [
        plane[row * down : height - (2 - row) * down, column * right : width - (2 - column) * right]
        for row in range(3)
        for column in range(3)
    ]
    return np.stack([signs(part) for part in parts])


def signs(plane):
    """Which of its coarsest waves are above their median: (h, w) float32 -> (143,) int8 of 1 and -1."""
    waves = cv2.dct(resize.reduce_to(plane, (SIDE, SIDE)))[:WAVES, :WAVES].ravel()[1:]
    return np.where(waves > np.median(waves), 1, -1).astype(np.int8)


def groups(fingerprints):
    """Photos that look alike: each looks like the first of its group.

    Parameters
    ----------
    fingerprints : sequence of ndarray or None
        From `fingerprint`.

    Returns
    -------
    list of int or None
        The index of the first photo of the group of each, in the order given; None for one that shows nothing.
    """
    shown = [i for i, one in enumerate(fingerprints) if one is not None]
    result: list = [None] * len(fingerprints)
    if not shown:
        return result
    for i, near in zip(shown, neighbours(np.stack([fingerprints[i] for i in shown])), strict=True):
        first = [(distance, shown[k]) for distance, k in near if result[shown[k]] == shown[k]]
        result[i] = min(first)[1] if first else i
    return result


def neighbours(prints):
    """For each of (n, 9, 143) fingerprints those before it that are near: lists of (distance, index)."""
    everything = prints.astype(np.float32)
    bits = prints.shape[2]
    for start in range(0, len(prints), BLOCK):
        block, before = everything[start : start + BLOCK], everything[: start + BLOCK]
        agreement = np.full((len(block), len(before)), -bits, np.float32)
        for place in range(prints.shape[1]):
            np.maximum(agreement, block[:, 4] @ before[:, place].T, out=agreement)
        distances = (bits - agreement) / 2
        for row in range(len(block)):
            near = np.flatnonzero(distances[row, : start + row] <= NEAR)
            yield [(float(distances[row, k]), int(k)) for k in near]
