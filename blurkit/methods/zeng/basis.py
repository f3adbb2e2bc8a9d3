"""Stage 5: principal components of the learned kernels."""

import numpy as np

KEPT = 6  # components handed on; the paper keeps the first two, K1 and K2
QUARTERS = 4  # turns of 90 degrees


def components(kernels, kept=KEPT):
    """The directions in which the learned kernels and all their flips and quarter turns vary most.

    That the eight views of every kernel are included is not in the paper: the result then depends less on the seed.

    Parameters
    ----------
    kernels : ndarray, (n, 7, 7)
    kept : int
        How many to return; there are 49.

    Returns
    -------
    directions : ndarray, (kept, 7, 7), float64
        Unit vectors, largest share of the variance first; the largest value of each is positive.
    explained : ndarray, (kept,), float64
        Their shares of the variance.
    """
    flipped = kernels[:, :, ::-1]
    views = [np.rot90(side, quarter, (1, 2)) for side in (kernels, flipped) for quarter in range(QUARTERS)]
    directions, explained = published_components(np.concatenate(views))
    return directions[:kept], explained[:kept]


def published_components(kernels):
    """The directions in which the learned kernels vary most, as the paper has them.

    The mean of each kernel is removed first. So the components sum to zero, and respond to structure rather than to
    brightness.

    Parameters
    ----------
    kernels : ndarray, (n, 7, 7)

    Returns
    -------
    directions : ndarray, (k, 7, 7), float64
        All of them, the smaller of n and 49; as `components`.
    explained : ndarray, (k,), float64
    """
    rows = kernels.reshape(len(kernels), -1).astype(np.float64)  # (n, 49)
    rows -= rows.mean(axis=1, keepdims=True)
    _, singular_values, directions = np.linalg.svd(rows, full_matrices=False)
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)
    explained = singular_values**2 / np.sum(singular_values**2)
    return (directions * np.sign(largest)).reshape(-1, *kernels.shape[1:]), explained


def pair(first, second):
    """Two components as the filters of a cascade.

    Parameters
    ----------
    first, second : ndarray, (7, 7)

    Returns
    -------
    ndarray, (2, 7, 7), float32
        Scaled alike, so that white noise of deviation 1 leaves the cascade with deviation 1.
    """
    gain = np.linalg.norm(cascade_kernel(first, second))
    return (np.stack([first, second]) / np.sqrt(gain)).astype(np.float32)


def cascade_kernel(first, second):
    """Both filters as one 13 x 13 kernel (their full convolution, float64)."""
    height, width = first.shape
    size = height + second.shape[0] - 1
    kernel = np.zeros((size, size))
    for row in range(second.shape[0]):
        for column in range(second.shape[1]):
            kernel[row : row + height, column : column + width] += float(second[row, column]) * first
    return kernel
