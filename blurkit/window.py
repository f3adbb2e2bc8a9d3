"""Local sums and changes of grid on the CPU, by OpenCV.

``device.TorchWindow`` offers the same five verbs on a GPU, so that a stage is
written once and runs on either.
"""

import math

import cv2
import numpy as np

from blurkit.limits import WORKING_SIDE

OTSU_LEVELS = 256  # of the histogram
STRIP = 1 << 22  # pixels; larger planes are measured in strips of so many, so that what is made on the way stays small
BLOCK = 1 << 18  # cells; the same for what is told of them one by one

log = np.log


def gaussian_kernel(sigma):
    """Normalised 1-D Gaussian, odd length, cut at 3 sigma (float32)."""
    return cv2.getGaussianKernel(2 * math.ceil(3 * sigma) + 1, sigma, cv2.CV_32F)[:, 0]


def convolve(plane, kernel):
    """Correlate (H, W) with a small 2-D kernel; borders mirrored without the edge pixel."""
    return cv2.filter2D(plane, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT_101)


def separable(plane, column, row):
    """Correlate (H, W) with the outer product of two 1-D kernels; borders as `convolve`."""
    return cv2.sepFilter2D(plane, cv2.CV_32F, row, column, borderType=cv2.BORDER_REFLECT_101)


def smooth(plane, sigma):
    """Gaussian blur of (H, W), sigma in pixels."""
    kernel = gaussian_kernel(sigma)
    return separable(plane, kernel, kernel)


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


def in_strips(measure, plane, cell, reach):
    """measure(plane), of a large plane strip by strip, which gives the same numbers.

    Parameters
    ----------
    measure : callable
        (h, W) -> (k, ceil(h / cell), ceil(W / cell)).
    plane : ndarray, (H, W)
    cell : int, pixels
    reach : int, pixels
        So far beyond a cell lies what its numbers depend on.

    Returns
    -------
    ndarray, (k, ceil(H / cell), ceil(W / cell))
    """
    height, width = plane.shape
    high = max(1, STRIP // (width * cell)) * cell
    margin = -(-reach // cell) * cell
    parts = []
    for top in range(0, height, high):
        start = max(0, top - margin)
        inside = slice((top - start) // cell, (top - start + high) // cell)
        parts.append(measure(plane[start : top + high + margin])[:, inside])
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def row_blocks(shape):
    """Slices that part the rows of (h, w) cells into even numbers, but for the last, of at most `BLOCK` cells or two rows."""
    high = 2 * max(1, BLOCK // (2 * shape[1]))
    return [slice(top, min(top + high, shape[0])) for top in range(0, shape[0], high)]


def box_mean(plane, size):
    """Mean over size x size windows (size odd); borders mirrored without the edge pixel."""
    return cv2.boxFilter(plane, cv2.CV_32F, (size, size), borderType=cv2.BORDER_REFLECT_101)


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


def percentile(plane, percent):
    """The value below which `percent` of a plane lie, between two by straight interpolation: float.

    As ``numpy.percentile``, whose first call alone takes 10 ms.
    """
    values = plane.ravel()
    place = percent / 100 * (values.size - 1)
    below = int(place)
    above = min(below + 1, values.size - 1)
    low, high = np.partition(values, (below, above))[[below, above]].astype(np.float64)
    return float(low + (place - below) * (high - low))


def otsu(plane):
    """Otsu's threshold between two classes of values, by a histogram over their range: float; their value if all are one."""
    low, high = float(plane.min()), float(plane.max())
    if high <= low:
        return high
    levels = np.rint((plane - low) / (high - low) * (OTSU_LEVELS - 1)).astype(np.uint8)
    level, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    # Otsu splits level | level + 1; the bins are rounded, so the split lies half a bin up.
    return low + (level + 0.5) / (OTSU_LEVELS - 1) * (high - low)
