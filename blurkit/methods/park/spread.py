"""Ours: blur spread from seeds over the whole photo, along its colours.

On cells of 4 x 4 pixels; the solver is fast global smoothing (``blurkit.ops.smoothing``),
which a trial found equal to the matting Laplacian at a hundredth of its time.
"""

import numpy as np

from blurkit.methods.park.patches import CLASSES
from blurkit.methods.park.sparse import sigma_of
from blurkit.ops import resize, statistics
from blurkit.ops.smoothing import propagate

CELL = 4  # pixels at the working size
STRENGTH, EDGE_SCALE, ROUNDS = 3000.0, 0.03, 3  # of the smoothing
PRIOR = 0.003  # weight of every cell's lean to blurred: where nothing has an edge, it is out of focus
NO_PRIOR = 1e-6  # the same for blur in pixels, which is measured and not assumed
SPLIT = 0.46  # of the way from the mean of the blurred places to that of the sharp ones lies what splits them
SPLIT_LIMITS = (0.25, 0.87)  # sharpness; but within these, or photos of one kind would be split as well
SOFTNESS = 0.04  # sharpness; width of the step from blurred to sharp


def spread(raw, photo, measured, sigma=False):
    """Everything between the seeds.

    Parameters
    ----------
    raw : ndarray, (2, H, W), float32 in [0, 1]
        Sharpness of the seeds and how sure it is, 0 elsewhere.
    photo : ndarray, (H, W, 3), uint8 or uint16
    measured : tuple
        (h, w) at which the seeds were measured.
    sigma : bool
        Blur in pixels of the photo, instead of sharpness.

    Returns
    -------
    ndarray, (H, W), float32
        1 = in focus, .5 splits; or pixels, >= 0.
    """
    shape = raw.shape[1:]
    if sigma:
        return resize.enlarge_to(
            spread_cells(raw, photo, measured, sigma_of, CLASSES[-1], NO_PRIOR), shape
        ) * np.float32(scale(shape, measured))
    field = spread_cells(raw, photo, measured, np.asarray, 0, PRIOR)
    return 1 / (1 + np.exp((splitting(field) - resize.enlarge_to(field, shape)) / np.float32(SOFTNESS)))


def spread_cells(raw, photo, measured, told, assumed, prior):
    """What is `told` of the sharpness of the seeds, spread over cells, each with a `prior` weight at the value `assumed`: (h / 4, w / 4) float32."""
    cells = resize.cells(measured, CELL)
    value, weight = pooled(raw, cells, told)
    value, weight = (value + prior * assumed) / (weight + prior), weight + prior
    return propagate(value, weight, resize.guide_on(photo, cells), STRENGTH, EDGE_SCALE, ROUNDS)


def splitting(field):
    """The sharpness about midway between a photo's two kinds of places (Otsu), within limits.

    Photos differ in how sharp their sharpest is; one of a single kind is judged by the limits.
    """
    between = statistics.otsu(field)
    sharp = field > between
    if sharp.any():
        high, low = field[sharp].mean(), field[~sharp].mean()
        between = low + SPLIT * (high - low)
    return np.float32(np.clip(between, *SPLIT_LIMITS))


def pooled(raw, cells, told=np.asarray):
    """Sum of weighted sharpness, or of what is `told` of it, and of weight over the seeds of every cell, each (h, w) float64."""
    row, column = np.nonzero(raw[1])
    shape = raw.shape[1:]
    backend = row * cells[0] // shape[0] * cells[1] + column * cells[1] // shape[1]
    value, weight = told(raw[0][row, column]), raw[1][row, column]
    return tuple(np.bincount(backend, found, cells[0] * cells[1]).reshape(cells) for found in (value * weight, weight))


def scale(shape, measured):
    """Pixels of the photo in a pixel of the size it was measured at."""
    return max(shape) / max(measured)
