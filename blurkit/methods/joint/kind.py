"""Stage 15: which blur it is: motion or defocus."""

import numpy as np

from blurkit.ops.filters import smooth
from blurkit.ops.statistics import logistic

WINDOW = 4.0  # cells; sigma of the Gaussian over which kinds are averaged
LEAST_BLURRED = 1e-3  # added to the weights, so that cells without a blurred neighbour have an answer


def spread(motion, log_odds):
    """Log odds that a blur is motion, averaged over blurred neighbours, with the mean of the whole photo added.

    One photo mostly has one kind of blur, and where a single cell shows little, its surroundings know.

    Parameters
    ----------
    motion, log_odds : ndarray, (h, w), float32
        Log odds of being moved, if blurred, and of being in focus.

    Returns
    -------
    ndarray, (h, w), float32
    """
    blurred = logistic(-log_odds)
    around = smooth(motion * blurred, WINDOW) / (smooth(blurred, WINDOW) + np.float32(LEAST_BLURRED))
    whole = (around * blurred).sum() / (blurred.sum() + np.float32(LEAST_BLURRED))
    return around + whole
