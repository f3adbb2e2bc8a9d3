"""Layers of small networks on the CPU, in NumPy: inference needs no torch.

``backend.TorchBackend`` offers the same on a GPU. Stacks of patches are (n, h, w, c), float32. Weights are
(out, in, rows, columns), as in torch.
"""

import numpy as np

BLOCK = 1 << 19  # window values multiplied at a time; their 2 MB stay in the processor's cache


def convolve_stack(stack, weight, bias, stride=1):
    """Correlate a stack with kernels, add the bias and set negative values to 0 (ReLU).

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
    kernels = weight.transpose(2, 3, 1, 0).reshape(-1, count)
    sums = np.empty((*windows.shape[:3], count), np.float32)
    rows = max(1, BLOCK * windows.shape[1] // max(1, windows.size))
    for start in range(0, windows.shape[1], rows):
        block = windows[:, start : start + rows]
        products = block.reshape(-1, weight[0].size) @ kernels
        sums[:, start : start + rows] = products.reshape(*block.shape[:3], count)
    return rectify(sums, bias)


def pool_stack(stack, size):
    """Maximum of every cell of size x size pixels; the last cells may be smaller.

    Parameters
    ----------
    stack : ndarray, (n, h, w, c), float32, >= 0
    size : int, pixels

    Returns
    -------
    ndarray, (n, ceil(h / size), ceil(w / size), c), float32
    """
    height, width = stack.shape[1:3]
    largest = stack[:, ::size, ::size].copy()
    for row in range(min(size, height)):
        for column in range(min(size, width)):
            part = stack[:, row::size, column::size]
            target = largest[:, : part.shape[1], : part.shape[2]]
            np.maximum(target, part, out=target)
    return largest


def dense(vectors, weight, bias, rectified=True):
    """A fully connected layer: (..., c), (k, c), (k,) -> (..., k); negative values become 0 if `rectified`."""
    sums = vectors @ weight.T
    return rectify(sums, bias) if rectified else sums + bias


def rectify(sums, bias):
    """max(sums + bias, 0), in place: (..., k), (k,) -> (..., k)."""
    sums += bias
    return np.maximum(sums, 0, out=sums)
