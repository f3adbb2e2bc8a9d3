"""Stage 7: probability-joint bilateral filter of the sparse map, at edge points.

Section 3.4 of the paper. With the published settings the weights in space and
colour stay above .98, so it is close to a mean weighted by confidence.
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
    height, width = sigma.shape
    row, column = np.nonzero(sigma)
    padded = np.pad(
        np.dstack([sigma, confidence, guide[..., 0]]).astype(np.float64), ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0))
    )
    trust = np.exp(-((1 - padded[..., 1]) ** 2) / (2 * CONFIDENCE**2)) * (padded[..., 0] != 0)  # (H + 26, W + 26)
    flat = padded.reshape(-1, padded.shape[2])
    middle = (row + RADIUS) * (width + 2 * RADIUS) + column + RADIUS
    colour = flat[middle, 2]
    above, below = np.zeros(len(row)), np.zeros(len(row))
    for down in range(-RADIUS, RADIUS + 1):
        for across in range(-RADIUS, RADIUS + 1):
            other = middle + down * (width + 2 * RADIUS) + across
            space = (down**2 + across**2) / (2 * SPATIAL**2)
            weight = trust.ravel()[other] * np.exp(-space - (flat[other, 2] - colour) ** 2 / (2 * COLOUR**2))
            above += weight * flat[other, 0]
            below += weight
    found = np.zeros((height, width))
    found[row, column] = above / below
    return found
