"""The four verbs: cut tiles of evidence, fit weights, estimate a raw map, refine it."""

import numpy as np

from blurkit import window
from blurkit.colour import grey
from blurkit.device import window_for
from blurkit.joint import evidence, network, patches
from blurkit.joint import refine as refinement
from blurkit.limits import WORKING_SIDE

SHAPES = network.SHAPES  # what a weights file holds
SECOND_SIDE = 480  # pixels; every photo is looked at twice, so that softness at pixel level and the size of things matter less
MOST_ENLARGED = 1.5  # times; a thumbnail enlarged further is soft everywhere
SECOND_SHARE = 0.42  # of the second look in the log odds
EPOCHS = 9
LEAST_ACCURACY = 0.8  # share of the cells of held-out photos
LEARNS_FROM = "masks"
SCALES = (0.4, 2.2)  # of a photo's size: softness at pixel level must not matter
MEASURES_SIGMA = False
IS_PUBLISHED = False
RAW_PLANES = 1


def patch_record():
    """dtype of one tile."""
    return patches.RECORD


def centres(picture, truth, copy, count, rng):
    """Where to cut: the first cells of at most `count` tiles that cover the picture."""
    return patches.corners(picture, count, rng)


def cut(picture, truth, at, sigma):
    """Tiles, see ``patches.cut``; `sigma` is the blur of what is out of focus, if known."""
    return patches.cut(picture, truth, at, sigma)


def fit(records, epochs, seed, device, report):
    """Train the network.

    Parameters
    ----------
    records : ndarray, (n,), ``patches.RECORD``
    epochs, seed : int
    device : str, torch device name
    report : callable
        ``report(what, step, steps, loss, accuracy)``.

    Returns
    -------
    weights : dict of ndarray, as `SHAPES`
    measured : dict of float
        ``accuracy``: share of the cells of held-out photos that are told rightly.
    """
    from blurkit.joint import training

    weights, accuracy = training.train(records, epochs, seed, device, lambda *step: report("network", *step))
    return weights, {"accuracy": accuracy}


def estimate(photo, weights, as_published=False, device="auto", side=WORKING_SIDE):
    """Raw sharpness map of a photo.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16, RGB
    weights : dict of ndarray, as `SHAPES`
    as_published : bool
        False: there is no paper.
    device : str
        As for ``device.window_for``.
    side : int, pixels
        Longest side at which to measure; 0 = the photo's own size.

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1], 1 = in focus
        Probability, from two looks: at the size above, and at a longer side of 480 pixels (see `second_shape`).
    """
    shape = window.working_shape(photo.shape, side)
    measured = window.reduce_to(photo, shape)
    first = look(measured, weights, device)
    second = window.resize_to(look(window.resize_to(measured, second_shape(shape)), weights, device), first.shape)
    odds = first + SECOND_SHARE * (second - first)
    return window.enlarge_to(1 / (1 + np.exp(-odds)), photo.shape[:2])


def look(photo, weights, device):
    """Log odds of every cell of a photo at one size, (h, w) float32."""
    plane = grey(photo)
    where = window_for(device, plane.shape)
    planes, halved = evidence.both_sizes(plane, where)
    return network.log_odds(planes, halved, evidence.statistics(planes), weights, where)


def second_shape(shape):
    """(H, W) of the second look at a photo of (H, W): longer side of `SECOND_SIDE`, but at most `MOST_ENLARGED` times as large."""
    scale = min(SECOND_SIDE / max(shape), MOST_ENLARGED)
    return tuple(max(1, round(n * scale)) for n in shape)


def refine(raw, guide, as_published=False, side=WORKING_SIDE):
    """Refined map, (H, W) float32 in [0, 1]: `raw` spread along the photo `guide`."""
    return refinement.spread(raw, guide, side)


def needs_guide(as_published):
    """True if `refine` cannot do without the photo."""
    return True
