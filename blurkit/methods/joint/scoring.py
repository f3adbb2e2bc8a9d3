"""The operations of a method for the score: sample edges of known blur, fit weights, measure the blur of a photo."""

import numpy as np

from blurkit.methods.joint import direction, edges, patches, samples
from blurkit.ops.colour import grey
from blurkit.ops.resize import working_shape

SHAPES = direction.SHAPES  # of a weights file


def patch_record():
    """dtype of one sample."""
    return samples.RECORD


def centres(picture, truth, copy, count, rng):
    """Seeds of at most `count` samples.

    Returns
    -------
    ndarray, (n, 4), int64
        Row and column of a tile, which are not used; a seed; 1 if the picture is the photo itself, else 0.
    """
    corners = patches.corners(working_shape(picture.shape), samples.SIDE, count, rng)
    seeds = rng.integers(2**31, size=len(corners))
    return np.column_stack([corners, seeds, np.full(len(corners), copy == 0)])


def cut(picture, truth, at, sigma):
    """Samples, see ``samples.cut``; `sigma` is the blur of what is not in focus in pixels, NaN if unknown.

    Only photos themselves and compositions give samples. A copy that was resized, noised and compressed is left out:
    whether its parts in focus are still as sharp is unknown.
    """
    seeds = at[:, 2] if np.isfinite(sigma) or at[:, 3].all() else []
    return samples.cut(picture, truth, seeds)


def fit(records, epochs, seed, device, report):
    """Train the network on the CPU, see ``contract.Method.fit``.

    ``accuracy`` is the share of pairs of directions of held-out samples in the right order, ``sigma_error`` the root
    mean square error of the log sigma across their directions.
    """
    weights, accuracy, error = direction.fit(records, epochs, seed, lambda *step: report("direction", *step))
    return weights, {"accuracy": accuracy, "sigma_error": error}


def blur(photo, weights, device="auto"):
    """Blur across eight directions at up to four sizes, see ``contract.Method.blur``."""
    return direction.estimate(edges.measure(grey(photo)), weights)
