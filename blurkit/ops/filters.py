"""Filters of a plane: convolutions, Gaussian blur, box means, gradient and curvature; by OpenCV on the CPU.

``backend.TorchBackend`` offers `convolve`, `separable`, `smooth` and `log` on a GPU. `magnitude` and `curvature` take
such a backend, so that a stage is written once and runs on either.
"""

import math

import cv2
import numpy as np

SOBEL_GAIN = 8.0  # a unit ramp through the 3 x 3 Sobel kernel

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


def box_mean(plane, size):
    """Mean over size x size windows (size odd); borders mirrored without the edge pixel."""
    return cv2.boxFilter(plane, cv2.CV_32F, (size, size), borderType=cv2.BORDER_REFLECT_101)


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
    slope, ridge = np.array([-1, 0, 1], np.float32), np.array([1, 2, 1], np.float32)
    across = backend.separable(plane, ridge, slope)
    down = backend.separable(plane, slope, ridge)
    across *= across  # in place: fresh memory costs more than the arithmetic
    down *= down
    across += down
    across **= 0.5
    across *= 1 / SOBEL_GAIN
    return across


def curvature(plane, backend):
    """Second difference down of the second difference across, absolute; white noise of deviation 1 answers with deviation 1."""
    second = np.array([1, -2, 1], np.float32) / np.float32(math.sqrt(6))
    return abs(backend.separable(plane, second, second))
