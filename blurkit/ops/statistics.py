"""Statistics of a plane, percentiles and Otsu's threshold; the logistic function and its inverse."""

import cv2
import numpy as np

OTSU_LEVELS = 256  # of the histogram


def percentile(plane, percent):
    """A percentile of all values of a plane, linearly interpolated.

    The same as ``numpy.percentile``, whose first call alone takes 10 ms.

    Parameters
    ----------
    plane : ndarray, (H, W)
    percent : float in [0, 100]

    Returns
    -------
    float
    """
    values = plane.ravel()
    position = percent / 100 * (values.size - 1)
    below = int(position)
    above = min(below + 1, values.size - 1)
    low, high = np.partition(values, (below, above))[[below, above]].astype(np.float64)
    return float(low + (position - below) * (high - low))


def otsu(plane):
    """Otsu's threshold between two classes of values, by a histogram over their range.

    Parameters
    ----------
    plane : ndarray, (H, W), float32

    Returns
    -------
    float
        In the unit of the plane. If all values are equal, that value.
    """
    low, high = float(plane.min()), float(plane.max())
    if high <= low:
        return high
    levels = np.rint((plane - low) / (high - low) * (OTSU_LEVELS - 1)).astype(np.uint8)
    level, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    # Otsu splits level | level + 1; the bins are rounded, so the split lies half a bin up.
    return low + (level + 0.5) / (OTSU_LEVELS - 1) * (high - low)


def logistic(logit):
    """Probability of a logit: 1 / (1 + exp(-logit)), element by element; same shape and dtype."""
    return 1 / (1 + np.exp(-logit))


def logit(probability):
    """Logarithm of the odds of a probability in (0, 1), element by element; same shape and dtype."""
    return np.log(probability / (1 - probability))
