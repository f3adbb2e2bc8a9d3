"""What both networks learn from: which records, their classes, their hand-crafted features, and random views."""

import numpy as np

from blurkit.errors import InputError
from blurkit.methods.park import edges, features, patches
from blurkit.training.loop import held_out

VALIDATION = 10  # one photo in ten, by name, is held out: more photos help more than more patches
NEIGHBOURS = 0.6  # classes; sigma of the Gaussian that spreads a label over the classes beside the true one
FEWEST = 256  # patches to learn from
TOGETHER = 1024  # patches at a time whose features are computed, to bound memory


def usable_as_published(records):
    """Indices of the records of the paper's eleven classes, at its edge points: (m,) int64, ascending."""
    in_range = (records["sigma"] >= patches.SIGMAS[0] - 1e-3) & (records["sigma"] <= patches.SIGMAS[-1] + 1e-3)
    return np.flatnonzero(in_range & (records["source"] != patches.SEEDS))


def split(records, chosen):
    """Indices to learn from and to check on, of the chosen records; an InputError if they are too few."""
    held = held_out(records, VALIDATION)
    learn, check = chosen[~held[chosen]], chosen[held[chosen]]
    if len(learn) < FEWEST or not len(check):
        raise InputError(
            f"of {len(records)} patches {len(learn)} can be learned from and {len(check)} are held out; "
            f"at least {FEWEST} and 1 are needed: more photos"
        )
    return learn, check


def classes(sigma, grid):
    """Index of the nearest class of the grid, (n,) int64."""
    middle = (grid[1:] + grid[:-1]) / 2
    return np.searchsorted(middle, sigma).astype(np.int64)


def soft_labels(count):
    """Targets that give the neighbours of the true class a share: (count, count) float32, rows sum to one."""
    distance = np.subtract.outer(np.arange(count), np.arange(count))
    share = np.exp(-(distance**2) / (2 * NEIGHBOURS**2))
    return (share / share.sum(axis=1, keepdims=True)).astype(np.float32)


def crafted_of(records, chosen):
    """Hand-crafted features of the chosen records in 8-bit steps: (m, 120) uint8."""
    crafted = np.empty((len(chosen), len(features.NAMES) * features.LENGTH), np.uint8)
    for start in range(0, len(chosen), TOGETHER):
        rows = np.s_[start : start + TOGETHER]
        part = records[chosen[rows]]
        values = features.hand_crafted(edges.value(part["patch"]), part["strong"] == 1)
        crafted[rows] = np.rint(values.reshape(len(part), -1) * 255)
    return crafted


def turned(photos, rng):
    """A batch of square patches, (n, s, s, c), turned and flipped alike at random."""
    quarters = rng.integers(4)
    photos = np.rot90(photos, quarters, (1, 2))
    return photos[:, ::-1] if rng.integers(2) else photos
