"""Masks from maps."""

import numpy as np

from blurkit.ops import statistics


def threshold(sharpness, rule, value=None):
    """The value above which a pixel is in focus.

    Parameters
    ----------
    sharpness : ndarray, (H, W), float32 in [0, 1]
    rule : {'fixed', 'otsu', 'mean', 'alpha'}
        ``fixed``: `value`. ``otsu``: Otsu's, between two classes of pixels. ``mean``:
        `value` x mean of the map, at most .95 of its maximum (usual in this field with
        1.5). ``alpha``: defocus d = 1 - map, blurred above alpha max(d) + (1 - alpha) min(d),
        alpha = `value` (.3 in Park et al., CVPR 2017).
    value : float

    Returns
    -------
    float
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
    """What is in focus, as a mask.

    Parameters
    ----------
    sharpness : ndarray, (H, W), float32 in [0, 1]
    rule, value
        As for `threshold`.
    invert : bool
        Mark what is out of focus instead.

    Returns
    -------
    ndarray, (H, W), uint8
        255 where the map lies above the threshold (for ``alpha``: on it, too), else 0.
    """
    level = np.float32(threshold(sharpness, rule, value))
    chosen = sharpness >= level if rule == "alpha" else sharpness > level
    return np.where(chosen != invert, np.uint8(255), np.uint8(0))
