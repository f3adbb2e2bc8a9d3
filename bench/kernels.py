"""Paths of camera shake: where a point of the scene goes over the photo while the shutter is open.

Their shapes are others than those joint is trained on (``blurkit.training.shake``); what kernel a path leaves is the
same for all. Angles are degrees from the horizontal, counter-clockwise as the photo is seen; rows count downwards.
"""

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.distance import pdist

from blurkit.training.shake import kernel_of

PATHS = ("straight", "bent", "trembling")
POINTS = 400  # of a path
BEND = (60, 150)  # degrees; by how much a bent path turns from its first point to its last
PAUSES = 3  # of a trembling hand
PAUSE = (0.05, 0.15)  # share of the time; how long each lasts


def path(kind, length, angle, rng):
    """Points of a path, equal in time, their mean at the origin.

    Parameters
    ----------
    kind : str
        One of `PATHS`.
    length : float, pixels
        Of a straight and a bent path from end to end along it; of a trembling one between its farthest points.
    angle : float, degrees
        Of a straight path, and of the middle of a bent one.
    rng : numpy.random.Generator

    Returns
    -------
    (`POINTS`, 2) float : x to the right, y downwards, pixels
    """
    time = (np.arange(POINTS) + 0.5) / POINTS - 0.5
    if kind == "trembling":
        return trembling(length, rng)
    bend = np.radians(rng.uniform(*BEND) * rng.choice([-1, 1])) if kind == "bent" else 0.0
    direction = np.radians(angle) + bend * time
    steps = np.stack([np.cos(direction), -np.sin(direction)], axis=1) * length / POINTS
    points = np.cumsum(steps, axis=0)
    return points - points.mean(axis=0)


def trembling(length, rng):
    """A smoothed random walk that pauses some times: (`POINTS`, 2) float."""
    speed = gaussian_filter1d(rng.standard_normal((POINTS, 2)), POINTS / 12, axis=0, mode="nearest")
    for _ in range(PAUSES):
        start, share = rng.integers(0, POINTS), rng.uniform(*PAUSE)
        speed[start : start + round(share * POINTS)] = 0
    points = np.cumsum(speed, axis=0)
    return (points - points.mean(axis=0)) * length / pdist(points).max()


def shaken(photo, points):
    """A photo, (h, w, 3) uint8, blurred along a path."""
    return cv2.filter2D(photo, -1, kernel_of(points), borderType=cv2.BORDER_REFLECT)
