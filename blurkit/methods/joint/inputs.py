"""Stage 3: what the networks take of a photo: evidence of two sizes, statistics, and the photo itself, reduced."""

from typing import NamedTuple

import cv2
import numpy as np

from blurkit.methods.joint import directional, evidence
from blurkit.ops import resize
from blurkit.ops.colour import eight_bits, grey

PLANE_NAMES = evidence.PLANE_NAMES + directional.PLANE_NAMES  # in the order of the planes
PLANES = len(PLANE_NAMES)
UNCHANGED = (*evidence.REBLUR_LOSSES, *(evidence.PLANES + plane for plane in directional.LOSSES))
"""Planes that contrast does not change; it shifts all others by the same amount."""

SIDE = 640  # pixels; longer side at which a photo is measured, as the photos of the training are
LEAST_SIDE, ENLARGED_SIDE = 480, 560  # pixels; photos smaller than the first are enlarged to the second,
MOST_ENLARGED = 2.0  # times at most
PHOTO_SCALE = 9 / 16  # of the photo that the network sees, to the one that is measured, as in training
MOST_PHOTO = 352  # pixels; its longer side
PHOTO_STEP = 32  # pixels; its sides are multiples, as the network halves them five times


class Inputs(NamedTuple):
    """What the networks take of one photo."""

    planes: np.ndarray
    """(31, h, w) float32: evidence and directional evidence in cells of 4 pixels; h and w are even."""
    halved: np.ndarray
    """(31, h / 2, w / 2) float32: the same of the photo at half size."""
    statistics: np.ndarray
    """(3,) float32, see ``evidence.statistics``."""
    photo: np.ndarray
    """(rows, columns, 3) uint8, RGB."""
    shape: tuple[int, int]
    """(rows, columns) of the cells that lie in the photo, at most one less than h and w."""


def working_shape(shape, side=SIDE):
    """(rows, columns) at which a photo of (H, W[, 3]) is measured: longer side `side` at most; 0 = no limit.

    Of a photo below `LEAST_SIDE` the cells would be too coarse: it is enlarged to `ENLARGED_SIDE`, at most twice.
    """
    shape = resize.working_shape(shape, side)
    if max(shape) >= LEAST_SIDE:
        return shape
    wanted = min(ENLARGED_SIDE, side or ENLARGED_SIDE)
    return resize.scaled_shape(shape, min(max(wanted / max(shape), 1), MOST_ENLARGED))


def resized(photo, shape):
    """A photo, (H, W, 3), at shape (rows, columns): averaged where it shrinks, cubic where it grows; same dtype."""
    if max(shape) <= max(photo.shape[:2]):
        return resize.reduce_to(photo, shape)
    return cv2.resize(photo, shape[::-1], interpolation=cv2.INTER_CUBIC)


def measure(photo, backend):
    """Inputs of a photo, (H, W, 3) uint8 or uint16, measured at its own size."""
    planes, halved, statistics = measured(grey(photo), backend)
    shape = planes.shape[1:]
    missing = [(0, 0), *((0, length % 2) for length in shape)]
    planes = np.pad(planes, missing, "edge")
    return Inputs(planes, halved, statistics, resized(eight_bits(photo), photo_shape(photo.shape)), shape)


def measured(grey, backend):
    """All planes, those of the half-size photo, and the statistics, of (H, W) float32 in [0, 1]."""
    planes, halved = evidence.both_sizes(grey, backend)
    statistics = evidence.statistics(planes)
    planes = np.concatenate([planes, directional.planes(grey, backend)])
    halved = np.concatenate([halved, directional.planes(resize.pool(grey, 2), backend)])
    return planes, halved, statistics


def photo_shape(shape):
    """(rows, columns) of the photo that the network sees, of one measured at (H, W[, 3])."""
    scale = min(PHOTO_SCALE, MOST_PHOTO / max(shape[:2]))
    return tuple(max(2, round(n * scale / PHOTO_STEP)) * PHOTO_STEP for n in shape[:2])
