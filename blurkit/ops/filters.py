"""Filters of a plane: convolutions, Gaussian blur, box means, gradient and curvature; by OpenCV on the CPU.

``backend.TorchBackend`` offers `convolve`, `separable`, `smooth` and `log` on a GPU. `magnitude` and `curvature` take
a backend, so that they run on either.
"""

import math

import cv2
import numpy as np

SOBEL_GAIN = 8.0  # response of the 3 x 3 Sobel kernel to a ramp of slope 1 per pixel

log = np.log


def gaussian_kernel(sigma):
    """Normalised 1-D Gaussian of sigma pixels: (2 ceil(3 sigma) + 1,), float32."""
    return cv2.getGaussianKernel(2 * math.ceil(3 * sigma) + 1, sigma, cv2.CV_32F)[:, 0]


def convolve(plane, kernel):
    """Correlate (H, W[, 3]) with a small 2-D kernel: float32; borders mirrored without the edge pixel."""
    return cv2.filter2D(plane, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT_101)


def separable(plane, column, row):
    """Correlate (H, W) with the outer product of two 1-D kernels: float32; borders as in `convolve`."""
    return cv2.sepFilter2D(plane, cv2.CV_32F, row, column, borderType=cv2.BORDER_REFLECT_101)


def smooth(plane, sigma):
    """Gaussian blur of (H, W), sigma in pixels; borders as in `convolve`."""
    kernel = gaussian_kernel(sigma)
    return separable(plane, kernel, kernel)


def box_mean(plane, size):
    """Mean over size x size windows (size odd); borders mirrored without the edge pixel."""
    return cv2.boxFilter(plane, cv2.CV_32F, (size, size), borderType=cv2.BORDER_REFLECT_101)


def highest(plane, size):
    """Largest value over size x size windows (size odd) of (H, W)."""
    return cv2.dilate(plane, np.ones((size, size), np.uint8))


def magnitude(plane, backend):
    """Magnitude of the Sobel gradient.

    Parameters
    ----------
    plane : (H, W), float32, on the device of `backend`
    backend : object from ``backend.backend_for``

    Returns
    -------
    (H, W), float32, >= 0, on the same device
        Per pixel; borders mirrored without the edge pixel.
    """
    difference = np.array([-1, 0, 1], np.float32)
    weighting = np.array([1, 2, 1], np.float32)
    gradient = backend.separable(plane, weighting, difference)  # across
    down = backend.separable(plane, difference, weighting)
    gradient *= gradient  # in place: fresh memory costs more than the arithmetic
    down *= down
    gradient += down
    gradient **= 0.5
    gradient *= 1 / SOBEL_GAIN
    return gradient


def curvature(plane, backend):
    """Absolute mixed second difference: the second difference down of the second difference across.

    Scaled so that white noise of standard deviation 1 gives, before the absolute value, a standard deviation of 1.

    Parameters
    ----------
    plane : (H, W), float32, on the device of `backend`
    backend : object from ``backend.backend_for``

    Returns
    -------
    (H, W), float32, >= 0, on the same device
        Per pixel; borders mirrored without the edge pixel.
    """
    kernel = np.array([1, -2, 1], np.float32) / np.float32(math.sqrt(6))
    return abs(backend.separable(plane, kernel, kernel))
