"""Masks from sharpness maps."""

import numpy as np

from blurkit.ops import statistics


def threshold(sharpness, rule, value=None):
    """Threshold of a sharpness map: above it a pixel is in focus.

    Parameters
    ----------
    sharpness : ndarray, (H, W), float32 in [0, 1]
    rule : {'fixed', 'otsu', 'mean', 'alpha'}
        ``fixed``: `value` itself. ``otsu``: Otsu's threshold between two classes of pixels. ``mean``: `value` x mean
        of the map, at most .95 of its maximum (1.5 is usual in this field). ``alpha``: with defocus d = 1 - map,
        out of focus above alpha max(d) + (1 - alpha) min(d), alpha = `value` (.3 in Park et al., CVPR 2017).
    value : float, optional
        Of the rule; ``otsu`` has none.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        There is no such rule.
    """
    if rule == "fixed":
        return value
    if rule == "mean":
        return min(value * float(sharpness.mean(dtype=np.float64)), 0.95 * float(sharpness.max()))
    low, high = float(sharpness.min()), float(sharpness.max())
    if rule == "alpha":
        return value * low + (1 - value) * high
    if rule == "otsu":
        return statistics.otsu(sharpness)
    raise ValueError(f"unknown rule {rule!r}")


def focus_mask(sharpness, rule="fixed", value=0.5, invert=False):
    """Mask of the pixels in focus.

    Parameters
    ----------
    sharpness : ndarray, (H, W), float32 in [0, 1]
    rule, value
        As for `threshold`.
    invert : bool
        Mark the pixels out of focus instead.

    Returns
    -------
    ndarray, (H, W), uint8
        255 where the map is above the threshold (for ``alpha``: or equal to it), else 0.
    """
    level = np.float32(threshold(sharpness, rule, value))
    in_focus = sharpness >= level if rule == "alpha" else sharpness > level
    return np.where(in_focus != invert, np.uint8(255), np.uint8(0))
