"""Stage 3: hand-crafted features of edge patches: DCT, gradient, singular values.

Section 3.1 of the paper, with the parameters of the published program. A feature of a large patch fills the first part
of its layout, that of a small patch the rest; the other part is zero, so that one classifier serves both scales.
"""

import numpy as np

from blurkit.methods.park.patches import LARGE, SMALL

COUNTS = {LARGE: 25, SMALL: 13}  # rings, bins, singular values
PADDED = {LARGE: 32, SMALL: 16}  # pixels; side of the DCT
OVERLAP = 0.1  # of the ring width, added to both sides of a ring
LENGTH = sum(COUNTS.values()) + 2  # of one feature: both scales, each with a constant 1
NAMES = ("dct", "gradient", "svd")


def cosine_basis(size):
    """Orthonormal DCT-II as a (size, size) float64 matrix."""
    k, x = np.mgrid[:size, :size]
    basis = np.cos(np.pi * (2 * x + 1) * k / (2 * size)) * np.sqrt(2 / size)
    basis[0] /= np.sqrt(2)
    return basis


def rings(size, count, frequency=np.arange):
    """Averages over overlapping rings of radial frequency: (size * size, count) float64.

    ``frequency(size)`` gives the frequency of every coefficient along an axis, from 0 to size - 1.
    """
    radius = np.hypot(*np.meshgrid(frequency(size), frequency(size))).reshape(-1, 1)
    bound = np.linspace(0, size - 1, count + 1)
    wider = OVERLAP * bound[1]
    inside = (radius >= bound[:-1] - wider) & (radius <= bound[1:] + wider)
    return inside / inside.sum(axis=0)


def dct(patches):
    """Mean |DCT coefficient| in rings of radial frequency.

    Parameters
    ----------
    patches : ndarray, (n, s, s), float64 in [0, 1]
        s is 27 or 15.

    Returns
    -------
    ndarray, (n, 25 or 13), float64
    """
    side = patches.shape[1]
    size = PADDED[side]
    basis = cosine_basis(size)[:, :side]  # zeros below and right of the patch add nothing
    spectrum = np.abs(basis @ patches @ basis.T)  # (n, size, size)
    return spectrum.reshape(len(patches), size * size) @ rings(size, COUNTS[side])


def gradient(patches):
    """Histogram of the gradient magnitude, forward differences, on [0, 1].

    Parameters
    ----------
    patches : ndarray, (n, s + 1, s + 1), float64 in [0, 1]
        With the row and the column that follow the patch in the photo.

    Returns
    -------
    ndarray, (n, 25 or 13), float64
    """
    count, bins = len(patches), COUNTS[patches.shape[1] - 1]
    across, down = np.diff(patches, axis=2)[:, :-1], np.diff(patches, axis=1)[:, :, :-1]
    magnitude = np.sqrt(across**2 + down**2) / np.sqrt(2)
    bound = np.linspace(0, 1, bins + 1)[1:-1]
    place = np.searchsorted(bound + np.spacing(bound), magnitude, side="right")  # a bin holds its upper bound
    place += bins * np.arange(count)[:, None, None]  # every patch has bins of its own
    return np.bincount(place.ravel(), minlength=count * bins).reshape(count, bins).astype(np.float64)


def svd(patches):
    """The largest singular values, descending: (n, 25 or 13) float64."""
    return np.linalg.svd(patches, compute_uv=False)[:, : COUNTS[patches.shape[1]]]


def normalised(values):
    """log(1 + x), divided by its sum, and a constant 1: (n, k) -> (n, k + 1)."""
    logs = np.log1p(values)
    total = logs.sum(axis=1, keepdims=True)
    shares = np.divide(logs, total, out=np.zeros_like(logs), where=total > 0)
    return np.hstack([shares, np.ones((len(shares), 1))])


def hand_crafted(grey, strong):
    """All hand-crafted features.

    Parameters
    ----------
    grey : ndarray, (n, 28, 28), float64 in [0, 1]
        Patches as ``patches.gather`` cuts them, largest of R, G, B.
    strong : ndarray, (n,), bool
        True for patches at strong edges, of which only the middle 15 x 15 are used.

    Returns
    -------
    ndarray, (n, 3, 40), float64
        DCT, gradient, SVD; each [26 of a large patch | 14 of a small one], the other part zero.
    """
    features = np.zeros((len(grey), len(NAMES), LENGTH))
    first = COUNTS[LARGE] + 1
    for side, chosen, part in ((LARGE, ~strong, np.s_[:first]), (SMALL, strong, np.s_[first:])):
        edge = (LARGE - side) // 2
        longer = grey[chosen, edge : edge + side + 1, edge : edge + side + 1]
        patches = longer[:, :-1, :-1]
        for number, values in enumerate((dct(patches), gradient(longer), svd(patches))):  # as `NAMES`
            features[chosen, number, part] = normalised(values)
    return features
