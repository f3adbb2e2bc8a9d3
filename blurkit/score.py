"""Sharpness score of a photo, from the width of its blur."""

import math

import numpy as np

from blurkit import methods
from blurkit.defaults import SCORE_SIDE, SHARPEST_SHARE
from blurkit.ops import borders, filters, resize, statistics
from blurkit.ops.backend import CpuBackend
from blurkit.ops.colour import grey
from blurkit.ops.filters import curvature

MOST_DEVIATION = 0.6  # of log sigma; a cell whose blur is measured less precisely cannot be judged
SHARP_SIGMA = 0.7  # pixels; overlays show blur up to this as in focus
SOFT_SIGMA = 1.6  # pixels; overlays show blur from this on as out of focus
NOISE_CELL = 4  # pixels; side of the cells over which `noise` averages second differences
NOISE_WINDOW = 9  # cells; side of the windows over which it averages cells
NOISE_PERCENTILE = 5  # percent; of these means it takes the value near the lowest
CERTAIN = 1e-6  # least distance of a probability from 0 and 1, so that its logit stays finite
SOFTNESS = 4.0  # divides the mean logit, so that scores of sharp maps stay apart below 1


def score_photo(photo, weights, method, device="auto", side=SCORE_SIDE, share=SHARPEST_SHARE, region=None):
    """Sharpness score of a photo.

    A cell of 4 x 4 pixels can be judged if the standard deviation of its log sigma is at most `MOST_DEVIATION`.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16; or its luma, (H, W), unless ``methods.info(method).blur_needs_colour``
    weights : dict of ndarray
        From ``weights.read_weights``.
    method : str
        Name of the method.
    device : str
        As for ``backend.backend_for``.
    side : int, pixels
        Longest side at which to measure; 0 = the photo's own size.
    share : float in (0, 1]
        The sharpest share of the cells that can be judged makes the score.
    region : ndarray, (H, W), bool, optional
        Part of the photo to judge; default all of it.

    Returns
    -------
    dict
        ``score``: 1 / (1 + sigma), bigger = sharper; NaN if no cell of the region can be judged.
        ``sigma``: blur in pixels of the working size, about .35 in the sharpest photos.
        ``coverage``: share of the region that can be judged.
        ``noise``: standard deviation of the noise of the luma, 8-bit steps.
        ``working_size``: longer side of the photo as measured, pixels.
        ``cropped``: share of the pixels left out, as bars, frames or flat ground, see ``borders.content``.
    """
    content = borders.content(photo)
    reduced, blur = measure_blur(photo, weights, method, device, side, content)
    return score_from_blur(reduced, blur, share, region, content)


def measure_blur(photo, weights, method, device="auto", side=SCORE_SIDE, content=None):
    """A photo at its working size, and the blur of its cells.

    Parameters
    ----------
    photo, weights, method, device, side
        As for `score_photo`.
    content : borders.Content, optional
        What of the photo to measure; default all of it.

    Returns
    -------
    reduced : ndarray, (h, w, 3), or (h, w) of a luma; dtype of the photo
    blur : ndarray, (2, ceil(h / 4), ceil(w / 4)), float32
        Sigma in pixels, and the standard deviation of its logarithm, infinite where no blur can be measured.
    """
    content = content or borders.whole(photo)
    part = content.cut(photo)
    reduced = content.filled(resize.reduce_to(part, resize.working_shape(part.shape, side)))
    blur = methods.get(method).blur(reduced, weights, device)
    blur[1, content.outside(blur.shape[1:])] = np.inf
    return reduced, blur


def score_from_blur(reduced, blur, share=SHARPEST_SHARE, region=None, content=None):
    """The score of a photo from the results of `measure_blur`; other arguments and result as in `score_photo`."""
    sigma, deviation = blur
    region = content.region(region) if content else region
    if region is None:
        inside = np.full(sigma.shape, True)
    else:
        inside = resize.resize_to(region.astype(np.float32), sigma.shape) > 0.5
    judged = inside & (deviation <= MOST_DEVIATION)
    sharpest_sigma = sharpest(sigma[inside], deviation[inside], share) if judged.any() else math.nan
    return {
        "score": 1 / (1 + sharpest_sigma),
        "sigma": sharpest_sigma,
        "coverage": float(judged.sum() / max(inside.sum(), 1)),
        "noise": noise(grey(reduced)),
        "working_size": max(reduced.shape[:2]),
        "cropped": content.left_out if content else 0.0,
    }


def in_focus(blur):
    """The blur of cells as an overlay shows it.

    Parameters
    ----------
    blur : ndarray, (2, h, w), float32
        From `measure_blur`.

    Returns
    -------
    ndarray, (h, w), float32
        From 1 (in focus) to 0 (out of focus); NaN where a cell cannot be judged.
    """
    sigma, deviation = blur
    focus = np.clip((SOFT_SIGMA - sigma) / (SOFT_SIGMA - SHARP_SIGMA), 0, 1)
    return np.where(deviation <= MOST_DEVIATION, focus, np.float32(np.nan)).astype(np.float32)


def sharpest(sigma, deviation, share):
    """Mean sigma of the sharpest share of some cells, weighted by precision.

    Precision is 1 / deviation^2.

    Parameters
    ----------
    sigma : ndarray, (n,)
        Pixels.
    deviation : ndarray, (n,)
        Standard deviation of log sigma; cells where it is infinite do not count.
    share : float in (0, 1]
        Of the total precision.

    Returns
    -------
    float, pixels
        Geometric mean.
    """
    measurable = np.isfinite(deviation)
    sigma, precision = sigma[measurable], deviation[measurable].astype(np.float64) ** -2
    needed = share * precision.sum()
    candidates = sharpest_part(sigma, precision, needed)  # few, since sorting takes most of the time
    order = candidates[np.argsort(sigma[candidates], kind="stable")]
    precision = precision[order]
    precision_before = np.cumsum(precision) - precision
    weights = np.clip(needed - precision_before, 0, precision)
    return float(np.exp((weights * np.log(sigma[order])).sum() / weights.sum()))


def sharpest_part(sigma, precision, needed):
    """Indices of the cells of least sigma whose precision adds up to `needed` or more: (n,), (n,), float -> (k,)."""
    count = math.ceil(len(sigma) * needed / precision.sum())
    while count < len(sigma):
        candidates = np.flatnonzero(sigma <= np.partition(sigma, count)[count])
        if precision[candidates].sum() >= needed:
            return candidates
        count *= 2
    return np.arange(len(sigma))


def noise(plane):
    """Standard deviation of the noise of a plane, from second differences in its smoothest parts.

    J. Immerkaer, "Fast Noise Variance Estimation", CVIU 64(2), 1996, doi:10.1006/cviu.1996.0060.

    Parameters
    ----------
    plane : ndarray, (h, w), float32 in [0, 1]

    Returns
    -------
    float, 8-bit steps
    """
    cells = resize.pool(curvature(plane, CpuBackend), NOISE_CELL)
    window_means = filters.box_mean(cells, NOISE_WINDOW)
    # sqrt(pi / 2): from the mean absolute value of Gaussian noise to its standard deviation.
    return 255 * math.sqrt(math.pi / 2) * statistics.percentile(window_means, NOISE_PERCENTILE)


def map_score(sharpness_map):
    """Sharpness score of a map, from its sharpest tenth.

    Parameters
    ----------
    sharpness_map : ndarray, (H, W) or (2, H, W), float32 in [0, 1]
        Best the raw map: refinement pushes values to 0 and 1, where differences vanish.
        Of two planes, value and weight, only pixels of a weight above 0 count.

    Returns
    -------
    float in (0, 1)
        Bigger = sharper: the mean logit of the sharpest tenth (`SHARPEST_SHARE`), divided by `SOFTNESS`, as a
        probability. Comparable only among maps of one method.
    """
    values = sharpness_map.ravel() if sharpness_map.ndim == 2 else sharpness_map[0][sharpness_map[1] > 0]
    if not len(values):
        values = np.zeros(1, np.float32)  # a map without values counts as out of focus
    count = max(1, round(len(values) * SHARPEST_SHARE))
    sharpest_tenth = np.partition(values, -count)[-count:].astype(np.float64)
    logits = statistics.logit(np.clip(sharpest_tenth, CERTAIN, 1 - CERTAIN))
    return float(statistics.logistic(logits.mean() / SOFTNESS))
