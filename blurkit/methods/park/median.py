"""Stage 9: weighted median of the full map, which takes out what leaked over edges.

Q. Zhang, L. Xu, J. Jia, "100+ Times Faster Weighted Median Filter", CVPR 2014,
doi:10.1109/CVPR.2014.362; here by bisection, every step one weighted count.
"""

import numpy as np

RADIUS = 5  # pixels; window 11 x 11
RANGE = 0.25  # of full scale; sigma of the colour difference
ROUNDS = 3
STEPS = 8  # of bisection: the values are told apart in 256 steps
STRIP = 32  # rows at a time, to bound memory


def weighted_median(plane, guide):
    """Median over windows, weighted by likeness of colour.

    Parameters
    ----------
    plane : ndarray, (H, W), float
    guide : ndarray, (H, W, 3), float in [0, 1]

    Returns
    -------
    ndarray, (H, W), float32
        Within the range of `plane`.
    """
    height = len(plane)
    for _ in range(ROUNDS):
        padded = np.pad(plane.astype(np.float32), RADIUS, constant_values=np.nan)
        colours = np.pad(guide, ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), mode="edge").astype(np.float32)
        rows = (np.s_[top : min(top + STRIP, height) + 2 * RADIUS] for top in range(0, height, STRIP))
        plane = np.concatenate([strip_median(padded[part], colours[part], plane.min(), plane.max()) for part in rows])
    return plane


def strip_median(values, colours, low, high):
    """Weighted median of the inner rows and columns of a strip, between `low` and `high`."""
    height, width = (n - 2 * RADIUS for n in values.shape)
    windows = [np.s_[r : r + height, c : c + width] for r in range(2 * RADIUS + 1) for c in range(2 * RADIUS + 1)]
    middle = colours[RADIUS:-RADIUS, RADIUS:-RADIUS]
    inside = ~np.isnan(values)
    weights = np.stack(
        [np.exp(-((colours[w] - middle) ** 2).sum(axis=2) / (2 * RANGE**2)) * inside[w] for w in windows]
    )  # (121, h, w)
    around = np.stack([values[w] for w in windows])
    half = weights.sum(axis=0) / 2
    below, above = np.full((height, width), low, np.float32), np.full((height, width), high, np.float32)
    for _ in range(STEPS):
        guess = (below + above) / 2
        lower = np.einsum("khw,khw->hw", weights, (around <= guess).astype(np.float32)) >= half
        above, below = np.where(lower, guess, above), np.where(lower, below, guess)
    return (below + above) / 2
