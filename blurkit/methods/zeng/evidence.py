"""Stage 7, ours: features of a cell that show its focus, apart from its contrast.

The metric alone responds to contrast as much as to focus. Here it is measured three times, on the photo and on two
copies blurred on purpose. A sharp edge loses most of its response to the first blur, an edge already soft does not
(re-blur ratio; F. Crete et al., SPIE 6492, 2007). These ratios have an absolute meaning, so a wholly blurred photo
shows as such.
"""

import numpy as np

from blurkit.methods.zeng.metric import FAINT, response
from blurkit.ops.filters import box_mean, magnitude
from blurkit.ops.tiles import in_strips

CELL = 4  # pixels; side of the grid cells on which evidence is kept
REBLUR = (1.0, 2.0)  # pixels; sigma of the two copies
REACH = 12  # pixels; the wider of the two Gaussians, 6, and both filters, 3 each
WINDOWS = (3, 9)  # cells; 12 and 36 pixels
CONTRAST_FLOOR = 1e-4  # variance of grey, (2.5 8-bit steps)^2

FEATURES = 6  # per window, in this order:
ENERGY, LOG_METRIC, FIRST_RATIO, SECOND_RATIO, ENERGY_OVER_GRADIENT, CONTRAST = range(FEATURES)
STATISTICS = (ENERGY, FIRST_RATIO, SECOND_RATIO, ENERGY_OVER_GRADIENT)  # of the larger window
PERCENTILES = (5, 50, 95)  # of each of these over the photo
RELATIVE = (ENERGY, FIRST_RATIO)  # the first two of these, also given relative to their 95th percentile


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
        Metric of the photo, of the two blurred copies, gradient, grey, grey squared, log metric.
    """
    return in_strips(lambda part: measured(part, filters, backend), grey, CELL, REACH)


def measured(grey, filters, backend):
    """`planes` of the whole of a plane, or of a strip of it."""

    def cell_means(full):
        return backend.take(backend.pool(full, CELL))

    plane = backend.put(grey)
    metric = response(plane, filters, backend)
    sharp, log_metric = cell_means(metric), cell_means(backend.log(metric + FAINT))
    del metric  # one full-size plane less, which counts for large photos
    copy = backend.smooth(plane, REBLUR[0])
    soft, gradient = cell_means(response(copy, filters, backend)), cell_means(magnitude(copy, backend))
    copy = backend.smooth(plane, REBLUR[1])
    softer = cell_means(response(copy, filters, backend))
    return np.stack([sharp, soft, softer, gradient, cell_means(plane), cell_means(plane * plane), log_metric])


def features(cells):
    """Six features per window and cell.

    Parameters
    ----------
    cells : ndarray, (7, h, w), float32
        From `planes`.

    Returns
    -------
    ndarray, (h, w, 12), float32
        For each window: log energy, mean log metric, first and second re-blur ratio, log energy over gradient, log
        contrast.
    """
    return np.stack([plane for size in WINDOWS for plane in window_features(cells, size)], axis=-1)  # (h, w, 12)


def window_features(cells, size):
    """The six features over windows of size x size cells, each (h, w) float32, from `planes`."""
    sharp, soft, softer, gradient, grey, square, log_metric = (box_mean(plane, size) for plane in cells)
    return [
        np.log(sharp + FAINT),
        log_metric,
        np.log((sharp + FAINT / 2) / (soft + FAINT / 2)),
        np.log((soft + FAINT / 4) / (softer + FAINT / 4)),
        np.log((sharp + FAINT / 2) / (gradient + FAINT / 2)),
        0.5 * np.log(np.maximum(square - grey * grey, 0) + CONTRAST_FLOOR),
    ]


def statistics(values):
    """Percentiles of the features of all cells (or all patches) of one photo: (..., 12) -> (4, 3) float32."""
    larger_window = values.reshape(-1, values.shape[-1])[:, FEATURES:]
    return np.percentile(larger_window[:, STATISTICS], PERCENTILES, axis=0).T.astype(np.float32)


def with_statistics(values, of_photo=None):
    """Each cell's features joined by those of the whole photo.

    Parameters
    ----------
    values : ndarray, (..., 12)
        Features of all cells (or all patches) of one photo, or of some.
    of_photo : ndarray, (4, 3), optional
        `statistics` of the photo, needed where `values` are of some cells only.

    Returns
    -------
    ndarray, (n, 26), float32
        12 features, 12 percentiles, 2 features relative to their 95th percentile.
    """
    values = values.reshape(-1, values.shape[-1])
    if of_photo is None:
        of_photo = statistics(values)
    everywhere = np.broadcast_to(of_photo.ravel(), (len(values), of_photo.size))
    relative = values[:, FEATURES:][:, RELATIVE] - of_photo[: len(RELATIVE), -1]
    return np.concatenate([values, everywhere, relative], axis=1).astype(np.float32, copy=False)
