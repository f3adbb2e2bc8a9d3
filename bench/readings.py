"""Readings of the refinement in zeng's paper: what its text leaves open, one function from a raw map for each.

The equations are those of ``blurkit.methods.zeng.refine``: where the mean of the neighbourhood lies below a global
threshold, B_n+1 = 0, else tanh(B_n); .3 B_10 + .2 B_50 + .5 B_100. Open are the threshold and what it follows, the
neighbourhood, and when values are brought back to 1.
"""

from functools import partial

import cv2
import numpy as np

from blurkit.methods.zeng.refine import STEPS, iterate, otsu

ONE = np.float32(np.tanh(1.0))  # what becomes of 1 in one step


def refined(raw, level, side=15, follows=True, brought_back=False):
    """A raw map refined by one reading: (H, W) -> (H, W), float32 in [0, 1].

    Parameters
    ----------
    raw : ndarray, (H, W), float32 in [0, 1]
    level : callable
        The threshold of a plane.
    side : int, pixels
        Of the neighbourhood.
    follows : bool
        Threshold and mean are those of B_n; else of B_0, so that what falls is known before the first step.
    brought_back : bool
        After every step values are divided by what becomes of 1; else the mix is, at the end.
    """
    current, of_one = raw, np.float32(1)
    mix, mix_of_one = np.zeros_like(raw), 0.0
    for step in range(1, max(STEPS) + 1):
        tested = current if follows else raw
        falls = cv2.blur(tested, (side, side), borderType=cv2.BORDER_REFLECT_101) < level(tested)
        current = np.where(falls, np.float32(0), np.tanh(current))
        of_one = np.tanh(of_one)
        if brought_back:
            current, of_one = current / ONE, np.float32(1)
        if step in STEPS:
            mix += np.float32(STEPS[step]) * current
            mix_of_one += STEPS[step] * of_one
    return np.minimum(mix / np.float32(mix_of_one), 1)


def fixed(raw, level):
    """A raw map refined with the threshold of B_0 throughout, while the values fall: as `refined`."""
    of_raw = level(raw)
    return refined(raw, lambda _: of_raw)


def times(factor, level):
    """A threshold that is a multiple of another."""
    return lambda plane: np.float32(factor) * level(plane)


READINGS = {
    "blurkit: .75 Otsu(B_n)": iterate,
    "Otsu(B_n)": partial(refined, level=otsu),
    ".5 Otsu(B_n)": partial(refined, level=times(0.5, otsu)),
    "mean(B_n)": partial(refined, level=np.mean),
    ".75 mean(B_n)": partial(refined, level=times(0.75, np.mean)),
    ".5 mean(B_n)": partial(refined, level=times(0.5, np.mean)),
    "1.5 mean(B_n)": partial(refined, level=times(1.5, np.mean)),
    "Otsu(B_0) throughout": partial(fixed, level=otsu),
    "mean(B_0) throughout": partial(fixed, level=np.mean),
    ".1 throughout": partial(refined, level=lambda _: np.float32(0.1)),
    "mean of B_0 below Otsu(B_0)": partial(refined, level=otsu, follows=False),
    "brought back to 1 every step, Otsu(B_n)": partial(refined, level=otsu, brought_back=True),
    "brought back to 1 every step, .75 Otsu(B_n)": partial(refined, level=times(0.75, otsu), brought_back=True),
    ".75 Otsu(B_n), neighbourhood 3": partial(refined, level=times(0.75, otsu), side=3),
    ".75 Otsu(B_n), neighbourhood 31": partial(refined, level=times(0.75, otsu), side=31),
}
