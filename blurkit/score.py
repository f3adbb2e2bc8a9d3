"""How sharp a photo is."""

import math

import numpy as np

from blurkit import methods
from blurkit.defaults import SCORE_SIDE, SHARPEST_SHARE
from blurkit.ops import filters, resize, statistics
from blurkit.ops.backend import CpuBackend
from blurkit.ops.colour import grey
from blurkit.ops.filters import curvature

JUDGED = 0.6  # deviation of log sigma; a place told less surely is not judged
SHOWN = (0.7, 1.6)  # pixels; sigma shown as in focus, and from which on as out of it
NOISE_CELL, NOISE_AROUND, QUIETEST = 4, 9, 5  # pixels, cells, percent; see `noise`
CERTAIN = 1e-6  # distance from 0 and 1 within which a probability says nothing more
SOFTNESS = 4.0  # divides the mean logit, so that scores of sharp maps do not crowd at 1


def score_photo(photo, weights, method, device="auto", side=SCORE_SIDE, share=SHARPEST_SHARE, region=None):
    """How sharp a photo is, by how wide its blur is.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16; its luma, (H, W), will do unless the method's ``BLUR_NEEDS_COLOUR``
    weights : dict of ndarray
        From ``weights.read_weights``.
    method : str
    device : str
        As for ``backend.backend_for``.
    side : int, pixels
        Longest side at which to measure; 0 = the photo's own size.
    share : float in (0, 1]
        How much of what can be judged counts: its sharpest part.
    region : ndarray, (H, W), bool, optional
        Where to judge.

    Returns
    -------
    dict
        ``score``, 1 / (1 + sigma), bigger = sharper, NaN where nothing can be judged; ``sigma``, pixels
        of the photo as it was measured, of which about .35 are in the sharpest of photos; ``coverage``: share
        of the region that can be judged; ``noise``: deviation of the noise of its luma, 8-bit
        steps; ``working_size``: longer side as measured, pixels.
    """
    measured, blur = measure_blur(photo, weights, method, device, side)
    return score_from_blur(measured, blur, share, region)


def measure_blur(photo, weights, method, device="auto", side=SCORE_SIDE):
    """A photo at the size at which it is measured, and the blur of its cells: (h, w, 3), and (2, ceil(h / 4), ceil(w / 4)) as ``Method.blur`` gives it."""
    measured = resize.reduce_to(photo, resize.working_shape(photo.shape, side))
    return measured, methods.get(method).blur(measured, weights, device)


def score_from_blur(measured, blur, share=SHARPEST_SHARE, region=None):
    """What `score_photo` says, by what `measure_blur` gives."""
    sigma, deviation = blur
    inside = (
        np.full(sigma.shape, True) if region is None else resize.resize_to(region.astype(np.float32), sigma.shape) > 0.5
    )
    known = inside & (deviation <= JUDGED)
    found = sharpest(sigma[inside], deviation[inside], share) if known.any() else math.nan
    return {
        "score": 1 / (1 + found),
        "sigma": found,
        "coverage": float(known.sum() / max(inside.sum(), 1)),
        "noise": noise(grey(measured)),
        "working_size": max(measured.shape[:2]),
    }


def in_focus(blur):
    """The blur of cells, for eyes: (2, h, w) -> (h, w) float32, from 1 in focus to 0 out of it, NaN where it cannot be judged."""
    sigma, deviation = blur
    sharp, soft = SHOWN
    return np.where(deviation <= JUDGED, np.clip((soft - sigma) / (soft - sharp), 0, 1), np.float32(np.nan)).astype(
        np.float32
    )


def sharpest(sigma, deviation, share):
    """Sigma of the sharpest share of some places, each counting by how surely it is told.

    Parameters
    ----------
    sigma, deviation : ndarray, (n,)
        Pixels, and the deviation of its logarithm; infinite: not told.
    share : float in (0, 1]
        Of the certainty of all.

    Returns
    -------
    float, pixels
        Geometric mean.
    """
    told = np.isfinite(deviation)  # the others count nothing
    sigma, certainty = sigma[told], deviation[told].astype(np.float64) ** -2
    needed = share * certainty.sum()
    near = sharpest_part(sigma, certainty, needed)  # sorting is what takes time
    order = near[np.argsort(sigma[near], kind="stable")]
    certainty = certainty[order]
    before = np.cumsum(certainty) - certainty
    counts = np.clip(needed - before, 0, certainty)
    return float(np.exp((counts * np.log(sigma[order])).sum() / counts.sum()))


def sharpest_part(sigma, certainty, needed):
    """Indices of the places of least sigma that are certain enough together, and of some more: (n,), (n,) -> (k,)."""
    count = math.ceil(len(sigma) * needed / certainty.sum())
    while count < len(sigma):
        near = np.flatnonzero(sigma <= np.partition(sigma, count)[count])
        if certainty[near].sum() >= needed:
            return near
        count *= 2
    return np.arange(len(sigma))


def noise(plane):
    """Deviation of the noise of a plane, by second differences where it is quietest.

    J. Immerkaer, "Fast Noise Variance Estimation", CVIU 64(2), 1996, doi:10.1006/cviu.1996.0060.

    Parameters
    ----------
    plane : ndarray, (h, w), float32 in [0, 1]

    Returns
    -------
    float, 8-bit steps
    """
    cells = resize.pool(curvature(plane, CpuBackend), NOISE_CELL)
    return 255 * math.sqrt(math.pi / 2) * statistics.percentile(filters.box_mean(cells, NOISE_AROUND), QUIETEST)


def map_score(sharpness_map):
    """How sharp the sharpest tenth of a map is.

    Parameters
    ----------
    sharpness_map : ndarray, (H, W) or (2, H, W), float32 in [0, 1]
        Best the raw map: refinement pushes values to 0 and 1, where differences vanish.
        Of two planes, value and weight, only places of a weight count.

    Returns
    -------
    float in (0, 1)
        Bigger = sharper: the mean logit of the sharpest tenth, divided by 4, as a probability.
        Comparable only among maps of one method.
    """
    values = sharpness_map.ravel() if sharpness_map.ndim == 2 else sharpness_map[0][sharpness_map[1] > 0]
    if not len(values):
        values = np.zeros(1, np.float32)  # nothing to be sharp
    count = max(1, round(len(values) * SHARPEST_SHARE))
    tenth = np.clip(np.partition(values, -count)[-count:].astype(np.float64), CERTAIN, 1 - CERTAIN)
    return float(1 / (1 + np.exp(-np.log(tenth / (1 - tenth)).mean() / SOFTNESS)))
