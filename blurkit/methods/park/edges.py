"""Stage 1: edge points, by Canny with two pairs of thresholds.

J. Canny, "A Computational Approach to Edge Detection", IEEE TPAMI 8(6), 1986, as MATLAB's ``edge`` has it: derivative
of a Gaussian, magnitude scaled by its largest, non-maximum suppression between interpolated neighbours, hysteresis over
8 neighbours.
"""

import functools
import math
from typing import NamedTuple

import cv2
import numpy as np

from blurkit.ops import tiles

SIGMA = math.sqrt(2)  # pixels; smoothing before the gradient
RADIUS = 8  # pixels; the Gaussian is cut here
BEYOND = RADIUS + 1  # pixels; distance of the farthest pixel that a point depends on

LEAST_GRADIENT = 1e-6  # of full scale per pixel; lower limit of the largest gradient, so that rounding is no edge

ESTIMATE = ((0.117, 0.176), (0.234, 0.351))
"""(low, high) of weak and of strong edges in the photo to be measured, in units of its largest gradient (the published
program)."""

TRAIN = ((0.234, 0.351), (0.468, 0.702))
"""The same in sharp photos to be learned from."""

SEEK = (0.02, 0.04)
"""(low, high) of the points our default measures: soft backgrounds seldom have stronger edges."""

THIN = 8  # pixels; one point of every THIN x THIN cell is measured, since its neighbours have the same blur

WEAK, STRONG = 1, 2


class Strip(NamedTuple):
    """Gradient of some rows of a photo, and of rows above and below them."""

    across: np.ndarray  # derivative along columns, (h, W) float64
    down: np.ndarray  # derivative along rows
    magnitude: np.ndarray
    first: int  # row of the photo at which the arrays begin
    rows: slice  # of the arrays: the rows of the strip itself, without those above and below


def value(photo):
    """V of HSV, the largest of RGB, of photos or patches: (..., 3) uint8 or uint16 -> (...) float64 in [0, 1]."""
    return photo.max(axis=-1) / np.float64(np.iinfo(photo.dtype).max)


def gradient(grey):
    """Derivatives of the Gaussian-smoothed grey along columns and rows, each (H, W) float64."""
    offset = np.arange(-RADIUS, RADIUS + 1)
    smooth = np.exp(-(offset**2) / (2 * SIGMA**2))
    smooth /= smooth.sum()
    slope = np.gradient(smooth)
    slope /= np.abs(slope).sum() / 2  # either half sums to one
    across = cv2.sepFilter2D(grey, cv2.CV_64F, -slope, smooth, borderType=cv2.BORDER_REPLICATE)
    down = cv2.sepFilter2D(grey, cv2.CV_64F, smooth, -slope, borderType=cv2.BORDER_REPLICATE)
    return across, down


def edges(grey, thresholds=ESTIMATE):
    """Edge points of a grey photo.

    Parameters
    ----------
    grey : ndarray, (H, W), float64 in [0, 1]
    thresholds : pair of (low, high)
        Of weak and of strong edges, in units of the largest gradient.

    Returns
    -------
    ndarray, (H, W), uint8
        2 strong, 1 weak, 0 no edge.
    """
    kinds = np.zeros(grey.shape, np.uint8)
    row, column, steepness = ridges(grey, min(low for low, _ in thresholds))
    for kind, (low, high) in zip((WEAK, STRONG), thresholds, strict=True):
        over = steepness > low
        y, x = row[over], column[over]
        kept = hysteresis(grey.shape, y, x, steepness[over] > high)
        kinds[y[kept], x[kept]] = kind
    return kinds


def seeds(grey, thin=THIN):
    """Edge points, weak ones included: the steepest of every small cell.

    Parameters
    ----------
    grey : ndarray, (H, W), float64 in [0, 1]
    thin : int, pixels
        Side of the cells.

    Returns
    -------
    ndarray, (n, 2), int64
        (row, column), in the order of the cells.
    """
    low, high = SEEK
    shape, (row, column, steepness) = grey.shape, ridges(grey, low)
    del grey  # eight bytes a pixel, and there may be many
    kept = hysteresis(shape, row, column, steepness > high)
    row, column, steepness = row[kept], column[kept], steepness[kept]
    cell = row // thin * shape[1] + column // thin
    order = np.lexsort((-steepness, cell))
    first = order[np.flatnonzero(np.diff(cell[order], prepend=-1))]
    return np.stack([row[first], column[first]], axis=1)


def ridges(grey, low):
    """Pixels whose gradient exceeds `low` and is no smaller than its two neighbours along its own direction.

    The neighbours lie between pixels and are interpolated; the outermost pixels of a photo are never ridges.

    Parameters
    ----------
    grey : ndarray, (H, W), float64 in [0, 1]
    low : float
        In units of the largest gradient.

    Returns
    -------
    row, column : ndarray, (n,), int64
        In the order of the rows.
    steepness : ndarray, (n,), float64 in [0, 1]
        Magnitude of the gradient, in units of its largest.
    """
    high = max(1, tiles.STRIP // grey.shape[1])
    tops = range(0, len(grey), high)

    @functools.lru_cache(1)  # a photo of one strip is not measured twice
    def strip(top):
        return strip_of(grey, top, high)

    largest = max(LEAST_GRADIENT, *(strip(top).magnitude[strip(top).rows].max() for top in tops))
    parts = [ridges_within(strip(top), len(grey), largest, low) for top in tops]
    rows, columns, steepnesses = zip(*parts, strict=True)
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(steepnesses)


def strip_of(grey, top, high):
    """The `Strip` of the `high` rows of a grey photo from row `top` on; fewer at its lower border."""
    first = max(0, top - BEYOND)
    across, down = gradient(grey[first : top + high + BEYOND])
    return Strip(across, down, np.hypot(across, down), first, slice(top - first, top - first + high))


def ridges_within(strip, height, largest, low):
    """`ridges` of one strip of a photo of `height` rows, given the largest magnitude in the whole photo."""
    magnitude = strip.magnitude / largest
    width = magnitude.shape[1]
    first = max(strip.rows.start, 1 - strip.first)
    last = min(strip.rows.stop, height - 1 - strip.first)
    row, column = np.nonzero(magnitude[first:last, 1:-1] > low)
    row, column = row + first, column + 1
    pixel = row * width + column
    x, y, flat = strip.across.ravel()[pixel], strip.down.ravel()[pixel], magnitude.ravel()

    steep = np.abs(y) >= np.abs(x)
    vertical, horizontal = np.where(y > 0, width, -width), np.where(x > 0, 1, -1)  # steps in `flat`
    major = np.where(steep, vertical, horizontal)
    minor = np.where(steep, horizontal, vertical)
    share = np.minimum(np.abs(x), np.abs(y)) / np.maximum(np.abs(x), np.abs(y))
    highest = np.ones(len(pixel), bool)
    for way in (1, -1):
        neighbour = flat[pixel + way * major] * (1 - share) + flat[pixel + way * (major + minor)] * share
        highest &= flat[pixel] >= neighbour
    return row[highest] + strip.first, column[highest], flat[pixel[highest]]


def hysteresis(shape, row, column, strong):
    """Which points belong to a group, connected over 8 neighbours, that holds a strong point.

    Parameters
    ----------
    shape : tuple
        (H, W) of the plane the points lie in.
    row, column : ndarray, (n,), int
    strong : ndarray, (n,), bool

    Returns
    -------
    ndarray, (n,), bool
    """
    plane = np.zeros(shape, np.uint8)
    plane[row, column] = 1
    count, groups = cv2.connectedComponents(plane, connectivity=8)
    group = groups[row, column]
    kept = np.zeros(count, bool)
    kept[group[strong]] = True
    return kept[group]
