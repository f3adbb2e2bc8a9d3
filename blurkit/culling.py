"""Which photos to keep: their order, the best of a group, the series of a burst, a threshold."""

import math

import numpy as np


def order(scores):
    """Indices of scores from best to worst; equal ones as they come, NaN last: list of int."""
    return sorted(
        range(len(scores)), key=lambda i: (math.isnan(scores[i]), -scores[i] if not math.isnan(scores[i]) else 0)
    )


def best_of_groups(scores, groups):
    """Indices of the best of each group, in the order of the scores given.

    Parameters
    ----------
    scores : sequence of float
        A group without any that is not NaN keeps its first.
    groups : sequence of hashable
        None: a group of its own.

    Returns
    -------
    list of int
    """
    best = {}
    for i in order(scores):
        best.setdefault(("alone", i) if groups[i] is None else ("group", groups[i]), i)
    return sorted(best.values())


def bursts(times, cameras, gap):
    """Series of photos that one camera took within so many seconds of each other.

    Parameters
    ----------
    times : sequence of float or None
        Seconds, from any start, in any order. None: not known.
    cameras : sequence of hashable
        What tells one camera from another.
    gap : float
        Seconds; photos further apart than that from the one before are another series.

    Returns
    -------
    list of int or None
        Number of the series of each photo; None where the time is not known.
    """
    found, count, latest = {}, 0, {}
    for i in sorted((i for i, t in enumerate(times) if t is not None), key=lambda i: times[i]):
        before, number = latest.get(cameras[i], (-math.inf, count))
        if times[i] - before > gap:
            number, count = count, count + 1
        found[i], latest[cameras[i]] = number, (times[i], number)
    return [found.get(i) for i in range(len(times))]


def threshold(good, bad):
    """The score that splits photos to keep from photos to drop with the fewest errors.

    Parameters
    ----------
    good, bad : sequence of float
        Scores; NaN are left out. However many there are of either, both kinds of error count alike.

    Returns
    -------
    threshold : float
        In the middle of the gap between two scores; of several as good, of the widest gap.
    good_below, bad_above : float
        Shares that fall on the wrong side.

    Raises
    ------
    ValueError
        None of either is left.
    """
    good, bad = (np.sort([s for s in side if not math.isnan(s)]) for side in (good, bad))
    if not len(good) or not len(bad):
        raise ValueError("no score to calibrate with")
    values = np.unique(np.concatenate([good, bad]))
    cuts = np.concatenate([values[:1], (values[:-1] + values[1:]) / 2])
    gaps = np.concatenate([[0.0], np.diff(values)])
    good_below = np.searchsorted(good, cuts) / len(good)
    bad_above = 1 - np.searchsorted(bad, cuts) / len(bad)
    place = np.lexsort((-gaps, np.round(good_below + bad_above, 12)))[0]
    return float(cuts[place]), float(good_below[place]), float(bad_above[place])
