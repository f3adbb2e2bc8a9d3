"""Grids: a photo at its working size, cells of several pixels, and the ways between them; by OpenCV on the CPU."""

import cv2
import numpy as np

from blurkit.defaults import WORKING_SIDE


def pool(plane, cell):
    """Mean over cells of cell x cell pixels, the last row and column repeated to fill up.

    Parameters
    ----------
    plane : ndarray, (H, W), float32
    cell : int, pixels

    Returns
    -------
    ndarray, (ceil(H / cell), ceil(W / cell)), float32
    """
    height, width = plane.shape
    rows, columns = cells(plane.shape, cell)
    if (rows * cell, columns * cell) != (height, width):
        plane = cv2.copyMakeBorder(plane, 0, rows * cell - height, 0, columns * cell - width, cv2.BORDER_REPLICATE)
    return cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA)


def cells(shape, cell):
    """(rows, columns) of cells of cell x cell pixels that cover (H, W)."""
    return tuple(-(-n // cell) for n in shape[:2])


def working_shape(shape, side=WORKING_SIDE):
    """(H, W) at which a photo of (H, W) is measured: longer side at most `side`; 0 = as it is."""
    longer = max(shape[:2])
    if not side or longer <= side:
        return tuple(shape[:2])
    return tuple(max(1, round(n * side / longer)) for n in shape[:2])


def reduce_to(array, shape):
    """Area-average (H, W[, 3]) down to shape (rows, columns); same dtype."""
    if array.shape[:2] == tuple(shape):
        return array
    return cv2.resize(array, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)


def guide_on(photo, shape):
    """A photo, (H, W, 3) uint8 or uint16, as a guide on a grid of shape (rows, columns): (rows, columns, 3) float32 in [0, 1]."""
    return reduce_to(photo, shape).astype(np.float32) / np.iinfo(photo.dtype).max


def enlarge_to(plane, shape):
    """Bilinearly bring (h, w) up to shape (H, W); same dtype."""
    return cv2.resize(plane, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def resize_to(array, shape):
    """Bring (h, w[, 3]) to shape (H, W), by `reduce_to` or `enlarge_to`; same dtype."""
    return reduce_to(array, shape) if max(shape) < max(array.shape[:2]) else enlarge_to(array, shape)
