"""Grids: a photo at its working size, cells of several pixels, and resizing between them; by OpenCV on the CPU."""

import cv2
import numpy as np

from blurkit.defaults import WORKING_SIDE


def pool(plane, cell):
    """Mean over cells of cell x cell pixels; incomplete cells are filled by repeating the last row and column.

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
    """Shape at which a photo is measured.

    Parameters
    ----------
    shape : tuple
        (H, W[, 3]) of the photo.
    side : int, pixels
        Most that the longer side may have; 0 = no limit.

    Returns
    -------
    tuple of int
        (rows, columns), each at least 1.
    """
    longer = max(shape[:2])
    if not side or longer <= side:
        return tuple(shape[:2])
    return tuple(max(1, round(n * side / longer)) for n in shape[:2])


def scaled_shape(shape, scale):
    """(rows, columns) of an array of (H, W[, 3]) after resizing by a factor; each at least 1."""
    return tuple(max(1, round(n * scale)) for n in shape[:2])


def reduce_to(array, shape):
    """Reduce (H, W[, 3]) to shape (rows, columns) by averaging areas; same dtype."""
    if array.shape[:2] == tuple(shape):
        return array
    return cv2.resize(array, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)


def guide_on(photo, shape):
    """A photo as the guide of an edge-aware filter on a coarser grid.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16
    shape : tuple
        (rows, columns) of the grid.

    Returns
    -------
    ndarray, (rows, columns, 3), float32 in [0, 1]
    """
    return reduce_to(photo, shape).astype(np.float32) / np.iinfo(photo.dtype).max


def enlarge_to(plane, shape):
    """Enlarge (h, w[, 3]) to shape (H, W) by bilinear interpolation; same dtype."""
    return cv2.resize(plane, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def resize_to(array, shape):
    """Resize (h, w[, 3]) to shape (H, W), by `reduce_to` if its longer side shrinks, else `enlarge_to`; same dtype."""
    return reduce_to(array, shape) if max(shape) < max(array.shape[:2]) else enlarge_to(array, shape)
