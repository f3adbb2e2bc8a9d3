"""Length of a straight motion, from what repeats along it.

Every point of a photo that moved draws a streak, and its two ends answer each other: the autocorrelation of the
derivative along the motion is least where the shift is as long as the streak (Y. Yitzhaky and N. S. Kopeika, GMIP
59(5), 1997, doi:10.1006/gmip.1997.0435).
"""

import math

import cv2
import numpy as np

FEWEST = 3  # pixels; shifts below it repeat for other reasons
MOST_MEANS = 4.0  # times the mean; stronger derivatives are cut off, so that no single edge decides


def streak_length(plane, angle, least, most, region=None):
    """Length of the streaks of a straight motion.

    Parameters
    ----------
    plane : ndarray, (H, W), float32
    angle : float, degrees
        Direction of the motion: 0 = horizontal, counter-clockwise.
    least, most : float, pixels
        Between which lengths to look.
    region : ndarray, (H, W), bool, optional
        Part of the plane to look at.

    Returns
    -------
    float, pixels
        NaN if nothing repeats.
    """
    least = max(FEWEST, math.floor(least))
    most = max(least + FEWEST, math.ceil(most))
    if most >= max(plane.shape):
        return math.nan
    shares = autocorrelation(along(plane, angle, region), most + 1)
    shift = least + int(np.argmin(shares[least:]))
    return float(shift) if shares[shift] < 0 else math.nan


def along(plane, angle, region=None):
    """The mixed second difference of a plane turned so that a direction becomes horizontal; 0 outside the region."""
    height, width = plane.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1)
    turned = cv2.warpAffine(plane, turn, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    result = turned[1:, 2:] - turned[1:, :-2] - turned[:-1, 2:] + turned[:-1, :-2]
    limit = MOST_MEANS * float(np.abs(result).mean())
    np.clip(result, -limit, limit, out=result)
    if region is not None:
        inside = cv2.warpAffine(region.astype(np.uint8), turn, (width, height), flags=cv2.INTER_NEAREST)
        result *= inside[1:, 1:-1]
    return result


def autocorrelation(plane, count):
    """Autocorrelation along the rows of a plane for shifts 0 to count - 1, 1 at shift 0: (H, W) -> (count,)."""
    size = cv2.getOptimalDFTSize(plane.shape[1] + count)
    power = (np.abs(np.fft.rfft(plane, size, axis=1)) ** 2).mean(axis=0)
    result = np.fft.irfft(power, size)[:count]
    return result / max(result[0], 1e-12)
