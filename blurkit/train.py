"""Training: weights of a method from a patch set."""

import math

from blurkit import methods

MOST_PASSES = 400  # over a small patch set; more learn it by heart
HELD_OUT = 10  # one photo in about this many is held out of training


def passes(method, patches, part="map"):
    """Passes over a number of patches: those of the method, and so many more as it has fewer than plenty of them."""
    info = methods.info(method, part)
    if patches >= info.plenty:
        return info.epochs
    return min(math.ceil(info.epochs * info.plenty / max(patches, 1)), MOST_PASSES)


def least_accuracy(method, photos, part="map", as_published=False):
    """Accuracy below which a training has failed, a float.

    That of the method, less one standard error of an accuracy measured on one in `HELD_OUT` of the photos: of few
    photos chance decides much.
    """
    info = methods.info(method, part)
    least = info.least_as_published if as_published else info.least_accuracy
    return least - math.sqrt(least * (1 - least) / max(1.0, photos / HELD_OUT))


def train_weights(records, method, epochs, seed, device, report, part="map", as_published=False):
    """Learn the weights of a method.

    Parameters
    ----------
    records : ndarray, (n,), the ``patch_record()`` of the method's part
    method : str
        Name of the method.
    epochs, seed : int
    device : str
        torch device name, from ``backend.torch_device``.
    report : callable
        Called as ``report(phase, step, steps, loss, accuracy)`` after every step; what is not measured is NaN.
    part : {'map', 'score'}
        What is to learn, see ``methods.PARTS``.
    as_published : bool
        Train as the paper does; for methods that can (``methods.shapes_of``).

    Returns
    -------
    weights : dict of ndarray, float32 or float16
    figures : dict of float
        At least ``accuracy``, in [0, 1], on photos held out of training; NaN if it could not be measured.
    """
    stages = methods.get(method, part)
    fit = stages.fit_as_published if as_published else stages.fit
    return fit(records, epochs, seed, device, report)
