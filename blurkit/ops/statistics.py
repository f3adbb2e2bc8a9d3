"""Statistics of a plane: percentiles, Otsu's threshold."""

import cv2
import numpy as np

OTSU_LEVELS = 256  # of the histogram


def percentile(plane, percent):
    """The value below which `percent` of a plane lie, between two by straight interpolation: float.

    As ``numpy.percentile``, whose first call alone takes 10 ms.
    """
    values = plane.ravel()
    place = percent / 100 * (values.size - 1)
    below = int(place)
    above = min(below + 1, values.size - 1)
    low, high = np.partition(values, (below, above))[[below, above]].astype(np.float64)
    return float(low + (place - below) * (high - low))


def otsu(plane):
    """Otsu's threshold between two classes of values, by a histogram over their range: float; their value if all are one."""
    low, high = float(plane.min()), float(plane.max())
    if high <= low:
        return high
    levels = np.rint((plane - low) / (high - low) * (OTSU_LEVELS - 1)).astype(np.uint8)
    level, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    # Otsu splits level | level + 1; the bins are rounded, so the split lies half a bin up.
    return low + (level + 0.5) / (OTSU_LEVELS - 1) * (high - low)
