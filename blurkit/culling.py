"""Selection of photos by their scores: order, best of each group, bursts, threshold."""

import math

import numpy as np

NOTHING = -1.0  # in place of a score that is NaN; scores are from 0 to 1
MAD_OF_NORMAL = 1.4826  # standard deviation / MAD of the normal distribution
LEAST_DEVIATION = 0.05  # of log sigma; frames of a camera that stands still differ by less
LEAST_NEIGHBOURS = 5


def order(scores, is_rising=False):
    """Indices of scores from best to worst, or the other way; NaN last; equal scores keep their order: list of int."""
    sign = 1 if is_rising else -1

    def place(i):
        return (True, 0) if math.isnan(scores[i]) else (False, sign * scores[i])

    return sorted(range(len(scores)), key=place)


def ranks(scores, groups):
    """The place of each photo in its group, 1 for the best, as `order` has them.

    Parameters
    ----------
    scores : sequence of float
        Of a group whose scores are all NaN the first photo is the best.
    groups : sequence of hashable
        Group of each photo. None: a photo that is a group of its own.

    Returns
    -------
    list of int
    """
    places, counts = [1] * len(scores), dict.fromkeys(groups, 0)
    for i in order(scores):
        if groups[i] is not None:
            counts[groups[i]] += 1
            places[i] = counts[groups[i]]
    return places


def spread(scores, places, count, gap=0.0):
    """The best photos of a series that are spread over all of it.

    The series is divided into `count` spans of one length, and of each the best photo is taken, so that two neighbours
    are never more than two spans apart. With `gap` it is the choice of the highest sum of scores among those that keep
    that distance; there are fewer spans where it leaves no room for so many.

    Parameters
    ----------
    scores : sequence of float
        NaN is worse than any.
    places : sequence of float
        Where each photo stands in the series, such as its time; rising.
    count : int
        At least 1. If there are no more photos than that, all are taken.
    gap : float
        Least distance of two that are taken, in the unit of `places`.

    Returns
    -------
    list of int
        Indices, rising.
    """
    size = len(scores)
    if not size or size <= count and not gap:
        return list(range(size))
    values = np.nan_to_num(np.array(scores, float), nan=NOTHING)
    places = np.array(places, float)
    length = (places[-1] - places[0]) * size / max(1, size - 1)  # the last photo lasts as long as the others
    count = min(count, size, int(length / gap) + 1 if gap else size)
    while count > 1 and not (chosen := best_of_spans(values, places, count, length, gap)):
        count -= 1
    return chosen if count > 1 else [int(values.argmax())][:size]


def best_of_spans(values, places, count, length, gap):
    """One index of each span, see `spread`; an empty list if they cannot keep the distance."""
    if not length:  # all at one place: by their order
        places, length = np.arange(len(places)), len(places)
    spans = np.minimum((places - places[0]) * count // length, count - 1)
    totals, before = values.copy(), np.full(len(values), -1)
    last = np.zeros(0, int)  # the indices of the span before
    for span in np.unique(spans):
        here = np.flatnonzero(spans == span)
        if len(last):
            near = np.searchsorted(places[last], places[here] - gap, "right") - 1
            best = prefix_best(totals[last])
            before[here] = last[best[near]]
            totals[here] = np.where(near < 0, -np.inf, values[here] + totals[before[here]])
        last = here
    at = last[totals[last].argmax()]
    if totals[at] == -np.inf:
        return []
    chosen = []
    while at >= 0:
        chosen.append(int(at))
        at = before[at]
    return chosen[::-1]


def prefix_best(values):
    """For every place the index of the highest value up to there, the first of equals."""
    highest = np.maximum.accumulate(values)
    is_new = np.concatenate([[True], values[1:] > highest[:-1]])
    return np.maximum.accumulate(np.where(is_new, np.arange(len(values)), 0))


def is_outlier(value, neighbours, deviations):
    """True if a photo is blurred against its neighbours.

    Parameters
    ----------
    value : float
        Logarithm of its sigma.
    neighbours : sequence of float
        Those of the photos around it and of itself; NaN are left out.
    deviations : float
        How many standard deviations above their median it may lie. The deviation is told by the median of the absolute
        differences (MAD), and is at least `LEAST_DEVIATION`.

    Returns
    -------
    bool
        False for NaN, and among fewer than `LEAST_NEIGHBOURS`.
    """
    known = np.array([number for number in neighbours if not math.isnan(number)])
    if math.isnan(value) or len(known) < LEAST_NEIGHBOURS:
        return False
    middle = np.median(known)
    deviation = max(MAD_OF_NORMAL * np.median(np.abs(known - middle)), LEAST_DEVIATION)
    return bool(value - middle > deviations * deviation)


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
