"""Edge-aware propagation: sure places tell unsure ones, and photo edges stop the word.

Fast global smoothing: D. Min et al., "Fast Global Image Smoothing Based on
Weighted Least Squares", IEEE TIP 23(12), 2014, doi:10.1109/TIP.2014.2366600.
"""

import numpy as np

from blurkit.ops import resize

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
    grid = resize.cells(measured, cell)
    coarse = resize.reduce_to(raw, grid)
    weight = (2 * coarse - 1) ** 2 + least_weight
    spread = propagate(coarse, weight, resize.guide_on(guide, grid), strength, edge_scale, rounds)
    spread = np.clip(spread, CERTAIN, 1 - CERTAIN)
    logit = gain * (np.log(spread / (1 - spread)) + lean)
    return resize.enlarge_to(1 / (1 + np.exp(-logit)), raw.shape)


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
    both = np.stack([values * weight, weight], axis=1).astype(np.float64)  # (h, 2, w)
    across, down = np.ascontiguousarray(couplings(guide, 1, edge_scale).T), couplings(guide, 0, edge_scale)
    for step in range(1, rounds + 1):
        share = 1.5 * 4.0 ** (rounds - step) / (4.0**rounds - 1) * strength
        both = _sweep(np.ascontiguousarray(both.transpose(2, 1, 0)), share * across)  # (w, 2, h)
        both = _sweep(np.ascontiguousarray(both.transpose(2, 1, 0)), share * down)
    return (both[:, 0] / both[:, 1]).astype(np.float32)  # (h, w)


def couplings(guide, axis, edge_scale):
    """How strongly neighbours along an axis of the guide are coupled, 1 where it does not change: float64, one fewer along that axis."""
    red, green, blue = np.moveaxis(np.abs(np.diff(guide, axis=axis)), 2, 0)
    return np.exp(-np.maximum(np.maximum(red, green), blue) / edge_scale).astype(np.float64)


def _sweep(values, coupling):
    """Solve (I + Laplacian of a chain) x = values for many chains side by side (Thomas algorithm), in place.

    values : (n, 2, m); coupling : (n - 1, m), >= 0, between neighbours along n. Returns (n, 2, m).
    """
    diagonal = np.ones((len(values), values.shape[2]))
    diagonal[:-1] += coupling
    diagonal[1:] += coupling
    upper = np.empty_like(coupling)
    rows, one, two = (
        list(values),
        np.empty_like(diagonal[0]),
        np.empty_like(values[0]),
    )  # the steps are small: what counts is their number
    rows[0] /= diagonal[0]
    for link, above, here, below, row, next_row in zip(
        coupling, upper, diagonal, diagonal[1:], rows, rows[1:], strict=False
    ):
        np.divide(link, here, out=above)
        below -= np.multiply(link, above, out=one)
        next_row += np.multiply(link, row, out=two)
        next_row /= below
    for above, row, next_row in zip(upper[::-1], rows[-2::-1], rows[:0:-1], strict=True):
        row += np.multiply(above, next_row, out=two)
    return values
