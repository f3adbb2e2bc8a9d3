"""Masks from sharpness maps."""

import itertools
import math

import cv2
import numpy as np

from blurkit.ops import statistics

SMALLEST_TILE = 128  # pixels; where a mask has an edge is found tile by tile
TILE = 8  # sides of tiles in units of what they need to see around them: larger ones hold more without an edge


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
    farthest = math.sqrt(pixels**2 + 0.5)  # squares of distances are whole numbers
    return near_edges(mask, pixels, lambda part: cv2.inRange(distance(part), 0, farthest))


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

    def upper_half(part):  # of the ramp, where a pixel is marked
        return cv2.convertScaleAbs(distance(~part), alpha=255 / pixels, beta=127.5 - 127.5 / pixels)

    def ramp(part):
        return np.where(part > 0, upper_half(part), ~upper_half(~part))

    return near_edges(mask, pixels // 2 + 1, ramp)


def near_edges(mask, reach, change):
    """change(mask), worked out in those tiles alone where it is not the mask itself.

    Parameters
    ----------
    mask : ndarray, (H, W), uint8
    reach : int, pixels
        A pixel that has none of another value within so many rows and columns is left as it is by `change`, and what
        becomes of others depends on no pixel farther away.
    change : callable
        (h, w) -> (h, w), uint8; called with both values in a part.

    Returns
    -------
    ndarray, (H, W), uint8
    """
    changed, side = mask.copy(), max(SMALLEST_TILE, TILE * reach)
    for top, left in itertools.product(*(range(0, length, side) for length in mask.shape)):
        above, before = min(top, reach), min(left, reach)
        part = mask[top - above : top + side + reach, left - before : left + side + reach]
        if part.min() != part.max():
            tile = changed[top : top + side, left : left + side]
            tile[:] = change(np.ascontiguousarray(part))[above:, before:][: tile.shape[0], : tile.shape[1]]
    return changed


def distance(mask):
    """Distance of each pixel from the nearest marked one, (H, W) float32, of a mask that has one."""
    return cv2.distanceTransform(255 - mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
