"""Stage 6: the local metric |K2 * (K1 * I)|."""

import cv2
import numpy as np

TOP_PERCENTILE = 99.0  # of the metric; what lies above counts as fully sharp
SPREAD = 10.0  # pixels; sigma of the Gaussian that makes a region of isolated answers


def response(plane, filters, window):
    """The metric: the two filters one after the other, then the absolute value.

    Parameters
    ----------
    plane : (H, W), float32, grey in [0, 1], on the device of `window`
    filters : ndarray, (2, 7, 7), float32
        K1, K2 from ``basis``.
    window : object with the verbs of ``blurkit.window``

    Returns
    -------
    (H, W), float32, >= 0, on the same device
        White noise of deviation 1 answers with deviation 1.
    """
    first, second = filters
    return abs(window.convolve(window.convolve(plane, first), second))


def published_map(metric):
    """The metric as a map: scaled to [0, 1] and smoothed.

    Parameters
    ----------
    metric : ndarray, (H, W), float32, >= 0

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1]
        All zero for a photo without any structure.
    """
    top = np.percentile(metric, TOP_PERCENTILE)
    if top <= 0:
        return np.zeros_like(metric)
    scaled = np.minimum(metric / np.float32(top), 1)
    return cv2.GaussianBlur(scaled, (0, 0), SPREAD, borderType=cv2.BORDER_REFLECT_101)
