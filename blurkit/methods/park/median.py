"""Stage 9: weighted median of the full map, which removes what leaked over edges.

Q. Zhang, L. Xu, J. Jia, "100+ Times Faster Weighted Median Filter", CVPR 2014, doi:10.1109/CVPR.2014.362; here by
bisection, with one weighted count in every step.
"""

import numpy as np

RADIUS = 5  # pixels; window 11 x 11
RANGE = 0.25  # of full scale; sigma of the colour difference
ROUNDS = 3
STEPS = 8  # of bisection: to 1/256 of the range of values
STRIP = 32  # rows at a time, to bound memory


def weighted_median(plane, guide):
    """Median over windows, weighted by similarity of colour.

    Parameters
    ----------
    plane : ndarray, (H, W), float
    guide : ndarray, (H, W, 3), float in [0, 1]

    Returns
    -------
    ndarray, (H, W), float32
        Within the range of `plane`.
    """
    tops = range(0, len(plane), STRIP)
    for _ in range(ROUNDS):
        low, high = plane.min(), plane.max()
        padded = np.pad(plane.astype(np.float32), RADIUS, constant_values=np.nan)
        colours = np.pad(guide, ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), mode="edge").astype(np.float32)
        strips = [np.s_[top : top + STRIP + 2 * RADIUS] for top in tops]
        plane = np.concatenate([strip_median(padded[rows], colours[rows], low, high) for rows in strips])
    return plane


def strip_median(values, colours, low, high):
    """Weighted median of the inner rows and columns of a strip.

    Parameters
    ----------
    values : ndarray, (h + 10, w + 10), float32
        NaN outside the photo.
    colours : ndarray, (h + 10, w + 10, 3), float32 in [0, 1]
    low, high : float
        Least and largest of all values of the photo.

    Returns
    -------
    ndarray, (h, w), float32
    """
    height, width = (n - 2 * RADIUS for n in values.shape)
    side = range(2 * RADIUS + 1)
    shifts = [np.s_[row : row + height, column : column + width] for row in side for column in side]
    inside = ~np.isnan(values)
    middle = colours[RADIUS:-RADIUS, RADIUS:-RADIUS]
    weights = np.stack([similarity(colours[shift], middle) * inside[shift] for shift in shifts])  # (121, h, w)
    neighbours = np.stack([values[shift] for shift in shifts])
    half = weights.sum(axis=0) / 2
    below, above = np.full((height, width), low, np.float32), np.full((height, width), high, np.float32)
    for _ in range(STEPS):
        guess = (below + above) / 2
        lower = np.einsum("khw,khw->hw", weights, (neighbours <= guess).astype(np.float32)) >= half
        above = np.where(lower, guess, above)
        below = np.where(lower, below, guess)
    return (below + above) / 2


def similarity(colours, others):
    """Weight of a pixel by its difference of colour, each (h, w, 3), in [0, 1]: (h, w)."""
    return np.exp(-((colours - others) ** 2).sum(axis=2) / (2 * RANGE**2))
