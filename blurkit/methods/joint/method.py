"""The verbs: cut tiles of evidence, fit weights, estimate a raw map, refine it; and the blur of every cell, for the score."""

import numpy as np

from blurkit.defaults import WORKING_SIDE
from blurkit.methods.joint import blur as blurs
from blurkit.methods.joint import evidence, network
from blurkit.methods.joint import refine as refinement
from blurkit.ops import resize
from blurkit.ops.backend import backend_for, side_by_side
from blurkit.ops.colour import grey

SHAPES = {**network.SHAPES, **blurs.SHAPES}  # what a weights file holds
SECOND_SIDE = (
    480  # pixels; every photo is looked at twice, so that softness at pixel level and the size of things matter less
)
MOST_ENLARGED = 1.5  # times; a thumbnail enlarged further is soft everywhere
SECOND_SHARE = 0.42  # of the second look in the log odds


def patch_record():
    """dtype of one tile."""
    from blurkit.methods.joint import patches

    return patches.RECORD


def centres(picture, truth, copy, count, rng):
    """Where to cut: the first cells of at most `count` tiles that cover the picture, a seed for each, and whether it is the photo itself."""
    from blurkit.methods.joint import patches

    corners = patches.corners(picture, count, rng)
    return np.column_stack([corners, rng.integers(2**31, size=len(corners)), np.full(len(corners), copy == 0)])


def cut(picture, truth, at, sigma):
    """Tiles, see ``patches.cut``; `sigma` is the blur of what is out of focus, if known.

    Cells of known blur come from photos themselves and from compositions; what was resized,
    noised and compressed before is no longer known to be as sharp as it was.
    """
    from blurkit.methods.joint import patches

    records = patches.cut(picture, truth, at[:, :2], sigma)
    if np.isfinite(sigma) or at[:, 3].all():
        patches.add_samples(records, picture, truth, at[:, 2])
    return records


def fit(records, epochs, seed, device, report):
    """Train both networks.

    Parameters
    ----------
    records : ndarray, (n,), ``patches.RECORD``
    epochs, seed : int
        The passes are those of the large network; the small one of blur always has its own, on the CPU.
    device : str, torch device name
    report : callable
        ``report(what, step, steps, loss, accuracy)``.

    Returns
    -------
    weights : dict of ndarray, as `SHAPES`
    measured : dict of float
        ``accuracy``: share of the cells of held-out photos that are told rightly.
        ``blur_order``: share of pairs of copies of held-out photos that are found in the order of their blur.
    """
    from blurkit.methods.joint import training

    found, order = blurs.fit(records, seed, lambda *step: report("blur", *step))
    weights, accuracy = training.train(records, epochs, seed, device, lambda *step: report("network", *step))
    return {**weights, **found}, {"accuracy": accuracy, "blur_order": order}


def estimate(photo, weights, as_published=False, device="auto", side=WORKING_SIDE):
    """Raw sharpness map of a photo.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16, RGB
    weights : dict of ndarray, as `SHAPES`
    as_published : bool
        False: there is no paper.
    device : str
        As for ``backend.backend_for``.
    side : int, pixels
        Longest side at which to measure; 0 = the photo's own size.

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1], 1 = in focus
        Probability, from two looks: at the size above, and at a longer side of 480 pixels (see `second_shape`).
    """
    shape = resize.working_shape(photo.shape, side)
    reduced = resize.reduce_to(photo, shape)
    again = resize.resize_to(reduced, second_shape(shape))
    first, second = side_by_side(lambda: look(reduced, weights, device), lambda: look(again, weights, device))
    odds = first + SECOND_SHARE * (resize.resize_to(second, first.shape) - first)
    return resize.enlarge_to(1 / (1 + np.exp(-odds)), photo.shape[:2])


def look(photo, weights, device):
    """Log odds of every cell of a photo at one size, (h, w) float32."""
    planes, halved, whole, backend = measured(photo, device)
    return network.log_odds(planes, halved, whole, weights, backend)


def measured(photo, device):
    """What the networks are given of a photo at one size: planes, those of its half, statistics; and the window they were measured by."""
    plane = grey(photo)
    backend = backend_for(device, plane.shape)
    planes, halved = evidence.both_sizes(plane, backend)
    return planes, halved, evidence.statistics(planes), backend


def blur(photo, weights, device="auto"):
    """How wide the blur of every cell is.

    Parameters
    ----------
    photo : ndarray, (h, w, 3), uint8 or uint16, or its luma, (h, w)
        At the size at which it is measured.
    weights : dict of ndarray, as `SHAPES`
    device : str
        As for ``backend.backend_for``.

    Returns
    -------
    ndarray, (2, ceil(h / 4), ceil(w / 4)), float32
        Sigma in pixels, and deviation of its logarithm, see ``blur.estimate``; infinite without any edge.
    """
    planes, halved, whole, backend = measured(photo, device)
    sigma, deviation = blurs.estimate(planes, halved, whole, weights, backend)
    return np.stack([sigma, np.where(evidence.shows_nothing(planes), np.float32(np.inf), deviation)])


def second_shape(shape):
    """(H, W) of the second look at a photo of (H, W): longer side of `SECOND_SIDE`, but at most `MOST_ENLARGED` times as large."""
    scale = min(SECOND_SIDE / max(shape), MOST_ENLARGED)
    return tuple(max(1, round(n * scale)) for n in shape)


def refine(raw, guide, as_published=False, side=WORKING_SIDE, sigma=False, steps=None):
    """Refined map, (H, W) float32 in [0, 1]: `raw` spread along the photo `guide`."""
    return refinement.spread(raw, guide, side)


def needs_guide(as_published):
    """True if `refine` cannot do without the photo."""
    return True
