"""Stage 5: principal components of the learned kernels."""

import numpy as np

KEPT = 6  # components handed on; the paper keeps the first two, K1 and K2


def components(kernels):
    """The directions in which the learned kernels vary most.

    Each kernel loses its own mean first, so the components sum to zero and answer to
    structure, not to brightness. All eight flips and quarter turns of every
    kernel join (not in the paper): the result then depends less on the seed.

    Parameters
    ----------
    kernels : ndarray, (n, 7, 7)

    Returns
    -------
    found : ndarray, (6, 7, 7), float64
        Unit vectors, largest share of the variance first; the largest value of each is positive.
    explained : ndarray, (6,), float64
        Their shares of the variance.
    """
    turned = np.concatenate(
        [np.rot90(k, quarter, (1, 2)) for k in (kernels, kernels[:, :, ::-1]) for quarter in range(4)]
    )
    rows = turned.reshape(len(turned), -1).astype(np.float64)  # (8n, 49)
    rows -= rows.mean(axis=1, keepdims=True)
    _, strengths, found = np.linalg.svd(rows, full_matrices=False)
    found = found[:KEPT]
    largest = np.take_along_axis(found, np.abs(found).argmax(axis=1)[:, None], axis=1)
    return (found * np.sign(largest)).reshape(KEPT, *kernels.shape[1:]), strengths[:KEPT] ** 2 / np.sum(strengths**2)


def pair(first, second):
    """Two components as the filters of a cascade.

    Returns
    -------
    ndarray, (2, 7, 7), float32
        Scaled alike, so that white noise of deviation 1 leaves the cascade with deviation 1.
    """
    gain = np.linalg.norm(cascade_kernel(first, second))
    return (np.stack([first, second]) / np.sqrt(gain)).astype(np.float32)


def cascade_kernel(first, second):
    """Both filters as one 13 x 13 kernel (their full convolution, float64)."""
    size = first.shape[0] + second.shape[0] - 1
    kernel = np.zeros((size, size))
    for row in range(second.shape[0]):
        for column in range(second.shape[1]):
            kernel[row : row + first.shape[0], column : column + first.shape[1]] += float(second[row, column]) * first
    return kernel
