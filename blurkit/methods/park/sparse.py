"""Stage 5: the classifier's answers put back where the edge points are.

A raw map is two planes: sharpness in [0, 1] and how sure it is, 0 where there is no
point. Sharpness is blur through a falling logistic curve, steep where photographers
would stop calling it sharp, and can be turned back into pixels.
"""

import numpy as np

from blurkit.defaults import LEAST_SIGMA
from blurkit.methods.park.patches import CLASSES, SIGMAS

MIDDLE = 1.0  # pixels; sigma whose sharpness is one half
STEEPNESS = 4.0  # per pixel
LEAST_DEVIATION = 0.2  # of log sigma; what the classes are apart, so no point is surer
DOUBT = 0.05  # variance of the sharpness at which a point counts half


def sharpness_of(sigma):
    """Blur in pixels as sharpness in (0, 1)."""
    return 1 / (1 + np.exp(STEEPNESS * (sigma - MIDDLE)))


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
    found = np.zeros((2, *shape), np.float32)
    found[0][tuple(points.T)] = sharpness_of(SIGMAS[probabilities.argmax(axis=1)])
    found[1][tuple(points.T)] = probabilities.max(axis=1)
    return found


def is_published(raw):
    """True if all points of a raw map, (2, H, W), have the sharpness of one of the paper's classes."""
    return bool(np.isin(raw[0][raw[1] > 0], np.float32(sharpness_of(SIGMAS))).all())


def seed_map(shape, measured, points, probabilities):
    """Raw map of our default: expected sharpness at the seeds, trusted the less the wider it is spread.

    Parameters
    ----------
    shape : tuple
        (H, W) of the photo.
    measured : tuple
        (h, w) at which the points were found; not larger.
    points : ndarray, (n, 2), int
        (row, column) at that size.
    probabilities : ndarray, (n, 17), float32
        Of the classes CLASSES.

    Returns
    -------
    ndarray, (2, H, W), float32 in [0, 1]
    """
    row, column = ((2 * points + 1) * shape // (2 * np.array(measured))).T
    sharpness = sharpness_of(CLASSES.astype(np.float64))
    mean = probabilities @ sharpness
    variance = np.maximum(probabilities @ sharpness**2 - mean**2, 0)
    found = np.zeros((2, *shape), np.float32)
    found[0][row, column] = mean
    found[1][row, column] = DOUBT / (variance + DOUBT)
    return found


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
        Sigma in pixels: by the mean of its logarithm, points weighted by how sure they are; and the
        deviation of that logarithm at the surest point, infinite where there is none.
    """
    logs = np.log(CLASSES.astype(np.float64) + LEAST_SIGMA)
    mean = probabilities @ logs
    deviation = np.sqrt(np.maximum(probabilities @ logs**2 - mean**2, 0) + LEAST_DEVIATION**2)
    place, count = cells[:, 0] * shape[1] + cells[:, 1], shape[0] * shape[1]
    weight = np.bincount(place, deviation**-2, count)
    sums = np.bincount(place, mean * deviation**-2, count)
    surest = np.full(count, np.inf)
    np.minimum.at(surest, place, deviation)
    sigma = np.exp(np.divide(sums, weight, out=np.zeros(count), where=weight > 0))
    return np.array([sigma, surest], np.float32).reshape(2, *shape)
