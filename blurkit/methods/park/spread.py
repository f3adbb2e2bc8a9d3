"""Ours: blur spread from seeds over the whole photo, along its colours.

On cells of 4 x 4 pixels, by fast global smoothing (``blurkit.ops.smoothing``), which in a trial gave maps as good as
those of the matting Laplacian, in a hundredth of its time.
"""

import numpy as np

from blurkit.methods.park.patches import CLASSES
from blurkit.methods.park.sparse import sigma_of
from blurkit.ops import resize, statistics
from blurkit.ops.smoothing import propagate
from blurkit.ops.statistics import logistic

CELL = 4  # pixels at the working size
STRENGTH, EDGE_SCALE, ROUNDS = 3000.0, 0.03, 3  # of the smoothing
PRIOR = 0.003  # weight, in every cell, of the assumption that it is out of focus; matters far from edges
NO_PRIOR = 1e-6  # the same for blur in pixels, which is measured rather than assumed
SPLIT = 0.46  # of the way from the mean of the blurred cells to that of the sharp ones lies their threshold
SPLIT_LIMITS = (0.25, 0.87)  # sharpness; of that threshold, or wholly sharp and wholly blurred photos would be split
SOFTNESS = 0.04  # sharpness; width of the step from blurred to sharp


def spread(raw, photo, measured, sigma=False):
    """A map of the whole photo, from its seeds.

    Parameters
    ----------
    raw : ndarray, (2, H, W), float32 in [0, 1]
        Sharpness of the seeds and its confidence, 0 elsewhere.
    photo : ndarray, (H, W, 3), uint8 or uint16
    measured : tuple
        (h, w) at which the seeds were measured.
    sigma : bool
        Blur in pixels of the photo, instead of sharpness.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1], 1 = in focus, .5 at the threshold; or pixels, >= 0.
    """
    shape = raw.shape[1:]
    if sigma:
        blur = spread_cells(raw, photo, measured, sigma_of, CLASSES[-1], NO_PRIOR)
        return resize.enlarge_to(blur, shape) * np.float32(scale(shape, measured))
    sharpness = spread_cells(raw, photo, measured, np.asarray, 0, PRIOR)
    above = resize.enlarge_to(sharpness, shape) - splitting(sharpness)
    return logistic(above / np.float32(SOFTNESS))


def spread_cells(raw, photo, measured, quantity, assumed, prior):
    """A quantity of the seeds, spread over cells.

    Parameters
    ----------
    raw, photo, measured
        As for `spread`.
    quantity : callable
        The quantity as a function of sharpness.
    assumed : float
        Value every cell is assumed to have.
    prior : float
        Weight of that assumption.

    Returns
    -------
    ndarray, (ceil(h / 4), ceil(w / 4)), float32
    """
    cells = resize.cells(measured, CELL)
    weighted_sum, weight = pooled(raw, cells, quantity)
    weighted_sum, weight = weighted_sum + prior * assumed, weight + prior
    return propagate(weighted_sum / weight, weight, resize.guide_on(photo, cells), STRENGTH, EDGE_SCALE, ROUNDS)


def splitting(sharpness):
    """The sharpness about midway between the sharp and the blurred cells of a photo (Otsu), within limits: float32.

    Photos differ in how sharp their sharpest part is. For a photo wholly sharp or wholly blurred the limits decide.
    """
    threshold = statistics.otsu(sharpness)
    sharp = sharpness > threshold
    if sharp.any():
        high, low = sharpness[sharp].mean(), sharpness[~sharp].mean()
        threshold = low + SPLIT * (high - low)
    return np.float32(np.clip(threshold, *SPLIT_LIMITS))


def pooled(raw, cells, quantity=np.asarray):
    """Sums over the seeds of every cell.

    Parameters
    ----------
    raw : ndarray, (2, H, W), float32
        Sharpness and its confidence.
    cells : tuple
        (h, w), not larger.
    quantity : callable
        What is summed, as a function of sharpness; sharpness itself unless given.

    Returns
    -------
    weighted_sum, weight : ndarray, (h, w), float64
        Of the quantity weighted by its confidence, and of the confidence.
    """
    sharpness, confidence = raw
    height, width = sharpness.shape
    rows, columns = cells
    row, column = np.nonzero(confidence)
    cell = row * rows // height * columns + column * columns // width
    value, weight = quantity(sharpness[row, column]), confidence[row, column]
    weighted_sum = np.bincount(cell, value * weight, rows * columns)
    return weighted_sum.reshape(cells), np.bincount(cell, weight, rows * columns).reshape(cells)


def scale(shape, measured):
    """Pixels of the photo in a pixel of the size it was measured at."""
    return max(shape) / max(measured)
