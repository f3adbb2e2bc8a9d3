"""Selection of photos by their scores: order, best of each group, bursts, threshold."""

import math

import numpy as np


def order(scores):
    """Indices of scores from best to worst, NaN last; equal scores keep their order: list of int."""

    def descending(i):
        return (True, 0) if math.isnan(scores[i]) else (False, -scores[i])

    return sorted(range(len(scores)), key=descending)


def best_of_groups(scores, groups):
    """Indices of the best photo of each group, in ascending order.

    Parameters
    ----------
    scores : sequence of float
        A group whose scores are all NaN keeps its first photo.
    groups : sequence of hashable
        Group of each photo. None: a photo that is a group of its own.

    Returns
    -------
    list of int
    """
    best = {}
    for i in order(scores):
        group = ("alone", i) if groups[i] is None else ("group", groups[i])
        best.setdefault(group, i)
    return sorted(best.values())


def bursts(times, cameras, gap):
    """Bursts: series of photos by one camera, each taken at most `gap` seconds after the one before.

    Parameters
    ----------
    times : sequence of float or None
        Seconds, from any start, in any order. None: unknown.
    cameras : sequence of hashable
        Identity of the camera of each photo.
    gap : float
        Seconds; a photo taken later than this after the camera's previous one begins a new burst.

    Returns
    -------
    list of int or None
        Number of the burst of each photo, from 0 in order of time; None where the time is unknown.
    """
    timed = [i for i, time in enumerate(times) if time is not None]
    numbers = {}  # index of a photo: number of its burst
    count = 0
    latest = {}  # camera: index of its latest photo
    for i in sorted(timed, key=times.__getitem__):
        previous = latest.get(cameras[i])
        if previous is None or times[i] - times[previous] > gap:
            numbers[i] = count
            count += 1
        else:
            numbers[i] = numbers[previous]
        latest[cameras[i]] = i
    return [numbers.get(i) for i in range(len(times))]


def threshold(good, bad):
    """The score that splits photos to keep from photos to drop with the fewest errors.

    Parameters
    ----------
    good, bad : sequence of float
        Scores; NaN are left out. Errors count as a share of each kind, however many there are of it.

    Returns
    -------
    threshold : float
        Midway between two neighbouring scores; of several with equally few errors, in the widest gap.
    good_below, bad_above : float
        Shares of `good` below the threshold and of `bad` above it, in [0, 1].

    Raises
    ------
    ValueError
        `good` or `bad` holds no score.
    """
    good = np.sort([score for score in good if not math.isnan(score)])
    bad = np.sort([score for score in bad if not math.isnan(score)])
    if not len(good) or not len(bad):
        raise ValueError("no score to calibrate with")
    values = np.unique(np.concatenate([good, bad]))
    cuts = np.concatenate([values[:1], (values[:-1] + values[1:]) / 2])
    gaps = np.concatenate([[0.0], np.diff(values)])
    good_below = np.searchsorted(good, cuts) / len(good)
    bad_above = 1 - np.searchsorted(bad, cuts) / len(bad)
    errors = np.round(good_below + bad_above, 12)  # rounded, so that equal sums compare as equal
    best = np.lexsort((-gaps, errors))[0]
    return float(cuts[best]), float(good_below[best]), float(bad_above[best])
