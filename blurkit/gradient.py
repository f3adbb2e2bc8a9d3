"""The gradient and the curvature of a plane, on the CPU or a GPU."""

import math

import numpy as np

SOBEL_GAIN = 8.0  # a unit ramp through the 3 x 3 Sobel kernel


def magnitude(plane, window):
    """Magnitude of the Sobel gradient.

    Parameters
    ----------
    plane : (H, W), float32, on the device of `window`
    window : object from ``device.window_for``

    Returns
    -------
    (H, W), float32, >= 0, on the same device
        Per pixel; borders mirrored without the edge pixel.
    """
    slope, ridge = np.array([-1, 0, 1], np.float32), np.array([1, 2, 1], np.float32)
    across = window.separable(plane, ridge, slope)
    down = window.separable(plane, slope, ridge)
    across *= across  # in place: fresh memory costs more than the arithmetic
    down *= down
    across += down
    across **= 0.5
    across *= 1 / SOBEL_GAIN
    return across


def curvature(plane, window):
    """Second difference down of the second difference across, absolute; white noise of deviation 1 answers with deviation 1."""
    second = np.array([1, -2, 1], np.float32) / np.float32(math.sqrt(6))
    return abs(window.separable(plane, second, second))
