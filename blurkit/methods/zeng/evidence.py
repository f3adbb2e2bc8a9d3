"""Stage 7, ours: what the metric says about a place, apart from how contrasty it is.

The metric alone answers to contrast as much as to focus. Here it is measured
thrice, on the photo and on two copies blurred on purpose: a sharp edge loses
most of its answer to the first blur, an edge already soft does not (re-blur
ratio; F. Crete et al., SPIE 6492, 2007). These ratios have an absolute meaning, so a
wholly blurred photo shows as such.
"""

import numpy as np

from blurkit.methods.zeng.metric import FAINT, response
from blurkit.ops.filters import magnitude
from blurkit.ops.tiles import in_strips

CELL = 4  # pixels; side of the grid cells on which evidence is kept
REBLUR = (1.0, 2.0)  # pixels; sigma of the two copies
REACH = 12  # pixels; the wider of the two Gaussians, 6, and both filters, 3 each
WINDOWS = (3, 9)  # cells; 12 and 36 pixels
CONTRAST_FLOOR = 1e-4  # variance of grey, (2.5 8-bit steps)^2
FEATURES = 6  # per window
STATISTICS = (0, 2, 3, 4)  # of the larger window: energy, both ratios, energy over gradient
PERCENTILES = (5, 50, 95)  # of each of these over the photo
RELATIVE = (0, 2)  # the first two of these, also given relative to their 95th percentile


def planes(grey, filters, backend):
    """Per-cell means of everything the features are made of.

    Parameters
    ----------
    grey : ndarray, (H, W), float32 in [0, 1]
    filters : ndarray, (2, 7, 7), float32
    backend : object from ``backend.backend_for``

    Returns
    -------
    ndarray, (7, ceil(H / 4), ceil(W / 4)), float32
        Metric of the photo, of the two blurred copies, gradient, grey, grey
        squared, log metric.
    """
    return in_strips(lambda part: measured(part, filters, backend), grey, CELL, REACH)


def measured(grey, filters, backend):
    """`planes` of the whole of a plane, or of a strip of it."""

    def cell_means(full):
        return backend.take(backend.pool(full, CELL))

    plane = backend.put(grey)
    sharp = response(plane, filters, backend)
    cells = [cell_means(sharp)]
    logarithm = cell_means(backend.log(sharp + FAINT))
    del sharp  # one full-size plane less, which counts for large photos
    for sigma in REBLUR:
        soft = backend.smooth(plane, sigma)
        cells.append(cell_means(response(soft, filters, backend)))
        if sigma == REBLUR[0]:
            gradient = cell_means(magnitude(soft, backend))
    return np.stack([*cells, gradient, cell_means(plane), cell_means(plane * plane), logarithm])  # (7, h, w)


def features(cells, box_mean):
    """Six numbers per window and cell.

    Parameters
    ----------
    cells : ndarray, (7, h, w), float32
        From `planes`.
    box_mean : callable
        ``box_mean``.

    Returns
    -------
    ndarray, (h, w, 12), float32
        For each window: log energy, mean log metric, first and second re-blur
        ratio, log energy over gradient, log contrast.
    """
    found = []
    for size in WINDOWS:
        sharp, soft, softer, gradient, grey, square, log_metric = (box_mean(plane, size) for plane in cells)
        energy = np.log(sharp + FAINT)
        found += [
            energy,
            log_metric,
            np.log((sharp + FAINT / 2) / (soft + FAINT / 2)),
            np.log((soft + FAINT / 4) / (softer + FAINT / 4)),
            np.log((sharp + FAINT / 2) / (gradient + FAINT / 2)),
            0.5 * np.log(np.maximum(square - grey * grey, 0) + CONTRAST_FLOOR),
        ]
    return np.stack(found, axis=-1)  # (h, w, 12)


def statistics(found):
    """Percentiles of the features of all cells (or all patches) of one photo: (..., 12) -> (4, 3) float32."""
    return np.percentile(found.reshape(-1, found.shape[-1])[:, FEATURES:][:, STATISTICS], PERCENTILES, axis=0).T.astype(
        np.float32
    )


def with_statistics(found, told=None):
    """Each cell's features joined by those of the whole photo.

    Parameters
    ----------
    found : ndarray, (..., 12)
        All cells (or all patches) of one photo, or some.
    told : ndarray, (4, 3), optional
        `statistics` of the photo, if these are some.

    Returns
    -------
    ndarray, (n, 26), float32
        12 features, 12 percentiles, 2 features relative to their 95th percentile.
    """
    found = found.reshape(-1, found.shape[-1])
    told = statistics(found) if told is None else told
    everywhere = np.broadcast_to(told.ravel(), (len(found), told.size))
    relative = found[:, FEATURES:][:, RELATIVE] - told[: len(RELATIVE), -1]
    return np.concatenate([found, everywhere, relative], axis=1).astype(np.float32, copy=False)
