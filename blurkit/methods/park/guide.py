"""Stage 6: the guide, a photo without its fine texture, by rolling guidance.

Q. Zhang, X. Shen, L. Xu, J. Jia, "Rolling Guidance Filter", ECCV 2014, doi:10.1007/978-3-319-10578-9_53: a joint
bilateral filter guided by its own last result, and by a constant in the first round. The published settings make it
nearly a Gaussian.
"""

import math

import cv2
import numpy as np

SPATIAL = 1.5  # pixels; sigma
RANGE = 1.5  # of full scale; sigma
ROUNDS = 3
RADIUS = math.ceil(4 * SPATIAL)  # pixels; the Gaussian is cut here
TERMS = 10  # of the series of `joint_bilateral`; its remainder is under 2e-10 for values in [0, 1]


def rolling_guidance(photo):
    """Smooth every channel.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), float64 in [0, 1]

    Returns
    -------
    ndarray, (H, W, 3), float64 in [0, 1]
    """
    result = np.zeros_like(photo)
    for _ in range(ROUNDS):
        result = np.dstack([joint_bilateral(photo[..., c], result[..., c]) for c in range(photo.shape[2])])
    return result


def joint_bilateral(plane, guide):
    """Joint bilateral filter of (H, W) planes in [0, 1], by a sum of Gaussians.

    exp(-(a - b)^2 / 2s^2) = exp(-a^2 / 2s^2) exp(-b^2 / 2s^2) sum_k (ab / s^2)^k / k!, and for a, b <= 1 < s few terms
    suffice. The factor of the middle pixel alone, exp(-a^2 / 2s^2), cancels.
    """
    decay = np.exp(-(guide**2) / (2 * RANGE**2))
    weighted_sum = sum_of_weights = 0.0
    for k in range(TERMS):
        of_middle = guide**k / (RANGE ** (2 * k) * math.factorial(k))
        of_neighbour = guide**k * decay
        weighted_sum = weighted_sum + of_middle * gaussian(of_neighbour * plane)
        sum_of_weights = sum_of_weights + of_middle * gaussian(of_neighbour)
    return weighted_sum / sum_of_weights


def gaussian(plane):
    """Gaussian of SPATIAL pixels, the border repeated: (H, W) float64."""
    kernel = cv2.getGaussianKernel(2 * RADIUS + 1, SPATIAL, cv2.CV_64F)
    return cv2.sepFilter2D(plane, cv2.CV_64F, kernel, kernel, borderType=cv2.BORDER_REPLICATE)
