"""Stage 5: the sparse raw map, the classifier's results at the edge points.

A raw map is two planes: sharpness in [0, 1] and its confidence, 0 where there is no point. Sharpness is a falling
logistic function of blur, steep where photographers would stop calling it sharp, and can be turned back into pixels.
"""

import numpy as np

from blurkit.defaults import LEAST_SIGMA
from blurkit.methods.park.patches import CLASSES, SIGMAS
from blurkit.ops.statistics import logistic

MIDDLE = 1.0  # pixels; sigma whose sharpness is one half
STEEPNESS = 4.0  # per pixel
LEAST_DEVIATION = 0.2  # of log sigma; the distance of two classes, so no point can be more exact
HALF_CONFIDENCE = 0.05  # variance of the sharpness at which the confidence is one half


def sharpness_of(sigma):
    """Blur in pixels as sharpness in (0, 1)."""
    return logistic(STEEPNESS * (MIDDLE - sigma))


def sigma_of(sharpness):
    """Sharpness in [0, 1] as blur in pixels: float32, from 0 to the largest class, 4."""
    inside = np.clip(sharpness.astype(np.float64), sharpness_of(float(CLASSES[-1])), sharpness_of(0.0))
    return np.float32(MIDDLE + np.log(1 / inside - 1) / STEEPNESS)


def published_map(shape, points, probabilities):
    """Raw map of the paper: the likeliest class at edge points, and its probability.

    Parameters
    ----------
    shape : tuple
        (H, W) of the photo.
    points : ndarray, (n, 2), int
        (row, column).
    probabilities : ndarray, (n, 11), float32
        Of the classes SIGMAS.

    Returns
    -------
    ndarray, (2, H, W), float32 in [0, 1]
    """
    raw = np.zeros((2, *shape), np.float32)
    sharpness, confidence = raw
    row, column = points.T
    sharpness[row, column] = sharpness_of(SIGMAS[probabilities.argmax(axis=1)])
    confidence[row, column] = probabilities.max(axis=1)
    return raw


def is_published(raw):
    """True if all points of a raw map, (2, H, W), have the sharpness of one of the paper's classes."""
    sharpness, confidence = raw
    return bool(np.isin(sharpness[confidence > 0], np.float32(sharpness_of(SIGMAS))).all())


def seed_map(shape, measured, points, probabilities):
    """Raw map of our default: expected sharpness at the seeds; its confidence falls with its variance.

    Parameters
    ----------
    shape : tuple
        (H, W) of the photo.
    measured : tuple
        (h, w) at which the points were measured; not larger.
    points : ndarray, (n, 2), int
        (row, column) at that size.
    probabilities : ndarray, (n, 17), float32
        Of the classes CLASSES.

    Returns
    -------
    ndarray, (2, H, W), float32 in [0, 1]
    """
    row, column = ((2 * points + 1) * shape // (2 * np.array(measured))).T
    of_classes = sharpness_of(CLASSES.astype(np.float64))
    mean = probabilities @ of_classes
    variance = np.maximum(probabilities @ of_classes**2 - mean**2, 0)
    raw = np.zeros((2, *shape), np.float32)
    sharpness, confidence = raw
    sharpness[row, column] = mean
    confidence[row, column] = HALF_CONFIDENCE / (variance + HALF_CONFIDENCE)
    return raw


def cell_blur(shape, cells, probabilities):
    """Blur of cells, by the points in each.

    Parameters
    ----------
    shape : tuple
        (h, w), cells.
    cells : ndarray, (n, 2), int
        (row, column) of the cell of each point.
    probabilities : ndarray, (n, 17), float32
        Of the classes CLASSES.

    Returns
    -------
    ndarray, (2, h, w), float32
        Sigma in pixels, by the mean of its logarithm over the points, weighted by 1 / variance; and the least deviation
        of that logarithm at any of the points, infinite where there is none.
    """
    logs = np.log(CLASSES.astype(np.float64) + LEAST_SIGMA)
    mean = probabilities @ logs
    deviation = np.sqrt(np.maximum(probabilities @ logs**2 - mean**2, 0) + LEAST_DEVIATION**2)
    height, width = shape
    cell, count = cells[:, 0] * width + cells[:, 1], height * width
    weights = np.bincount(cell, deviation**-2, count)
    sums = np.bincount(cell, mean * deviation**-2, count)
    least = np.full(count, np.inf)
    np.minimum.at(least, cell, deviation)
    sigma = np.exp(np.divide(sums, weights, out=np.zeros(count), where=weights > 0))
    return np.array([sigma, least], np.float32).reshape(2, height, width)
