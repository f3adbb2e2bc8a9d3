"""Kernels of motion blur: the path of the photo during the exposure, straight, bent or trembling."""

import math

import cv2
import numpy as np

POINTS_A_PIXEL = 8  # of a path; closer points change no kernel
FEWEST_POINTS = 64  # of a path
TURN_RANGE = (1.0, 2.5)  # radians; by how much the direction of a bent path turns
TREMBLE = 6  # a trembling path is a random walk, smoothed over the time of the exposure divided by this


def straight_path(length):
    """Points of a straight path along x: (n, 2) float64, (x, y) in pixels, centred on its middle."""
    x = np.linspace(-length / 2, length / 2, points(length))
    return np.stack([x, np.zeros_like(x)], axis=1)


def bent_path(length, turn):
    """Points of an arc of a length in pixels that turns by some radians, its chord along x: as `straight_path`."""
    angles = np.linspace(-turn / 2, turn / 2, points(length))
    steps = np.stack([np.cos(angles), np.sin(angles)], axis=1) * (length / len(angles))
    return centred(np.cumsum(steps, axis=0))


def trembling_path(length, rng):
    """Points of a smoothed random walk, `length` pixels across or down, whichever is more: as `straight_path`."""
    count = points(length)
    window = np.hanning(max(5, count // TREMBLE))
    walk = np.cumsum(rng.normal(size=(count + len(window) - 1, 2)), axis=0)
    columns = [np.convolve(column, window, mode="valid") for column in walk.T]
    path = centred(np.stack(columns, axis=1))
    extent = (path.max(axis=0) - path.min(axis=0)).max()
    return path * (length / extent)


def random_path(length, rng):
    """A path of a length in pixels, of a random shape, in a random direction: as `straight_path`."""
    shape = rng.integers(3)
    if shape == 0:
        path = straight_path(length)
    elif shape == 1:
        path = bent_path(length, rng.uniform(*TURN_RANGE))
    else:
        path = trembling_path(length, rng)
    return turned(path, rng.uniform(0, 180))


def points(length):
    """Number of points of a path of a length in pixels."""
    return max(FEWEST_POINTS, math.ceil(POINTS_A_PIXEL * length))


def centred(path):
    """A path moved so that its mean is the origin."""
    return path - path.mean(axis=0)


def turned(path, angle):
    """A path turned by some degrees, counter-clockwise as it is seen in a photo (y points down)."""
    turn = math.radians(angle)
    x, y = path.T
    return np.stack(
        [x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)],
        axis=1,
    )


def kernel_of(path):
    """The kernel that a path leaves: every point spreads over its four nearest pixels.

    Parameters
    ----------
    path : ndarray, (n, 2), float64
        (x, y) in pixels from the centre of the kernel, y downwards.

    Returns
    -------
    ndarray, (k, k), float32
        k odd; sum 1. Whether a photo is convolved or correlated with it does not matter to the blur: that turns the
        kernel by 180 degrees, as if the photo had moved the other way, and its second moments stay.
    """
    half = math.ceil(np.abs(path).max()) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1))
    whole = np.floor(path).astype(np.int64)
    x, y = (path - whole).T
    columns, rows = (whole + half).T
    for right in (0, 1):
        for below in (0, 1):
            shares = (x if right else 1 - x) * (y if below else 1 - y)
            np.add.at(kernel, (rows + below, columns + right), shares)
    return (kernel / kernel.sum()).astype(np.float32)


def out_of_focus_too(kernel, blur):
    """A kernel of motion, blurred besides by a kernel of defocus: (k, k), (m, m) -> (k + m - 1, k + m - 1) float32."""
    return cv2.filter2D(np.pad(kernel, len(blur) // 2), -1, blur, borderType=cv2.BORDER_CONSTANT)


def covariance(kernel):
    """Second moments of a kernel about its centre of mass.

    Parameters
    ----------
    kernel : ndarray, (k, k), float32
        Sum 1.

    Returns
    -------
    ndarray, (3,), float32, pixels squared
        Variance across (x), variance upwards (y), and their covariance.
    """
    offset = np.arange(len(kernel)) - len(kernel) // 2
    x, y = np.meshgrid(offset, -offset)
    x = x - (kernel * x).sum()
    y = y - (kernel * y).sum()
    return np.array([(kernel * x * x).sum(), (kernel * y * y).sum(), (kernel * x * y).sum()], np.float32)
