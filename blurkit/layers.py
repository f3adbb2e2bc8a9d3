"""Layers of small networks on the CPU, in NumPy: inference needs no torch.

``device.TorchWindow`` offers the same on a GPU. Stacks of patches are (n, h, w, c)
float32 on the CPU; weights are (out, in, rows, columns) everywhere.
"""

import numpy as np


def convolve_stack(stack, weight, bias, stride=1):
    """Correlate a stack with kernels, without border, and cut below 0 (ReLU).

    Parameters
    ----------
    stack : ndarray, (n, h, w, c), float32
    weight : ndarray, (k, c, s, s), float32
    bias : ndarray, (k,), float32
    stride : int, pixels

    Returns
    -------
    ndarray, (n, (h - s) // stride + 1, (w - s) // stride + 1, k), float32, >= 0
    """
    count, _, size, _ = weight.shape
    windows = np.lib.stride_tricks.sliding_window_view(stack, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    windows = windows.transpose(0, 1, 2, 4, 5, 3)  # (n, h', w', s, s, c)
    found = windows.reshape(-1, weight[0].size) @ weight.transpose(2, 3, 1, 0).reshape(-1, count)
    return rectify(found, bias).reshape(*windows.shape[:3], count)


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


def dense(vectors, weight, bias, rectified=True):
    """A fully connected layer: (n, c), (k, c), (k,) -> (n, k); cut below 0 if `rectified`."""
    found = vectors @ weight.T
    return rectify(found, bias) if rectified else found + bias


def rectify(found, bias):
    """max(found + bias, 0), in place."""
    found += bias
    return np.maximum(found, 0, out=found)
