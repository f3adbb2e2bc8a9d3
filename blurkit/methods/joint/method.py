"""The operations of a method: cut tiles of evidence, fit weights, estimate a raw map, refine it, measure the blur."""

import numpy as np

from blurkit.defaults import WORKING_SIDE
from blurkit.methods.joint import direction, edges, evidence, network
from blurkit.methods.joint import refine as refinement
from blurkit.ops import resize
from blurkit.ops.backend import backend_for, side_by_side
from blurkit.ops.colour import grey
from blurkit.ops.statistics import logistic

SHAPES = {**network.SHAPES, **direction.SHAPES}  # of a weights file
# Every photo is measured at two sizes, so that softness at pixel level and the size of things matter less.
SECOND_SIDE = 480  # pixels; longer side of the second size
MOST_ENLARGED = 1.5  # times; a thumbnail enlarged further is soft everywhere
SECOND_SHARE = 0.42  # share of the second size in the log odds


def patch_record():
    """dtype of one tile."""
    from blurkit.methods.joint import patches

    return patches.RECORD


def centres(picture, truth, copy, count, rng):
    """Where to cut at most `count` tiles that cover the picture.

    Returns
    -------
    ndarray, (n, 4), int64
        Row and column of the first cell; a seed for the tile; 1 if the picture is the photo itself, else 0.
    """
    from blurkit.methods.joint import patches

    corners = patches.corners(picture, count, rng)
    seeds = rng.integers(2**31, size=len(corners))
    is_photo = np.full(len(corners), copy == 0)
    return np.column_stack([corners, seeds, is_photo])


def cut(picture, truth, at, sigma):
    """Tiles, see ``patches.cut``; `sigma` is the blur of what is out of focus in pixels, NaN if unknown.

    Only photos themselves and compositions give edges of known blur. A copy that was resized, noised and compressed is
    left out: whether its parts in focus are still as sharp is unknown.
    """
    from blurkit.methods.joint import patches

    records = patches.cut(picture, truth, at[:, :2], sigma)
    is_photo = at[:, 3].all()
    if np.isfinite(sigma) or is_photo:
        patches.add_samples(records, picture, truth, at[:, 2])
    return records


def fit(records, epochs, seed, device, report):
    """Train both networks, see ``contract.Method.fit``.

    The epochs are those of the large network; the small one, of blur, has a number of its own and runs on the CPU.
    Phases are "direction" and "network". Results besides ``accuracy``, of the labelled cells of held-out photos:
    ``sigma_error``, root mean square error of the log sigma across the directions of held-out tiles.
    """
    from blurkit.methods.joint import training

    blur_weights, error = direction.fit(records, seed, lambda *step: report("direction", *step))
    weights, accuracy = training.train(records, epochs, seed, device, lambda *step: report("network", *step))
    return {**weights, **blur_weights}, {"accuracy": accuracy, "sigma_error": error}


def estimate(photo, weights, as_published=False, device="auto", side=WORKING_SIDE):
    """Raw map of a photo, see ``contract.Method.estimate``: the probability of being in focus.

    It is measured at two sizes: that of `side`, and a longer side of 480 pixels (see `second_shape`).
    """
    shape = resize.working_shape(photo.shape, side)
    reduced = resize.reduce_to(photo, shape)
    resized = resize.resize_to(reduced, second_shape(shape))
    first, second = side_by_side(lambda: log_odds(reduced, weights, device), lambda: log_odds(resized, weights, device))
    mixed = first + SECOND_SHARE * (resize.resize_to(second, first.shape) - first)
    return resize.enlarge_to(logistic(mixed), photo.shape[:2])


def log_odds(photo, weights, device):
    """Log odds of every cell of a photo, measured at its own size: (h, w) float32."""
    planes, halved, statistics, backend = measured(photo, device)
    return network.log_odds(planes, halved, statistics, weights, backend)


def measured(photo, device):
    """Inputs of the networks: evidence, that of the half-size photo, and statistics; and the backend used."""
    plane = grey(photo)
    backend = backend_for(device, plane.shape)
    planes, halved = evidence.both_sizes(plane, backend)
    return planes, halved, evidence.statistics(planes), backend


def blur(photo, weights, device="auto"):
    """Blur across eight directions at up to four sizes by the small network, see ``contract.Method.blur``."""
    return direction.estimate(edges.measure(grey(photo)), weights)


def second_shape(shape):
    """(H, W) of the second size: longer side of `SECOND_SIDE`, but enlarged at most `MOST_ENLARGED` times."""
    return resize.scaled_shape(shape, min(SECOND_SIDE / max(shape), MOST_ENLARGED))


def refine(raw, guide, as_published=False, side=WORKING_SIDE, sigma=False, steps=None):
    """Refined map, (H, W) float32 in [0, 1]: `raw` smoothed along the edges of the photo `guide`."""
    return refinement.spread(raw, guide, side)


def needs_guide(as_published):
    """True if `refine` needs the photo."""
    return True
