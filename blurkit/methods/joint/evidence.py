"""Stage 1: planes of evidence on focus, in cells of 4 x 4 pixels.

The evidence is detail (curvature and differences of Gaussians), gradients of the photo and of two blurred copies, and
re-blur ratios, the share of an edge that a blur removes (F. Crete et al., SPIE 6492, 2007, doi:10.1117/12.702790).
A sharp edge loses most and an edge already soft nearly nothing, whatever its contrast. Second differences along both
axes respond to noise as much as to detail (J. Immerkaer, CVIU 64(2), 1996, doi:10.1006/cviu.1996.0060), differences of
Gaussians less, so the two together separate noise from detail.
"""

import math

import numpy as np

from blurkit.ops.filters import box_mean, curvature, magnitude, smooth
from blurkit.ops.resize import pool
from blurkit.ops.statistics import percentile
from blurkit.ops.tiles import in_strips

CELL = 4  # pixels; side of the cells
STEPS = (0.7, 1.0, 1.4, 2.0, 2.8)  # pixels; sigma of the blurred copies, each made from the one before
REACH = 20  # pixels; radius of all these Gaussians together
STRIP = 1 << 18  # pixels measured at a time; their planes, 1 MB each, stay in the processor's cache
COARSE = (5.6, 11.2)  # pixels; sigma of two more copies, made from cell means
FAINT = 0.002  # of full scale, half an 8-bit step; added before logarithms, since anything below is rounding
FAINT_POWER = 1e-5  # of full scale squared; the same for mean squares

LOG_MEAN_NAMES = (  # logarithms of cell means; "_1" and "_2" are of the copies blurred by 1 and 2 pixels
    "log_mean_curvature",
    "log_mean_curvature_1",
    "log_mean_fine_detail",
    "log_mean_medium_detail",
    "log_mean_coarse_detail",
    "log_mean_gradient",
    "log_mean_gradient_1",
    "log_mean_gradient_2",
)
MEAN_LOG_NAMES = (  # cell means of logarithms
    "mean_log_curvature",
    "mean_log_fine_detail",
    "mean_log_gradient",
    "mean_log_gradient_1",
    "mean_log_gradient_2",
)
ROOT_MEAN_SQUARE_NAMES = (
    "edge_strength",  # logarithm of the root mean square gradient of the copy blurred by 1 pixel
    "reblur_loss_1",  # log ratio of edge strengths: how much the blur by 1 pixel removes
    "reblur_loss_2",  # how much the blur from 1 to 2 pixels removes
    "contrast",  # logarithm of the root mean square of what the widest blur removes
)
BAND_NAMES = ("wide_detail", "widest_detail")  # log detail in two bands wider than a cell
PLANE_NAMES = LOG_MEAN_NAMES + MEAN_LOG_NAMES + ROOT_MEAN_SQUARE_NAMES + BAND_NAMES  # in the order of the planes
MEASURED_NAMES = (*LOG_MEAN_NAMES, *MEAN_LOG_NAMES, *ROOT_MEAN_SQUARE_NAMES, "cell_means")  # in that of `measured`
PLANES = len(PLANE_NAMES)

REBLUR_LOSSES = (PLANE_NAMES.index("reblur_loss_1"), PLANE_NAMES.index("reblur_loss_2"))
# Contrast does not change the re-blur losses; it shifts all other planes by the same amount.

STATISTICS_OF = (  # (plane, percentile) over the photo
    ("log_mean_curvature", 5),  # its noise
    ("reblur_loss_1", 95),  # what blurs remove of its sharpest edges
    ("reblur_loss_2", 95),
)
STATISTICS = len(STATISTICS_OF)
STATISTICS_WINDOW = 9  # cells; side of the box over which planes are averaged before the percentile


def planes(grey, backend):
    """All evidence of a photo.

    Parameters
    ----------
    grey : ndarray, (H, W), float32 in [0, 1]
    backend : object from ``backend.backend_for``

    Returns
    -------
    ndarray, (19, ceil(H / 4), ceil(W / 4)), float32, about -7 to 4
        In the order of `PLANE_NAMES`. Logarithms of cell means (8): curvature of the photo and of the copy blurred by 1
        pixel, three bands of detail, fine to coarse, gradient of the photo and of the copies blurred by 1 and 2
        pixels. Cell means of logarithms (5): curvature, finest band, the three gradients. Log strength of the edges
        (root mean square gradient of the copy blurred by 1 pixel), how much of it the first and the second blur remove
        (log ratio), log contrast (4). Log detail in two bands wider than a cell (2).
    """
    *complete, cell_means = in_strips(lambda strip: measured(strip, backend), grey, CELL, REACH, STRIP)
    return np.stack([*complete, *coarse_bands(cell_means)])


def measured(grey, backend):
    """The evidence that can be measured strip by strip: all planes but the two coarse bands.

    Parameters
    ----------
    grey : ndarray, (H, W), float32 in [0, 1]
        The photo or a strip of it.
    backend : object from ``backend.backend_for``

    Returns
    -------
    ndarray, (18, ceil(H / 4), ceil(W / 4)), float32
        In the order of `MEASURED_NAMES`. The last plane holds cell means of the widest blurred copy, from which
        `coarse_bands` makes the other two.
    """
    photo = backend.put(grey)
    copy_07, copy_1, copy_14, copy_2, copy_28 = blurred_copies(photo, backend)  # by their sigma, see `STEPS`
    # Intermediate planes as large as the photo are released early: fresh memory costs more than the arithmetic.
    by_name = both_logs("curvature", curvature(photo, backend), backend)
    by_name["log_mean_curvature_1"] = log_mean(curvature(copy_1, backend), backend)
    by_name |= both_logs("fine_detail", abs(photo - copy_07), backend)
    by_name["log_mean_medium_detail"] = log_mean(abs(copy_07 - copy_14), backend)
    by_name["log_mean_coarse_detail"] = log_mean(abs(copy_14 - copy_28), backend)
    strength_0 = add_gradient(by_name, "gradient", photo, backend)
    strength_1 = add_gradient(by_name, "gradient_1", copy_1, backend)
    strength_2 = add_gradient(by_name, "gradient_2", copy_2, backend)
    by_name["edge_strength"] = strength_1
    by_name["reblur_loss_1"] = strength_0 - strength_1
    by_name["reblur_loss_2"] = strength_1 - strength_2
    by_name["contrast"] = log_root_mean_square(photo - copy_28, backend)
    by_name["cell_means"] = backend.pool(copy_28, CELL)
    return np.stack([backend.take(by_name[name]) for name in MEASURED_NAMES])


def add_gradient(by_name, name, plane, backend):
    """Add the logarithms of the gradient of a plane to the evidence; return its log root mean square, (h, w)."""
    gradient = magnitude(plane, backend)
    strength = log_root_mean_square(gradient, backend)
    by_name |= both_logs(name, gradient, backend)
    return strength


def both_logs(name, amounts, backend):
    """Log of the cell means of (H, W) amounts >= 0 and cell means of their log, by name; overwrites the amounts."""
    log_of_mean = log_mean(amounts, backend)
    amounts += FAINT
    mean_of_log = backend.pool(backend.log(amounts), CELL)
    return {f"log_mean_{name}": log_of_mean, f"mean_log_{name}": mean_of_log}


def log_mean(amounts, backend):
    """Logarithm of the cell means of amounts >= 0, (H, W) -> (h, w)."""
    return backend.log(backend.pool(amounts, CELL) + FAINT)


def log_root_mean_square(amounts, backend):
    """Logarithm of the root mean square over cells, (H, W) -> (h, w)."""
    return 0.5 * backend.log(backend.pool(amounts * amounts, CELL) + FAINT_POWER)


def both_sizes(grey, backend):
    """Evidence of a photo and of its half-size copy.

    A subject may be in focus although it is soft at pixel level; the half-size copy shows that.

    Parameters
    ----------
    grey : ndarray, (H, W), float32 in [0, 1]
    backend : object from ``backend.backend_for``

    Returns
    -------
    ndarray, (19, h, w), and ndarray, (19, ceil(h / 2), ceil(w / 2)), float32
        As from `planes`.
    """
    return planes(grey, backend), planes(pool(grey, 2), backend)


def blurred_copies(plane, backend, steps=STEPS):
    """Copies of a plane blurred by each sigma of `steps`, in pixels and ascending, on the device of `backend`."""
    copies, previous = [], 0.0
    for sigma in steps:
        plane = backend.smooth(plane, math.sqrt(sigma**2 - previous**2))
        previous = sigma
        copies.append(plane)
    return copies


def coarse_bands(cell_means):
    """Log detail in two bands wider than a cell, of (h, w) cell means of the widest blurred copy."""
    bands, previous = [], STEPS[-1]
    for sigma in COARSE:
        softer = smooth(cell_means, math.sqrt(sigma**2 - previous**2) / CELL)
        bands.append(np.log(np.abs(cell_means - softer) + np.float32(FAINT)))
        cell_means, previous = softer, sigma
    return bands


def statistics(planes):
    """How noisy and how sharp the photo is as a whole: context for the evidence of its cells.

    Parameters
    ----------
    planes : ndarray, (19, h, w), float32
        From `planes`.

    Returns
    -------
    ndarray, (3,), float32
        Percentile 5 of the log curvature and percentile 95 of both re-blur losses, each averaged over 9 x 9 cells
        first.
    """
    values = []
    for name, percent in STATISTICS_OF:
        averaged = box_mean(planes[PLANE_NAMES.index(name)], STATISTICS_WINDOW)
        values.append(percentile(averaged, percent))
    return np.array(values, np.float32)
