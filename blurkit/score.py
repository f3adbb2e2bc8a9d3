"""Sharpness score of a photo, from the width of its blur."""

import math
from typing import NamedTuple

import numpy as np

from blurkit import methods
from blurkit.defaults import SCORE_SIDE, SHARPEST_SHARE
from blurkit.motion import blur_of, judged
from blurkit.ops import borders, filters, resize, statistics
from blurkit.ops.colour import grey
from blurkit.ops.noise import noise
from blurkit.softest import softest_sigma

MOST_DEVIATION = 0.6  # of log sigma; a cell whose blur is measured less precisely cannot be judged
# Of log sigma; a photo none of whose cells is measured more precisely shows nothing but noise. Of 300 real regions the
# least precise has .68 in its most precise cell, JPEGs of noise alone have 1.5 and more.
NOTHING_DEVIATION = 1.2
SHARP_SIGMA = 0.7  # pixels; overlays show blur up to this as in focus
SOFT_SIGMA = 1.6  # pixels; overlays show blur from this on as out of focus
# Dates, logos, names and status bars stand near the border of a photo, where a subject is never alone.
BORDER = 0.11  # of the shorter side; how wide that border is
BORDER_WEIGHT = 0.1  # of what lies in it, against 1 elsewhere
NEIGHBOURS = 3  # cells; side of the windows over which the blur of cells is averaged
MAP_SHARE = 0.1  # the sharpest share of the pixels of a map that makes its score
CERTAIN = 1e-6  # least distance of a probability from 0 and 1, so that its logit stays finite
SOFTNESS = 4.0  # divides the mean logit, so that scores of sharp maps stay apart below 1


class Measured(NamedTuple):
    """A photo as it is measured, and the blur of its cells; made by `measure_blur`."""

    picture: np.ndarray
    """(h, w, 3), or (h, w) of a luma: the content of the photo at the working size."""
    blur: list
    """For every size at which it was measured, (directions, 2, h', w') float32: sigma of every cell in pixels of
    `picture`, and the deviation of its natural logarithm, infinite where no blur can be measured."""
    content: borders.Content
    """What of the photo was measured."""
    scale: float
    """Pixels of the photo for one of `picture`."""


def score_photo(
    photo, weights, method, device="auto", side=SCORE_SIDE, share=SHARPEST_SHARE, region=None, softest=False
):
    """Sharpness score of a photo.

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
    softest : bool, optional
        The softest share of the photo makes the score instead, block by block, see ``softest.softest_sigma``.

    Returns
    -------
    dict
        See `score_from_blur`.
    """
    return score_from_blur(measure_blur(photo, weights, method, device, side), share, region, softest)


def measure_blur(photo, weights, method, device="auto", side=SCORE_SIDE, shape=None):
    """The blur of the cells of a photo at its working size, without its borders.

    Parameters
    ----------
    photo, weights, method, device, side
        As for `score_photo`.
    shape : tuple, optional
        (H, W) of the photo as it is stored, if `photo` was reduced on decoding.

    Returns
    -------
    Measured
    """
    content = borders.content(photo)
    part = content.cut(photo)
    picture = resize.reduce_to(part, resize.working_shape(part.shape, side))
    decoded = max(shape or photo.shape) / max(photo.shape[:2])
    scale = decoded * max(part.shape[:2]) / max(picture.shape[:2])
    return measure_content(picture, content, scale, weights, method, device)


def measure_content(picture, content, scale, weights, method, device="auto"):
    """As `measure_blur`, of what of a photo is its content, at the size at which it is measured, (h, w[, 3])."""
    picture = content.filled(picture)
    blur = methods.get(method, "score").blur(picture, weights, device)
    for planes in blur:
        planes[:, 1, content.outside(planes.shape[2:])] = np.inf
    return Measured(picture, blur, content, scale)


def score_from_blur(measured, share=SHARPEST_SHARE, region=None, softest=False):
    """The score of a photo.

    Parameters
    ----------
    measured : Measured
    share, region, softest
        As for `score_photo`.

    Returns
    -------
    dict
        ``score``: 1 / (1 + sigma), bigger = sharper; NaN if no cell of the region can be judged.
        ``sigma``: blur in pixels of the working size, in the worst direction; about .35 in the sharpest photos.
        ``sigma_photo``: the same in pixels of the photo.
        ``kind``, ``motion``, ``angle``: see ``motion.Blur``; the length is in pixels of the photo.
        ``coverage``: share of the region that can be judged: a cell can if the standard deviation of its log sigma is
        at most `MOST_DEVIATION`; 0 where the score is NaN.
        ``noise``: standard deviation of the noise of the luma, 8-bit steps.
        ``working_size``: longer side of the photo as measured, pixels.
        ``cropped``: share of the pixels left out, as bars, frames or flat ground, see ``borders.content``.
    """
    region = measured.content.region(region)
    cells = [cells_of(region, planes) for planes in measured.blur]
    if not shows_anything(measured.blur, cells):
        cells = [np.zeros_like(inside) for inside in cells]
    blur = measured.blur if region is not None else away_from_border(measured.blur)
    plane = grey(measured.picture)
    worst = blur_of(judged(blur, cells), SHARPEST_SHARE if softest else share, plane, region_of(plane, region))
    sigma = softest_sigma(measured.blur, cells, share, SHARPEST_SHARE) if softest else worst.sigma
    return {
        "score": 1 / (1 + sigma),
        "sigma": sigma,
        "sigma_photo": sigma * measured.scale,
        "kind": worst.kind,
        "motion": worst.motion * measured.scale,
        "angle": worst.angle,
        "coverage": 0.0 if math.isnan(sigma) else covered(measured.blur, cells),
        "noise": noise(plane, measured.content.outside),
        "working_size": max(measured.picture.shape[:2]),
        "cropped": measured.content.left_out,
    }


def away_from_border(blur):
    """The blur of cells with less precision near the border of the photo, see `BORDER`; a list as in `Measured`."""
    result = []
    for planes in blur:
        height, width = planes.shape[2:]
        rows, columns = (np.minimum(np.arange(n) + 0.5, n - np.arange(n) - 0.5) for n in (height, width))
        near = np.minimum(rows[:, None], columns) < BORDER * min(height, width)
        planes = planes.copy()
        planes[:, 1, near] *= BORDER_WEIGHT**-0.5
        result.append(planes)
    return result


def shows_anything(blur, cells):
    """True if the blur of any of some cells is measured better than in noise; arguments of ``motion.judged``."""
    return any((planes[:, 1, inside] <= NOTHING_DEVIATION).any() for planes, inside in zip(blur, cells, strict=True))


def covered(blur, cells):
    """Share of cells that can be judged, float; arguments of ``motion.judged``."""
    finest = np.zeros(blur[0].shape[2:], bool)
    for planes, inside in zip(blur, cells, strict=True):
        precise = (planes[:, 1] <= MOST_DEVIATION).any(axis=0) & inside
        finest |= resize.enlarge_to(precise.astype(np.uint8), finest.shape) > 0
    return float((finest & cells[0]).sum() / max(cells[0].sum(), 1))


def region_of(plane, region):
    """A region, (H, W) bool or None, on the pixels of a plane: (h, w) bool or None."""
    return None if region is None else resize.resize_to(region.astype(np.float32), plane.shape) > 0.5


def cells_of(region, planes):
    """Cells with all of their pixels within a region: (H, W) bool or None, all, and (d, 2, h, w) -> (h, w) bool."""
    if region is None:
        return np.full(planes.shape[2:], True)
    return resize.resize_to(region.astype(np.float32), planes.shape[2:]) > 0.99


def in_focus(blur):
    """The blur of cells as an overlay shows it.

    Parameters
    ----------
    blur : list of ndarray
        Of `Measured`.

    Returns
    -------
    ndarray, (h, w), float32
        From 1 (in focus) to 0 (out of focus); NaN where a cell cannot be judged.
    """
    sigma, deviation = of_cells(blur)
    focus = np.clip((SOFT_SIGMA - sigma) / (SOFT_SIGMA - SHARP_SIGMA), 0, 1)
    return np.where(deviation <= MOST_DEVIATION, focus, np.float32(np.nan)).astype(np.float32)


def of_cells(blur):
    """The blur of each cell in all directions and at all sizes together.

    Parameters
    ----------
    blur : list of ndarray
        Of `Measured`.

    Returns
    -------
    ndarray, (2, h, w), float32
        Sigma, a geometric mean weighted by precision, and the least deviation. The precision of a cell of a smaller
        size is shared out among the cells it covers. Where directions are told apart, cells hold few edges, and each
        is taken together with its neighbours.
    """
    shape = blur[0].shape[2:]
    precision, logs, most = (np.zeros(shape, np.float32) for _ in range(3))
    for planes in blur:
        amounts = planes[:, 1] ** -2
        part = np.float32(planes[0, 0].size / precision.size)
        precision += part * resize.resize_to(amounts.sum(axis=0), shape)
        logs += part * resize.resize_to((amounts * np.log(planes[:, 0])).sum(axis=0), shape)
        most = np.maximum(most, resize.resize_to(amounts.max(axis=0), shape))
    if len(blur[0]) > 1:
        precision, logs = filters.box_mean(precision, NEIGHBOURS), filters.box_mean(logs, NEIGHBOURS)
        most = filters.highest(most, NEIGHBOURS)
    with np.errstate(divide="ignore"):
        return np.stack([np.exp(logs / np.maximum(precision, np.float32(1e-12))), most**-0.5])


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
        Bigger = sharper: the mean logit of the sharpest tenth (`MAP_SHARE`), divided by `SOFTNESS`, as a
        probability. Comparable only among maps of one method.
    """
    values = sharpness_map.ravel() if sharpness_map.ndim == 2 else sharpness_map[0][sharpness_map[1] > 0]
    if not len(values):
        values = np.zeros(1, np.float32)  # a map without values counts as out of focus
    count = max(1, round(len(values) * MAP_SHARE))
    sharpest_tenth = np.partition(values, -count)[-count:].astype(np.float64)
    logits = statistics.logit(np.clip(sharpest_tenth, CERTAIN, 1 - CERTAIN))
    return float(statistics.logistic(logits.mean() / SOFTNESS))
