"""Noise of a photo, from its smoothest parts."""

import math

import numpy as np

from blurkit.ops import filters, resize, statistics
from blurkit.ops.backend import CpuBackend

CELL = 4  # pixels; side of the cells over which second differences are averaged
WINDOW = 9  # cells; side of the windows over which cells are averaged
PERCENTILE = 5  # percent; of these means it takes the value near the lowest


def noise(plane, outside=None):
    """Standard deviation of the noise of a plane, from second differences in its smoothest parts.

    J. Immerkaer, "Fast Noise Variance Estimation", CVIU 64(2), 1996, doi:10.1006/cviu.1996.0060.

    Parameters
    ----------
    plane : ndarray, (h, w), float32 in [0, 1]
    outside : callable, optional
        (h', w') -> (h', w') bool: on a grid of cells, where the plane holds nothing that was photographed.

    Returns
    -------
    float, 8-bit steps
    """
    cells = resize.pool(filters.curvature(plane, CpuBackend), CELL)
    window_means = filters.box_mean(cells, WINDOW)
    if outside is not None:
        inside = filters.highest(outside(cells.shape).astype(np.uint8), WINDOW) == 0
        window_means = window_means[inside] if inside.any() else window_means
    # sqrt(pi / 2): from the mean absolute value of Gaussian noise to its standard deviation.
    return 255 * math.sqrt(math.pi / 2) * statistics.percentile(window_means, PERCENTILE)
