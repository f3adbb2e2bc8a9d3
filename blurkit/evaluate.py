"""Evaluation of sharpness maps: their agreement with masks drawn by hand."""

import numpy as np

from blurkit.errors import InputError
from blurkit.mask import threshold

THRESHOLDS = 256  # number of thresholds over [0, 1] for precision, recall and accuracy
HALF = 128  # index of the threshold .5 among them
BETA_SQUARED = 0.3  # weight of recall in the F-measure, usual in this field
ADAPTIVE = 1.5  # x mean of the map: the adaptive threshold
AT_ONCE = 1 << 20  # pixels ranked at a time


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

    Raises
    ------
    InputError
        No pixel of the truth is 255 or 0.
    """
    labelled = (truth == 255) | (truth == 0)
    if not labelled.any():
        raise InputError("mask has no pixel that is 255 or 0")
    sharp, values = truth[labelled] == 255, sharpness_map[labelled].astype(np.float64)
    one_class = sharp.all() or not sharp.any()
    true_positives, false_positives = count_above(values[sharp]), count_above(values[~sharp])
    positives = true_positives + false_positives
    true_negatives = (~sharp).sum() - false_positives
    level = threshold(sharpness_map, "mean", ADAPTIVE)
    return {
        "auc": np.nan if one_class else auc(values, sharp),
        "f_adaptive": np.nan if one_class else f_measure(*precision_recall(values >= level, sharp)),
        "f_blurred": np.nan if one_class else f_measure(*precision_recall(values < 0.5, ~sharp)),
        "mae": float(np.abs(values - sharp).mean()),
        "precision": np.where(positives > 0, true_positives / np.maximum(positives, 1), 1.0),
        "recall": np.full(THRESHOLDS, np.nan) if one_class else true_positives / sharp.sum(),
        "accuracy": (true_positives + true_negatives) / len(values),
    }


def count_above(values):
    """Number of values in [0, 1] at or above each of the thresholds k / 256: (n,) -> (256,) int."""
    histogram, _ = np.histogram(values, THRESHOLDS, (0, 1))
    return np.cumsum(histogram[::-1])[::-1]


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
