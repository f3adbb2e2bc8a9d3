"""Stage 1: what a place shows of its focus, in cells of 4 x 4 pixels.

Detail from curvature and differences of Gaussians, gradients of the photo and of two
blurred copies, and the share of an edge that a blur takes away (re-blur ratio,
F. Crete et al., SPIE 6492, 2007, doi:10.1117/12.702790): a sharp edge loses most, an edge
already soft nearly nothing, whatever its contrast. Curvature both ways answers to
noise as much as to detail (J. Immerkaer, CVIU 64(2), 1996, doi:10.1006/cviu.1996.0060), the
differences of Gaussians less, so that the two together tell one from the other.
"""

import math

import numpy as np

from blurkit.ops.filters import box_mean, curvature, magnitude, smooth
from blurkit.ops.resize import pool
from blurkit.ops.statistics import percentile
from blurkit.ops.tiles import in_strips

CELL = 4  # pixels; side of the cells
STEPS = (0.7, 1.0, 1.4, 2.0, 2.8)  # pixels; sigma of the blurred copies, each made from the one before
REACH = 20  # pixels; all of their Gaussians, one after the other
COARSE = (5.6, 11.2)  # pixels; sigma of two more, in cells
FAINT = 0.002  # of full scale, half an 8-bit step: what is below is rounding, not structure
FAINT_POWER = 1e-5  # of full scale squared, under mean squares
PLANES = 19
TOLD = (
    (0, 5),
    (14, 95),
    (15, 95),
)  # (plane, percentile) over the photo: its noise, and what blurs take of its sharpest edges
AROUND = 9  # cells; side of the window whose mean is taken first
STATISTICS = len(TOLD)
EDGES = 13  # plane of the strength of edges
WEAKEST = 0.5 / 255  # of full scale; root mean square gradient of a cell below which it shows nothing of its blur
RATIOS = (14, 15)  # planes that contrast leaves as they are; it shifts all others alike


def planes(grey, backend):
    """All evidence of a photo.

    Parameters
    ----------
    grey : ndarray, (H, W), float32 in [0, 1]
    backend : object from ``backend.backend_for``

    Returns
    -------
    ndarray, (19, ceil(H / 4), ceil(W / 4)), float32, about -7 to 4
        Logarithms of cell means: curvature of the photo and of the copy blurred by 1
        pixel, three bands of detail, fine to coarse, gradient of the photo and of the
        copies blurred by 1 and 2 pixels (8). Cell means of logarithms: curvature, finest
        band, the three gradients (5). Log strength of the edges (root mean square
        gradient of the first copy); how much of it the first and the second blur
        take (log ratio); log contrast (4). Log detail in two bands wider than a cell (2).
    """
    *found, coarse = in_strips(lambda part: measured(part, backend), grey, CELL, REACH)
    return np.stack([*found, *coarse_bands(coarse)])


def measured(grey, backend):
    """`planes` of the whole of a plane or of a strip of it, but for the last two; cell means of the last blurred copy in their place.

    What is as large as the photo goes as soon as it is looked at: fresh memory costs more than the arithmetic.
    """

    def log_mean(full):
        return backend.log(backend.pool(full, CELL) + FAINT)

    def both(full):
        found = log_mean(full)
        full += FAINT
        return found, backend.pool(backend.log(full), CELL)

    def log_energy(full):
        return 0.5 * backend.log(backend.pool(full * full, CELL) + FAINT_POWER)

    def slope(of):
        full = magnitude(of, backend)
        return log_energy(full), *both(full)

    plane = backend.put(grey)
    finest, first, middle, second, coarse = blurred(plane, backend)
    curved, curved_logs = both(curvature(plane, backend))
    curved_first = log_mean(curvature(first, backend))
    fine, fine_logs = both(abs(plane - finest))
    medium, wide = log_mean(abs(finest - middle)), log_mean(abs(middle - coarse))
    (sharp, soft, softer), slopes, slope_logs = zip(*map(slope, (plane, first, second)), strict=True)
    found = [curved, curved_first, fine, medium, wide, *slopes, curved_logs, fine_logs, *slope_logs]
    found += [soft, sharp - soft, soft - softer, log_energy(plane - coarse), backend.pool(coarse, CELL)]
    return np.stack([backend.take(p) for p in found])


def both_sizes(grey, backend):
    """Evidence of a photo and of its half: (19, h, w) and (19, ceil(h / 2), ceil(w / 2)), float32; grey as for `planes`.

    What is soft at pixel level may be in focus nevertheless; the half tells.
    """
    return planes(grey, backend), planes(pool(grey, 2), backend)


def blurred(plane, backend):
    """Copies of a plane blurred by `STEPS`, on the device of `backend`."""
    found, reached = [], 0.0
    for sigma in STEPS:
        plane, reached = backend.smooth(plane, math.sqrt(sigma**2 - reached**2)), sigma
        found.append(plane)
    return found


def coarse_bands(cells):
    """Log detail in two bands wider than a cell, of (h, w) cell means of the last blurred copy."""
    found, reached = [], STEPS[-1]
    for sigma in COARSE:
        softer = smooth(cells, math.sqrt(sigma**2 - reached**2) / CELL)
        found.append(np.log(np.abs(cells - softer) + np.float32(FAINT)))
        cells, reached = softer, sigma
    return found


def shows_nothing(planes):
    """True for cells without any edge: (19, h, w) -> (h, w) bool."""
    return planes[EDGES] < 0.5 * math.log(WEAKEST**2 + FAINT_POWER)


def statistics(planes):
    """How noisy and how sharp the photo is as a whole, by which its parts are judged.

    Parameters
    ----------
    planes : ndarray, (19, h, w), float32
        From `planes`.

    Returns
    -------
    ndarray, (3,), float32
        Percentile 5 of the log curvature, percentile 95 of both log ratios, each averaged over 9 x 9 cells first.
    """
    return np.array([percentile(box_mean(planes[i], AROUND), percent) for i, percent in TOLD], np.float32)
