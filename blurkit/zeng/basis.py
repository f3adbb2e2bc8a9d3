"""Stage 5: principal components of the learned kernels."""

import numpy as np

COMPONENTS = 2  # K of the paper


def basis(kernels):
    """The two filters K1, K2 that explain most of the kernels' variance.

    Each kernel loses its own mean first, so K1 and K2 sum to zero and answer to
    structure, not to brightness. All eight flips and quarter turns of every
    kernel join (not in the paper): the result then hardly depends on the seed.

    Parameters
    ----------
    kernels : ndarray, (n, 7, 7)

    Returns
    -------
    filters : ndarray, (2, 7, 7), float32
        Scaled alike, so that white noise of deviation 1 comes out of the
        cascade K2 * K1 with deviation 1.
    explained : ndarray, (2,), float64
        Their shares of the variance.
    """
    turned = np.concatenate([np.rot90(k, quarter, (1, 2)) for k in (kernels, kernels[:, :, ::-1]) for quarter in range(4)])
    columns = turned.reshape(len(turned), -1).astype(np.float64)  # (8n, 49)
    columns -= columns.mean(axis=1, keepdims=True)
    _, strengths, components = np.linalg.svd(columns, full_matrices=False)
    filters = components[:COMPONENTS].reshape(COMPONENTS, *kernels.shape[1:])
    # A component's sign is arbitrary: fix it, so that equal training gives equal bytes.
    filters = filters * np.sign(filters.reshape(COMPONENTS, -1)[np.arange(COMPONENTS), np.abs(components[:COMPONENTS]).argmax(1)])[:, None, None]
    gain = np.linalg.norm(cascade_kernel(filters))
    explained = strengths[:COMPONENTS] ** 2 / np.sum(strengths**2)
    return (filters / np.sqrt(gain)).astype(np.float32), explained


def cascade_kernel(filters):
    """K2 * K1 as one 13 x 13 kernel (full correlation of the two, float64)."""
    first, second = filters.astype(np.float64)
    size = first.shape[0] + second.shape[0] - 1
    kernel = np.zeros((size, size))
    for row in range(second.shape[0]):
        for column in range(second.shape[1]):
            kernel[row : row + first.shape[0], column : column + first.shape[1]] += second[row, column] * first
    return kernel
