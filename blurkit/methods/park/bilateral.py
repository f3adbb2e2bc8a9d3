"""Stage 7: probability-joint bilateral filter of the sparse map, at edge points.

Section 3.4 of the paper. With the published settings the weights in space and colour stay above .98, so it is close to
a mean weighted by confidence.
"""

import numpy as np

RADIUS = 13  # pixels; window 27 x 27
SPATIAL = 100.0  # pixels; sigma
COLOUR = 100.0  # of full scale; sigma; the program compares the guide's first channel only
CONFIDENCE = 1.0  # sigma of 1 - probability


def probability_joint_bilateral(sigma, confidence, guide):
    """Mean over the edge points of a window, weighted by distance, colour and confidence.

    Parameters
    ----------
    sigma : ndarray, (H, W), float, pixels
        0 = no edge point.
    confidence : ndarray, (H, W), float in [0, 1]
    guide : ndarray, (H, W, 3), float in [0, 1]

    Returns
    -------
    ndarray, (H, W), float64, pixels
        0 where there is no edge point.
    """
    row, column = np.nonzero(sigma)
    sigmas, confidences, colours = (padded(plane) for plane in (sigma, confidence, guide[..., 0]))
    trust = np.exp(-((1 - confidences) ** 2) / (2 * CONFIDENCE**2)) * (sigmas != 0)
    stride = sigma.shape[1] + 2 * RADIUS
    middle = (row + RADIUS) * stride + column + RADIUS
    weighted_sum, sum_of_weights = np.zeros(len(row)), np.zeros(len(row))
    for down in range(-RADIUS, RADIUS + 1):
        for across in range(-RADIUS, RADIUS + 1):
            other = middle + down * stride + across
            space = (down**2 + across**2) / (2 * SPATIAL**2)
            colour = (colours[other] - colours[middle]) ** 2 / (2 * COLOUR**2)
            weight = trust[other] * np.exp(-space - colour)
            weighted_sum += weight * sigmas[other]
            sum_of_weights += weight
    filtered = np.zeros(sigma.shape)
    filtered[row, column] = weighted_sum / sum_of_weights
    return filtered


def padded(plane):
    """A plane with RADIUS zeros around it, row after row: (H, W) -> ((H + 26) * (W + 26),) float64."""
    return np.pad(plane.astype(np.float64), RADIUS).ravel()
