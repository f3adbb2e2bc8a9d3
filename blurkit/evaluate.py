"""Evaluation of sharpness maps: their agreement with masks drawn by hand."""

from collections import namedtuple

import cv2
import numpy as np

from blurkit.errors import InputError
from blurkit.mask import threshold
from blurkit.ops.colour import grey

THRESHOLDS = 256  # number of thresholds over [0, 1] for precision, recall and accuracy
HALF = 128  # index of the threshold .5 among them
BETA_SQUARED = 0.3  # weight of recall in the F-measure, usual in this field
ADAPTIVE = 1.5  # x mean of the map: the adaptive threshold
AT_ONCE = 1 << 20  # pixels ranked at a time
RANKS = 4096  # most thresholds by rank of one map
RECALLS = np.linspace(0, 1, 101)  # at which precision is read off the curve by rank
BINS = 20  # equal parts of [0, 1] in which predicted sharpness is compared with the truth
NEAR, FINE = 10.0, 1.0  # pixels; sigmas of the window of the mean edge strength, and of the smoothing against noise
NEARLY = 64  # from white or black; what is further away is left open on purpose
DOUBT = 0.3  # a mean AUC of n photos below .5 - .3 / sqrt(n) is no accident

Steps = namedtuple("Steps", "levels sharp blurred")
Steps.__doc__ = """Pixels at or above thresholds by rank, (n,) each.

`levels`: the thresholds, falling float64; `sharp`, `blurred`: how many pixels of either truth are at or above them.
"""


def compare(sharpness_map, truth):
    """Agreement of one map with its truth.

    Parameters
    ----------
    sharpness_map : ndarray, (H, W), float in [0, 1]
    truth : ndarray, (H, W), uint8
        255 in focus, 0 out of focus; pixels of other values are left out.

    Returns
    -------
    dict
        ``auc``, ``f_adaptive`` (threshold 1.5 x mean), ``f_blurred`` (threshold .5, positive = out of focus): floats,
        NaN if the truth has only one class. ``mae``: float. ``precision``, ``recall``, ``accuracy``: (256,) float64
        over the thresholds k / 256, positive = in focus; ``recall`` is NaN if the truth has only one class.
        ``steps``: `Steps` of the map, see `ranked`. ``precision_at_recall``: (101,) float64, see there.

    Raises
    ------
    InputError
        No pixel of the truth is 255 or 0.
    """
    values, sharp = known(sharpness_map, truth)
    if not len(values):
        raise InputError("mask has no pixel that is 255 or 0")
    one_class = sharp.all() or not sharp.any()
    true_positives, false_positives = count_above(values[sharp]), count_above(values[~sharp])
    positives = true_positives + false_positives
    true_negatives = (~sharp).sum() - false_positives
    level = threshold(sharpness_map, "mean", ADAPTIVE)
    steps = ranked(values, sharp)
    return {
        "auc": np.nan if one_class else auc(values, sharp),
        "f_adaptive": np.nan if one_class else f_measure(*precision_recall(values >= level, sharp)),
        "f_blurred": np.nan if one_class else f_measure(*precision_recall(values < 0.5, ~sharp)),
        "mae": float(np.abs(values - sharp).mean()),
        "precision": np.where(positives > 0, true_positives / np.maximum(positives, 1), 1.0),
        "recall": np.full(THRESHOLDS, np.nan) if one_class else true_positives / sharp.sum(),
        "accuracy": (true_positives + true_negatives) / len(values),
        "steps": steps,
        "precision_at_recall": np.full(len(RECALLS), np.nan) if one_class else precision_at_recall(steps),
    }


def known(plane, truth):
    """The values of a plane where the truth is known, (n,) float64, and whether that is in focus, (n,) bool."""
    labelled = (truth == 255) | (truth == 0)
    return plane[labelled].astype(np.float64), truth[labelled] == 255


def nearly_known(truth):
    """The share of the pixels of a truth that are nearly white or black, but not quite: JPEG does so, and 254 for 255.

    Float in [0, 1]. They do not count, as little as those in between, which leave open what is hard to tell.
    """
    return float(np.mean((truth > 0) & (truth < NEARLY) | (truth > 255 - NEARLY) & (truth < 255)))


def count_above(values):
    """Number of values in [0, 1] at or above each of the thresholds k / 256: (n,) -> (256,) int."""
    histogram, _ = np.histogram(values, THRESHOLDS, (0, 1))
    return np.cumsum(histogram[::-1])[::-1]


def ranked(values, positive):
    """Counts of pixels at thresholds by rank: every value of a map, those at equal ranks if there are more than 4096.

    Parameters
    ----------
    values : ndarray, (n,), float
    positive : ndarray, (n,), bool

    Returns
    -------
    Steps
        The last of its thresholds is the smallest value, so all pixels are at or above it.
    """
    ordered = np.sort(values)
    levels = ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])]
    if len(levels) > RANKS:
        levels = np.unique(ordered[np.linspace(0, len(ordered) - 1, RANKS).astype(int)])
    counts = (len(part) - np.searchsorted(np.sort(part), levels) for part in (values[positive], values[~positive]))
    return Steps(levels[::-1], *(count[::-1] for count in counts))


def precision_at_recall(steps):
    """Precision of one map at the recalls 0, .01, ... 1, positive = in focus, at whatever value gives that recall.

    Within pixels of one value sharp and blurred ones come in evenly, as equal values count half in `auc`. At recall 0
    it is the precision of the largest value.

    Parameters
    ----------
    steps : Steps
        With sharp pixels.

    Returns
    -------
    ndarray, (101,), float64 in [0, 1]
    """
    sharp, blurred = (np.concatenate([[0], counts]) for counts in (steps.sharp, steps.blurred))
    needed = RECALLS * sharp[-1]
    # a hair below, as the first threshold that gives a recall counts and not the last
    passed = np.interp(np.nextafter(needed, 0), sharp, blurred)
    precision = needed / np.maximum(needed + passed, 1e-9)
    precision[0] = sharp[1] / (sharp[1] + blurred[1])
    return precision


def best_f(compared):
    """Largest F-measure of the mean precision and recall, over every threshold by rank of every map.

    As ``f_max`` of `summary`, whose 256 thresholds are too few for maps with most of their values near 0 or 1.

    Parameters
    ----------
    compared : list of dict
        From `compare`.

    Returns
    -------
    float in [0, 1]; NaN if no truth has two classes
    """
    several = [figures["steps"] for figures in compared if not np.isnan(figures["auc"])]
    if not several:
        return np.nan
    precisions = [steps.sharp / (steps.sharp + steps.blurred) for steps in several]
    recalls = [steps.sharp / steps.sharp[-1] for steps in several]
    levels = np.concatenate([steps.levels for steps in several])
    order = np.argsort(-levels, kind="stable")
    is_last = np.diff(levels[order], append=-np.inf) != 0  # of several maps with one value
    # above its largest value a map marks nothing: precision 1, recall 0
    precision, recall = (
        start + np.cumsum(np.concatenate([np.diff(curve, prepend=start) for curve in curves])[order]) / len(several)
        for start, curves in ((1.0, precisions), (0.0, recalls))
    )
    return float(f_measure(precision, recall)[is_last].max())


def reliability(sharpness_map, truth):
    """How often pixels are in focus, by what a map says of them.

    Parameters
    ----------
    sharpness_map, truth
        As for `compare`.

    Returns
    -------
    pixels, sharp : ndarray, (20,), int
        Known pixels, and those in focus among them, whose value lies in each twentieth of [0, 1].
    total : ndarray, (20,), float64
        Sum of their values.
    """
    values, sharp = known(sharpness_map, truth)
    places = np.minimum((values * BINS).astype(int), BINS - 1)
    weights = (None, sharp, values)
    pixels, in_focus, total = (np.bincount(places, weight, BINS) for weight in weights)
    return pixels, in_focus.astype(int), total


def edge_order(photo, truth):
    """Whether edges are stronger where a mask says in focus: a check of what its white means, without any method.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16, RGB
    truth : ndarray, (H, W), uint8
        As for `compare`.

    Returns
    -------
    float in [0, 1]
        The share of pairs of a sharp and a blurred pixel in which the mean edge strength around the sharp one is
        larger; NaN if the truth has only one class. Over 600 photos its mean is .84, and .16 with their masks inverted.
    """
    edges = np.abs(cv2.Laplacian(cv2.GaussianBlur(grey(photo), (0, 0), FINE), cv2.CV_32F))
    step = max(1, int(NEAR) // 2)  # the window is wide, so few pixels say as much as all
    near, sharp = known(cv2.GaussianBlur(edges, (0, 0), NEAR)[::step, ::step], truth[::step, ::step])
    return np.nan if sharp.all() or not sharp.any() else auc(near, sharp)


def is_inverted(aucs):
    """True if masks seem to mean the opposite: the mean AUC of n photos is below .5 - .3 / sqrt(n).

    Parameters
    ----------
    aucs : sequence of float
        One of each photo, in [0, 1]; NaN does not count.
    """
    known = [value for value in aucs if not np.isnan(value)]
    return bool(known) and sum(known) / len(known) < 0.5 - DOUBT / len(known) ** 0.5


def precision_recall(predicted, actual):
    """Precision and recall of predicted against actual positives, boolean arrays of one shape: two floats in [0, 1]."""
    hits = np.count_nonzero(predicted & actual)
    return hits / (np.count_nonzero(predicted) or 1), hits / (np.count_nonzero(actual) or 1)


def f_measure(precision, recall):
    """F-measure (1 + b^2) P R / (b^2 P + R) with b^2 = `BETA_SQUARED`, element by element."""
    return (1 + BETA_SQUARED) * precision * recall / np.maximum(BETA_SQUARED * precision + recall, 1e-9)


def auc(values, positive):
    """Area under the ROC curve: the probability that a positive has a larger value than a negative, ties counting half.

    Parameters
    ----------
    values : ndarray, (n,), float
    positive : ndarray, (n,), bool
        Holds both True and False.

    Returns
    -------
    float in [0, 1]
    """
    positives, negatives = values[positive], values[~positive]
    positives.sort()
    negatives.sort()
    twice = 0  # twice the number of pairs in order; an integer, so the sum is exact
    for start in range(0, len(positives), AT_ONCE):
        part = positives[start : start + AT_ONCE]
        twice += int(np.searchsorted(negatives, part, "left").sum())
        twice += int(np.searchsorted(negatives, part, "right").sum())
    return twice / 2 / (len(positives) * len(negatives))


def summary(compared):
    """Figures of merit over many photos.

    Parameters
    ----------
    compared : list of dict
        From `compare`. Photos whose truth has only one class count for MAE and accuracy alone.

    Returns
    -------
    dict of float
        ``auc``, ``f_adaptive``, ``f_blurred``, ``mae``: means over photos. ``f_max``: largest F-measure of the mean
        precision and recall. ``accuracy``: mean at the one threshold that is best for all photos. ``precision``,
        ``recall``: means at the threshold .5, positive = in focus. NaN if no photo counts.
    """
    two_classes = [figures for figures in compared if not np.isnan(figures["auc"])]
    precision, recall = mean_of(two_classes, "precision"), mean_of(two_classes, "recall")
    return {
        "auc": float(mean_of(two_classes, "auc")),
        "f_max": float(np.max(f_measure(precision, recall))),
        "f_adaptive": float(mean_of(two_classes, "f_adaptive")),
        "f_blurred": float(mean_of(two_classes, "f_blurred")),
        "mae": float(mean_of(compared, "mae")),
        "accuracy": float(np.max(mean_of(compared, "accuracy"))),
        "precision": float(precision[HALF]) if two_classes else np.nan,
        "recall": float(recall[HALF]) if two_classes else np.nan,
    }


def mean_of(compared, name):
    """Mean of one figure over photos, element by element; NaN if there is no photo."""
    return np.mean([figures[name] for figures in compared], axis=0) if compared else np.nan
