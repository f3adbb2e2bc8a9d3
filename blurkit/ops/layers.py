"""Layers of small networks on the CPU, in NumPy: inference needs no torch.

``backend.TorchBackend`` offers the same on a GPU. Stacks of patches are (n, h, w, c)
float32 on the CPU; weights are (out, in, rows, columns) everywhere.
"""

import cv2
import numpy as np

BLOCK = 1 << 19  # values of windows laid side by side at a time; 2 MB stay in a cache


def convolve_stack(stack, weight, bias, stride=1, border=0):
    """Correlate a stack with kernels and cut below 0 (ReLU).

    Parameters
    ----------
    stack : ndarray, (n, h, w, c), float32
    weight : ndarray, (k, c, s, s), float32
    bias : ndarray, (k,), float32
    stride : int, pixels
    border : int, pixels
        Of zeros, put around every patch first.

    Returns
    -------
    ndarray, (n, (h + 2 border - s) // stride + 1, (w + 2 border - s) // stride + 1, k), float32, >= 0
    """
    if border:
        stack = np.pad(stack, ((0, 0), (border, border), (border, border), (0, 0)))
    count, _, size, _ = weight.shape
    windows = np.lib.stride_tricks.sliding_window_view(stack, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    windows = windows.transpose(0, 1, 2, 4, 5, 3)  # (n, h', w', s, s, c)
    kernels = weight.transpose(2, 3, 1, 0).reshape(-1, count)
    found = np.empty((*windows.shape[:3], count), np.float32)
    rows = max(1, BLOCK * windows.shape[1] // max(1, windows.size))
    for start in range(0, windows.shape[1], rows):
        part = windows[:, start : start + rows]
        found[:, start : start + rows] = (part.reshape(-1, weight[0].size) @ kernels).reshape(*part.shape[:3], count)
    return rectify(found, bias)


def pool_stack(stack, size):
    """Largest of every size x size cell of a stack >= 0; cells at the end may be smaller."""
    height, width = stack.shape[1:3]
    found = stack[:, ::size, ::size].copy()
    for row in range(min(size, height)):
        for column in range(min(size, width)):
            part = stack[:, row::size, column::size]
            target = found[:, : part.shape[1], : part.shape[2]]
            np.maximum(target, part, out=target)
    return found


def halve_stack(stack):
    """Mean of every 2 x 2 cell of a stack, an odd last row and column repeated: (n, h, w, c) -> (n, ceil(h / 2), ceil(w / 2), c)."""
    _, height, width, _ = stack.shape
    stack = np.pad(stack, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), "edge")
    return 0.25 * (stack[:, ::2, ::2] + stack[:, 1::2, ::2] + stack[:, ::2, 1::2] + stack[:, 1::2, 1::2])


def enlarge_stack(stack, shape):
    """Bilinearly bring a stack, (n, h, w, c), up to shape (H, W): (n, H, W, c), float32."""
    return np.stack(
        [cv2.resize(part, shape[::-1], interpolation=cv2.INTER_LINEAR).reshape(*shape, -1) for part in stack]
    )


def dense(vectors, weight, bias, rectified=True):
    """A fully connected layer: (..., c), (k, c), (k,) -> (..., k); cut below 0 if `rectified`."""
    found = vectors @ weight.T
    return rectify(found, bias) if rectified else found + bias


def rectify(found, bias):
    """max(found + bias, 0), in place."""
    found += bias
    return np.maximum(found, 0, out=found)
