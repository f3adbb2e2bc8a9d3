"""Masks from sharpness maps."""

import cv2
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


def grown(mask, pixels):
    """A mask grown on all sides, or shrunk.

    Parameters
    ----------
    mask : ndarray, (H, W), uint8
        255 = marked, 0 = not.
    pixels : int, from -500 to 500
        By how much, as the crow flies; below 0 it is shrunk. The border of the picture is no edge.

    Returns
    -------
    ndarray, (H, W), uint8
        255 where a pixel is marked, or a marked one lies within `pixels` of it; of a shrunk one where no pixel that is
        not marked does.
    """
    if pixels < 0:
        return ~grown(~mask, -pixels)
    return np.where(distance(mask) ** 2 <= pixels**2 + 0.5, np.uint8(255), np.uint8(0))


def feathered(mask, pixels):
    """A mask whose edge is a ramp.

    Parameters
    ----------
    mask : ndarray, (H, W), uint8
        255 = marked, 0 = not.
    pixels : int, at least 1
        Width of the ramp; the edge is in its middle.

    Returns
    -------
    ndarray, (H, W), uint8
        255 times 1/2 + s / `pixels`, cut to [0, 1], where s is the distance from the edge, above 0 within the mask. The
        edge lies halfway between the middles of a pixel that is marked and one that is not.
    """
    inside = mask > 0
    away = np.where(inside, distance(~mask), distance(mask)) - 0.5
    return np.rint(255 * np.clip(0.5 + np.where(inside, away, -away) / pixels, 0, 1)).astype(np.uint8)


def distance(mask):
    """Distance of each pixel from the nearest marked one, (H, W) float32; larger than any picture if there is none."""
    if not mask.any():
        return np.full(mask.shape, np.float32(1e6))
    return cv2.distanceTransform(255 - mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
