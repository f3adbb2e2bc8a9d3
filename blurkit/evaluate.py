"""How right a map is: its agreement with a mask made by hand."""

import numpy as np

from blurkit.errors import InputError
from blurkit.mask import threshold

HALF = 128  # index of the threshold .5
BETA_SQUARED = 0.3  # weight of recall in F, usual in this field
THRESHOLDS = 256  # over [0, 1], for precision, recall and accuracy
ADAPTIVE = 1.5  # x mean of the map
AT_ONCE = 1 << 20  # pixels


def compare(sharpness_map, truth):
    """How one map agrees with its truth.

    Parameters
    ----------
    sharpness_map : ndarray, (H, W), float in [0, 1]
    truth : ndarray, (H, W), uint8
        255 in focus, 0 out of focus, anything else is left out.

    Returns
    -------
    dict
        ``auc``, ``f_adaptive`` (threshold 1.5 x mean), ``f_blurred`` (threshold .5,
        positive = blurred), ``mae``: floats, NaN where one class is missing from the truth.
        ``precision``, ``recall``, ``accuracy``: (256,) float64 over the thresholds k / 256.

    Raises
    ------
    InputError
        The truth knows no pixel at all.
    """
    known = (truth == 255) | (truth == 0)
    if not known.any():
        raise InputError("mask has no pixel that is 255 or 0")
    sharp, values = truth[known] == 255, sharpness_map[known].astype(np.float64)
    one_class = sharp.all() or not sharp.any()
    above = [np.cumsum(np.histogram(v, THRESHOLDS, (0, 1))[0][::-1])[::-1] for v in (values[sharp], values[~sharp])]
    found = above[0] + above[1]
    level = threshold(sharpness_map, "mean", ADAPTIVE)
    return {
        "auc": np.nan if one_class else auc(values, sharp),
        "f_adaptive": np.nan if one_class else f_measure(*precision_recall(values >= level, sharp)),
        "f_blurred": np.nan if one_class else f_measure(*precision_recall(values < 0.5, ~sharp)),
        "mae": float(np.abs(values - sharp).mean()),
        "precision": np.where(found > 0, above[0] / np.maximum(found, 1), 1.0),
        "recall": np.full(THRESHOLDS, np.nan) if one_class else above[0] / sharp.sum(),
        "accuracy": (above[0] + ((~sharp).sum() - above[1])) / len(values),
    }


def precision_recall(found, wanted):
    """Precision and recall of a boolean array against another."""
    hits = np.count_nonzero(found & wanted)
    return hits / (np.count_nonzero(found) or 1), hits / (np.count_nonzero(wanted) or 1)


def f_measure(precision, recall):
    """(1 + b^2) P R / (b^2 P + R) with b^2 = .3; works on arrays."""
    return (1 + BETA_SQUARED) * precision * recall / np.maximum(BETA_SQUARED * precision + recall, 1e-9)


def auc(values, positive):
    """Area under the ROC curve: chance that a positive outranks a negative, ties counting half."""
    positives, negatives = values[positive], values[~positive]
    positives.sort()
    negatives.sort()
    parts = (positives[start : start + AT_ONCE] for start in range(0, len(positives), AT_ONCE))
    twice = sum(
        int(np.searchsorted(negatives, part, side).sum()) for part in parts for side in ("left", "right")
    )  # exact, whatever the order
    return twice / 2 / (len(positives) * len(negatives))


def summary(compared):
    """One set of figures for many photos.

    Parameters
    ----------
    compared : list of dict
        From `compare`. Photos whose truth knows only one class count for MAE and accuracy alone.

    Returns
    -------
    dict of float
        ``auc`` (mean per photo), ``f_max`` (of the mean precision and recall over
        photos), ``f_adaptive``, ``f_blurred``, ``mae`` (means), ``accuracy`` (at the one threshold
        best for all photos), ``precision`` and ``recall`` (at threshold .5, positive = sharp; means).
    """
    both = [c for c in compared if not np.isnan(c["auc"])]

    def mean(name, among):
        return np.mean([c[name] for c in among], axis=0) if among else np.nan

    return {
        "auc": float(mean("auc", both)),
        "f_max": float(np.max(f_measure(mean("precision", both), mean("recall", both)))),
        "f_adaptive": float(mean("f_adaptive", both)),
        "f_blurred": float(mean("f_blurred", both)),
        "mae": float(mean("mae", compared)),
        "accuracy": float(np.max(mean("accuracy", compared))),
        "precision": float(mean("precision", both)[HALF]) if both else np.nan,
        "recall": float(mean("recall", both)[HALF]) if both else np.nan,
    }
