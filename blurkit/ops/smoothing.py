"""Edge-aware smoothing of a confidence-weighted map.

Values spread from cells of high confidence to cells of low confidence, except across edges of the photo.

Fast global smoothing: D. Min et al., "Fast Global Image Smoothing Based on
Weighted Least Squares", IEEE TIP 23(12), 2014, doi:10.1109/TIP.2014.2366600.
"""

import math

import numpy as np

from blurkit.ops import resize
from blurkit.ops.statistics import logistic, logit

CERTAIN = 1e-7  # least distance of a spread probability from 0 and 1, so that its logit stays finite


def spread_confident(
    raw, guide, measured_shape, cell, strength, edge_scale, rounds, *, least_weight, gain, lean=0.0, bend=math.inf
):
    """Spread a probability map from where it is near 0 or 1 to where it is near .5.

    Parameters
    ----------
    raw : ndarray, (H, W), float32 in [0, 1]
        Probability of being in focus; .5 = undecided.
    guide : ndarray, (H, W, 3), uint8 or uint16
        The photo.
    measured_shape : tuple
        (h, w) at which the map was measured.
    cell : int, pixels of (h, w)
        Side of the grid cells on which the map is spread.
    strength, edge_scale, rounds
        As for `propagate`.
    least_weight : float
        Weight of a cell of probability .5; a cell of probability 0 or 1 has 1 more.
    gain, lean : float
        The logit of the spread map plus `lean` is multiplied by `gain`, since averaging draws values towards .5.
    bend : float
        Logit from which the result grows with the logarithm of that product instead, so that unlike values stay unlike
        in 16 bits; infinite: never.

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1]
    """
    grid = resize.cells(measured_shape, cell)
    coarse = resize.reduce_to(raw, grid)
    weight = (2 * coarse - 1) ** 2 + least_weight
    spread = propagate(coarse, weight, resize.guide_on(guide, grid), strength, edge_scale, rounds)
    spread = np.clip(spread, CERTAIN, 1 - CERTAIN)
    corrected = bent(gain * (logit(spread) + np.float32(lean)), bend)
    return resize.enlarge_to(logistic(corrected), raw.shape)


def bent(values, bend):
    """Values that grow with their logarithm from about +-`bend` on, in the same order; infinite: as they are."""
    if math.isinf(bend):
        return values
    return np.copysign(bend * np.log1p(np.abs(values) / np.float32(bend)), values)


def propagate(values, weight, guide, strength, edge_scale, rounds):
    """Weighted least-squares smoothing of values, along rows and along columns in turn.

    Parameters
    ----------
    values : ndarray, (h, w)
        The values to spread.
    weight : ndarray, (h, w), > 0
        Confidence of each value.
    guide : ndarray, (h, w, 3), float in [0, 1]
        The photo on the same grid.
    strength : float
        Smoothness weight (lambda of the paper).
    edge_scale : float
        Guide difference, in units of full scale, at which coupling falls to 1/e.
    rounds : int
        Number of passes over rows and columns; strength falls fourfold each round (equation 11).

    Returns
    -------
    ndarray, (h, w), float32
        Within the range of `values`.
    """
    planes = np.stack([values * weight, weight], axis=1).astype(np.float64)  # (h, 2, w)
    across = np.ascontiguousarray(couplings(guide, 1, edge_scale).T)  # (w - 1, h)
    down = couplings(guide, 0, edge_scale)  # (h - 1, w)
    for step in range(1, rounds + 1):
        step_strength = 1.5 * 4.0 ** (rounds - step) / (4.0**rounds - 1) * strength
        planes = _solve_chains(np.ascontiguousarray(planes.transpose(2, 1, 0)), step_strength * across)  # (w, 2, h)
        planes = _solve_chains(np.ascontiguousarray(planes.transpose(2, 1, 0)), step_strength * down)  # (h, 2, w)
    weighted_values, weights = planes[:, 0], planes[:, 1]
    return (weighted_values / weights).astype(np.float32)  # (h, w)


def couplings(guide, axis, edge_scale):
    """Coupling of neighbouring cells along an axis: 1 where the guide is constant, near 0 across its edges.

    Parameters
    ----------
    guide : ndarray, (h, w, 3), float in [0, 1]
    axis : int
        0: down; 1: across.
    edge_scale : float
        As for `propagate`.

    Returns
    -------
    ndarray, (h, w) with one fewer along `axis`, float64 in [0, 1]
    """
    red, green, blue = np.moveaxis(np.abs(np.diff(guide, axis=axis)), 2, 0)
    return np.exp(-np.maximum(np.maximum(red, green), blue) / edge_scale).astype(np.float64)


def _solve_chains(values, coupling):
    """Solve (I + Laplacian of a chain) x = values for many chains at once, in place, by the Thomas algorithm.

    The arrays of one step are small, so the time goes into the number of NumPy calls: each writes into a buffer.

    Parameters
    ----------
    values : ndarray, (n, 2, m), float64
        Two right-hand sides for each of m chains of n values. Overwritten.
    coupling : ndarray, (n - 1, m), float64, >= 0
        Between neighbours along n; the same for both right-hand sides.

    Returns
    -------
    ndarray, (n, 2, m), float64
        The solutions: `values` itself.
    """
    diagonal = np.ones((len(values), values.shape[2]))
    diagonal[:-1] += coupling
    diagonal[1:] += coupling
    ratios = np.empty_like(coupling)  # of the upper diagonal, after elimination, with the sign reversed
    rows = list(values)
    chain_buffer = np.empty_like(diagonal[0])  # (m,)
    row_buffer = np.empty_like(values[0])  # (2, m)
    rows[0] /= diagonal[0]
    for link, ratio, pivot, next_pivot, row, next_row in zip(
        coupling, ratios, diagonal, diagonal[1:], rows, rows[1:], strict=False
    ):
        np.divide(link, pivot, out=ratio)
        next_pivot -= np.multiply(link, ratio, out=chain_buffer)
        next_row += np.multiply(link, row, out=row_buffer)
        next_row /= next_pivot
    for ratio, row, next_row in zip(ratios[::-1], rows[-2::-1], rows[:0:-1], strict=True):
        row += np.multiply(ratio, next_row, out=row_buffer)
    return values
