"""Edge-aware propagation: sure places tell unsure ones, and photo edges stop the word.

Fast global smoothing: D. Min et al., "Fast Global Image Smoothing Based on
Weighted Least Squares", IEEE TIP 23(12), 2014, doi:10.1109/TIP.2014.2366600.
"""

import numpy as np

from blurkit import window

CERTAIN = 1e-7  # distance from 0 and 1 beyond which a spread probability is cut, so that its logit stays finite


def sure_parts(raw, guide, measured, cell, strength, edge_scale, rounds, *, least_weight, gain, lean=0.0):
    """A map spread from where it is near 0 or 1 to where it is near .5.

    Parameters
    ----------
    raw : ndarray, (H, W), float32 in [0, 1]
        Probability of being in focus; .5 = unsure.
    guide : ndarray, (H, W, 3), uint8 or uint16
        The photo.
    measured : tuple
        (h, w) at which the map was measured.
    cell : int, pixels of (h, w)
        Side of the grid cells on which the map is spread.
    strength, edge_scale, rounds
        Of `propagate`.
    least_weight : float
        Weight of a cell that is wholly unsure; a sure one has 1 more.
    gain, lean : float
        The logit of the spread map plus `lean` is multiplied by `gain`: averaging has drawn it towards the middle.

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1]
    """
    grid = window.cells(measured, cell)
    coarse = window.reduce_to(raw, grid)
    weight = (2 * coarse - 1) ** 2 + least_weight
    spread = propagate(coarse, weight, window.guide_on(guide, grid), strength, edge_scale, rounds)
    spread = np.clip(spread, CERTAIN, 1 - CERTAIN)
    logit = gain * (np.log(spread / (1 - spread)) + lean)
    return window.enlarge_to(1 / (1 + np.exp(-logit)), raw.shape)


def propagate(values, weight, guide, strength, edge_scale, rounds):
    """Weighted least-squares smoothing of values, row by row and column by column.

    Parameters
    ----------
    values : ndarray, (h, w)
        What is to be spread.
    weight : ndarray, (h, w), > 0
        How sure each value is.
    guide : ndarray, (h, w, 3), float in [0, 1]
        The photo on the same grid.
    strength : float
        Smoothness weight (lambda of the paper).
    edge_scale : float
        Guide difference, in units of full scale, at which coupling falls to 1/e.
    rounds : int
        Alternations of rows and columns; strength falls fourfold each round (equation 11).

    Returns
    -------
    ndarray, (h, w), float32
        Within the range of `values`.
    """
    both = np.stack([values * weight, weight]).astype(np.float64)  # (2, h, w)
    across = np.exp(-np.abs(np.diff(guide, axis=1)).max(axis=2) / edge_scale)  # (h, w-1)
    down = np.exp(-np.abs(np.diff(guide, axis=0)).max(axis=2) / edge_scale)  # (h-1, w)
    across, down = across.astype(np.float64).T, down.astype(np.float64)  # the swept axis first
    for step in range(1, rounds + 1):
        share = 1.5 * 4.0 ** (rounds - step) / (4.0**rounds - 1) * strength
        both = _sweep(both.transpose(2, 0, 1), share * across).transpose(1, 2, 0)
        both = _sweep(both.transpose(1, 0, 2), share * down).transpose(1, 0, 2)
    return (both[0] / both[1]).astype(np.float32)  # (h, w)


def _sweep(right, coupling):
    """Solve (I + Laplacian of a chain) x = right for many chains side by side (Thomas algorithm).

    right : (n, 2, m); coupling : (n - 1, m), >= 0, between neighbours along n. Returns (n, 2, m).
    """
    n = len(right)
    diagonal = np.ones((n, right.shape[2]))
    diagonal[:-1] += coupling
    diagonal[1:] += coupling
    solution = np.array(right)
    upper = np.empty_like(coupling)
    for i in range(n):
        if i:
            diagonal[i] -= coupling[i - 1] * upper[i - 1]
            solution[i] += coupling[i - 1] * solution[i - 1]
        solution[i] /= diagonal[i]
        if i < n - 1:
            upper[i] = coupling[i] / diagonal[i]
    for i in range(n - 2, -1, -1):
        solution[i] += upper[i] * solution[i + 1]
    return solution  # (n, 2, m)
