"""Blur across the directions of a photo: how sharp it is in its worst direction, and whether it moved.

A photo that moved stays sharp along its motion, so the blur across each direction is taken from the sharpest edges of
that direction, and the photo is as sharp as its worst direction.
"""

import math
from typing import NamedTuple

import numpy as np

from blurkit.ops.streaks import streak_length

FEWEST = 15  # edges of a direction, from which on the blur across it is known
BESIDE = 0.5  # share of the precision of each of both neighbouring directions that counts for a direction
ROUND = 0.02  # weight by which the ellipse is drawn towards a circle where few directions are known
LEAST_VARIANCE = 0.1  # pixels squared; of an ellipse
LEAST_DIRECTIONS = 5  # of eight, that must be known to tell motion from defocus
SHARP_SIGMA = 0.65  # pixels; what is blurred less in every direction is sharp
# The sharpest shares of the edges of each direction that make ellipses of the blur. All three tell motion from defocus,
# the first gives the length and direction.
ELLIPSE_SHARES = (0.3, 0.6, 1.0)
# Log odds of motion against defocus, by logistic regression on the moving regions of 200 photos and the defocused ones
# of 202, which people marked (CUHK), and on photos shaken and blurred on purpose. On the half of each that was not
# learned, about .79 of the real regions and .82 of straight shakes are told rightly.
KIND_WEIGHTS = (2.02, 2.07, 3.09, 1.78)  # log ratio of the axes of the three ellipses, `one_sidedness`
KIND_BIAS = -2.49
LONGER = (0.8, 4.0)  # times its length by the ellipse, between which the length of a streak is sought
KINDS = ("sharp", "defocus", "motion", "unsure")


class Blur(NamedTuple):
    """Blur of a photo, or of a part of it, in its worst direction, and of which kind it is."""

    sigma: float
    """Pixels, in the worst direction; NaN if it is known in none."""
    kind: str
    """One of `KINDS`."""
    motion: float
    """Pixels; length of a straight motion that makes the worst direction blurrier than the best, whatever the kind: 0
    in a sharp photo, NaN if it is unsure."""
    angle: float
    """Degrees in [0, 180), direction of that motion: 0 = horizontal, counter-clockwise; NaN if sharp or unsure."""


def blur_of(parts, share, picture=None, region=None):
    """Blur of a photo from the blur across each of its directions.

    Parameters
    ----------
    parts : list of (sigma, deviation)
        For every direction, two ndarray (n,): sigma of some edges in pixels and the deviation of its logarithm. Their
        number is 8, of gradients 22.5 degrees apart from 0 = to the right, counter-clockwise; or 1 if directions are
        not told apart.
    share : float in (0, 1]
        The sharpest share of the edges of each direction counts.
    picture : ndarray, (h, w), float32, optional
        The photo, in which the length of a motion is measured more exactly.
    region : ndarray, (h, w), bool, optional
        Part of the picture to look at.

    Returns
    -------
    Blur
    """
    if len(parts) == 1:
        [(sigmas, deviation)] = parts
        sigma = sharpest(sigmas, deviation, share) if len(sigmas) else math.nan
        return Blur(sigma, "unsure", math.nan, math.nan)
    log_sigma, precision = across(parts, share)
    known = precision > 0
    if not known.any():
        return Blur(math.nan, "unsure", math.nan, math.nan)
    sigma = float(np.exp(with_neighbours(log_sigma, precision)[known].max()))
    if known.sum() < LEAST_DIRECTIONS:
        return Blur(sigma, "unsure", math.nan, math.nan)
    if sigma <= SHARP_SIGMA:
        return Blur(sigma, "sharp", 0.0, math.nan)
    ellipses = [ellipse(*across(parts, share)) for share in ELLIPSE_SHARES]
    kind = "motion" if motion_odds(ellipses, precision) > 0 else "defocus"
    widest, narrowest, angle = ellipses[0]
    length = math.sqrt(12 * (widest - narrowest))  # the variance of a straight path is a twelfth of its square
    if kind == "motion" and picture is not None:
        streaks = streak_length(picture, angle, LONGER[0] * length, LONGER[1] * length, region)
        length = length if math.isnan(streaks) else streaks
    return Blur(sigma, kind, length, angle)


def judged(blur, cells):
    """Cells whose blur can be measured, by direction.

    Parameters
    ----------
    blur : list of ndarray, (directions, 2, h', w')
        Of ``score.Measured``.
    cells : list of ndarray, (h', w'), bool
        Those to judge, for each of `blur`.

    Returns
    -------
    list of (sigma, deviation)
        For every direction, as `blur_of` takes them.
    """
    parts = [[] for _ in blur[0]]
    for planes, inside in zip(blur, cells, strict=True):
        for part, (sigma, deviation) in zip(parts, planes, strict=True):
            chosen = inside & np.isfinite(deviation)
            part.append((sigma[chosen], deviation[chosen]))
    return [tuple(map(np.concatenate, zip(*part, strict=True))) for part in parts]


def motion_odds(ellipses, precision):
    """Log odds that a photo moved rather than was out of focus.

    Parameters
    ----------
    ellipses : list of (widest, narrowest, angle)
        From `ellipse`, for each of `ELLIPSE_SHARES`.
    precision : ndarray, (8,)
        Of its directions.

    Returns
    -------
    float
    """
    features = [0.5 * math.log(widest / narrowest) for widest, narrowest, _ in ellipses]
    features.append(one_sidedness(precision))
    return float(np.dot(KIND_WEIGHTS, features)) + KIND_BIAS


def one_sidedness(amounts):
    """How much amounts of 8 directions pile up in one: from 0, alike in all, to 1."""
    turns = np.exp(2j * math.pi * np.arange(len(amounts)) / len(amounts))
    return float(abs((amounts * turns).sum()) / amounts.sum())


def across(parts, share):
    """Log sigma and precision of each direction, (d,) and (d,); 0 and 0 where it has fewer than `FEWEST` edges."""
    log_sigma, precision = np.zeros(len(parts)), np.zeros(len(parts))
    for direction, (sigma, deviation) in enumerate(parts):
        if len(sigma) >= FEWEST:
            log_sigma[direction] = math.log(sharpest(sigma, deviation, share))
            precision[direction] = (deviation.astype(np.float64) ** -2).sum()
    return log_sigma, precision


def with_neighbours(log_sigma, precision):
    """Log sigma of each direction, averaged with those of both neighbours: (8,), (8,) -> (8,)."""
    beside = np.roll(precision, 1), np.roll(precision, -1)
    weighted = precision * log_sigma
    total = weighted + BESIDE * (np.roll(weighted, 1) + np.roll(weighted, -1))
    return total / np.maximum(precision + BESIDE * (beside[0] + beside[1]), 1e-12)


def ellipse(log_sigma, precision):
    """The ellipse that fits the blur across some directions: its second moments are those of the blur.

    Parameters
    ----------
    log_sigma, precision : ndarray, (8,)
        From `across`.

    Returns
    -------
    widest, narrowest : float, pixels squared
        Variance along its axes.
    angle : float, degrees in [0, 180)
        Of its longer axis.
    """
    angles = np.arange(len(log_sigma)) * (math.pi / len(log_sigma))
    x, y = np.cos(angles), np.sin(angles)
    variance = np.exp(2 * log_sigma)
    weights = np.sqrt(precision) / np.maximum(variance, LEAST_VARIANCE)  # the error of a variance is a share of it
    weights /= weights.max()
    design = np.stack([x**2, 2 * x * y, y**2], axis=1) * weights[:, None]
    mean = (precision * variance).sum() / precision.sum()
    normal = design.T @ design + ROUND * np.eye(3)
    moments = np.linalg.solve(normal, design.T @ (weights * variance) + ROUND * np.array([mean, 0, mean]))
    values, vectors = np.linalg.eigh(moments[[0, 1, 1, 2]].reshape(2, 2))
    narrowest, widest = np.maximum(values, LEAST_VARIANCE)
    return float(widest), float(narrowest), math.degrees(math.atan2(vectors[1, 1], vectors[0, 1])) % 180


def sharpest(sigma, deviation, share):
    """Mean sigma of the sharpest share of some cells, weighted by precision.

    Precision is 1 / deviation^2.

    Parameters
    ----------
    sigma : ndarray, (n,)
        Pixels.
    deviation : ndarray, (n,)
        Standard deviation of log sigma, finite.
    share : float in (0, 1]
        Of the total precision.

    Returns
    -------
    float, pixels
        Geometric mean.
    """
    precision = deviation.astype(np.float64) ** -2
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
