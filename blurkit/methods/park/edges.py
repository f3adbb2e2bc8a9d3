"""Stage 1: edge points, by Canny with two pairs of thresholds.

J. Canny, "A Computational Approach to Edge Detection", IEEE TPAMI 8(6), 1986, as
MATLAB's ``edge`` has it: derivative of a Gaussian, magnitude scaled by its largest,
non-maximum suppression between interpolated neighbours, hysteresis over 8 neighbours.
"""

import functools
import math

import cv2
import numpy as np

from blurkit.ops import tiles

SIGMA = math.sqrt(2)  # pixels; smoothing before the gradient
RADIUS = 8  # pixels; the Gaussian is cut here
BEYOND = RADIUS + 1  # pixels; so far a point's neighbours reach

LEAST_GRADIENT = 1e-6  # of full scale a pixel; the largest gradient counts as no less, so that rounding is no edge

ESTIMATE = ((0.117, 0.176), (0.234, 0.351))
"""(low, high) of weak and of strong edges in the photo to be measured, in units of its
largest gradient (the published program)."""

TRAIN = ((0.234, 0.351), (0.468, 0.702))
"""The same in sharp photos to be learned from."""

SEEK = (0.02, 0.04)
"""(low, high) of the points our default measures: soft backgrounds seldom have stronger ones."""

THIN = 8  # pixels; of a THIN x THIN cell one point is measured, its neighbours say the same

WEAK, STRONG = 1, 2


def value(photo):
    """V of HSV, the largest of R, G and B: (..., 3) uint8 or uint16, a photo or patches -> (...) float64 in [0, 1]."""
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
    found = np.zeros(grey.shape, np.uint8)
    row, column, steepness = ridges(grey, min(low for low, _ in thresholds))
    for kind, (low, high) in zip((WEAK, STRONG), thresholds, strict=True):
        over = steepness > low
        y, x = row[over], column[over]
        kept = hysteresis(grey.shape, y, x, steepness[over] > high)
        found[y[kept], x[kept]] = kind
    return found


def seeds(grey, thin=THIN):
    """Points at even weak edges, the steepest of every small cell.

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
    """Where the gradient exceeds `low` and its neighbours up and down its own direction.

    The neighbours lie between pixels and are interpolated; the outermost pixels are never ridges.

    Returns
    -------
    row, column : ndarray, (n,), int64
        In the order of the rows.
    steepness : ndarray, (n,), float64 in [0, 1]
        Magnitude of the gradient, in units of its largest.
    """
    height, width = grey.shape
    high = max(1, tiles.STRIP // width)

    @functools.lru_cache(1)  # a photo of one strip is not measured twice
    def slopes(top):
        across, down = gradient(grey[max(0, top - BEYOND) : top + high + BEYOND])
        return across, down, np.hypot(across, down)

    tops = {top: min(top, BEYOND) for top in range(0, height, high)}  # with how many rows a strip begins above
    largest = max(slopes(top)[2][above : above + high].max() for top, above in tops.items())
    found = []
    for top, above in tops.items():
        inner = slice(max(top, 1) - top + above, min(top + high, height - 1) - top + above)
        across, down, magnitude = slopes(top)
        row, column, steepness = ridges_within(across, down, magnitude, max(largest, LEAST_GRADIENT), low, inner)
        found.append((row + top - above, column, steepness))
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def ridges_within(across, down, magnitude, largest, low, inner):
    """`ridges` in some rows of a strip, by its derivatives, each (h, W), and the largest magnitude of the photo."""
    magnitude = magnitude / largest
    width = magnitude.shape[1]
    row, column = np.nonzero(magnitude[inner, 1:-1] > low)
    at = (row + inner.start) * width + column + 1
    x, y, flat = across.ravel()[at], down.ravel()[at], magnitude.ravel()
    steep = np.abs(y) >= np.abs(x)
    major = np.where(steep, np.where(y > 0, width, -width), np.where(x > 0, 1, -1))
    minor = np.where(steep, np.where(x > 0, 1, -1), np.where(y > 0, width, -width))
    share = np.minimum(np.abs(x), np.abs(y)) / np.maximum(np.abs(x), np.abs(y))
    highest = np.ones(len(at), bool)
    for way in (1, -1):
        beside = flat[at + way * major] * (1 - share) + flat[at + way * (major + minor)] * share
        highest &= flat[at] >= beside
    return row[highest] + inner.start, column[highest] + 1, flat[at[highest]]


def hysteresis(shape, row, column, sure):
    """Which points of an (H, W) plane belong to an 8-connected group that holds a sure one: (n,), (n,), (n,) bool -> (n,) bool."""
    plane = np.zeros(shape, np.uint8)
    plane[row, column] = 1
    count, groups = cv2.connectedComponents(plane, connectivity=8)
    group = groups[row, column]
    kept = np.zeros(count, bool)
    kept[group[sure]] = True
    return kept[group]
