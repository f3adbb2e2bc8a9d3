"""The four verbs: cut patches, fit weights, estimate a raw map, refine it."""

import numpy as np

from blurkit import window
from blurkit.colour import grey
from blurkit.device import window_for
from blurkit.errors import InputError
from blurkit.learning import held_out
from blurkit.limits import WORKING_SIDE
from blurkit.zeng import calibration, evidence, metric
from blurkit.zeng import refine as refinement

SHAPES = {  # what a weights file holds
    "published": (2, 7, 7),
    "filters": (2, 7, 7),
    "calibration.mean": (26,),
    "calibration.scale": (26,),
    "calibration.hidden": (26, 32),
    "calibration.hidden_bias": (32,),
    "calibration.output": (32,),
    "calibration.output_bias": (),
}
EPOCHS = 16
LEAST_ACCURACY = 0.9  # of the network; below, the kernels of one run in two are noise
LEARNS_FROM = "masks"
SCALES = (0.5, 1.5)  # of a photo's size
MEASURES_SIGMA = False
IS_PUBLISHED = True
RAW_PLANES = 1


def patch_record():
    """dtype of one patch."""
    from blurkit.zeng import patches

    return patches.RECORD


def centres(picture, truth, copy, count, rng):
    """Where to cut: (n, 2) centres of about `count` super-pixels."""
    from blurkit.zeng import superpixels

    return superpixels.centroids(picture, count)


def cut(picture, truth, at, sigma):
    """Patches at the given centres, see ``patches.cut``; `sigma` is the blur of what is out of focus, if known."""
    from blurkit.zeng import patches

    records = patches.cut(picture, truth, at)
    records["sigma"] = np.where(records["label"] == 1, np.minimum(sigma, 0), sigma)
    return records


def fit(records, epochs, seed, device, report):
    """Learn the filters and the calibration from patches.

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
        ``accuracy`` of the network and ``calibration_accuracy``, both on held-out
        photos; ``explained``: share of the kernels' variance in K1, K2.
    """
    from blurkit.zeng import basis, network, training

    model, accuracy = training.train(records, epochs, seed, device, lambda *step: report("kernels", *step))
    kernels = network.first_kernels(model).detach().numpy().reshape(-1, network.KERNEL, network.KERNEL)
    components, explained = basis.components(kernels)
    judges = training.judges(records)
    filters = metric.best_pair(components, records["patch"][judges], records["label"][judges] == 1)
    inputs, targets, origin = calibration.examples(records, filters)
    held = held_out(records)[origin]
    if held.all() or not held.any():
        raise InputError("patch set has too few photos to hold some out for validation")
    weights = calibration.fit(inputs[~held], targets[~held], seed, lambda *step: report("calibration", *step))
    right = (calibration.probability(inputs[held], weights) > 0.5) == (targets[held] > 0.5)
    # Measured on photos it had not seen; what ships has seen them all.
    weights = calibration.fit(inputs, targets, seed, lambda *step: report("calibration of all", *step))
    measured = {
        "accuracy": accuracy,
        "calibration_accuracy": float(right.mean()),
        "explained": float(explained[:2].sum()),
    }
    return {"published": basis.pair(*components[:2]), "filters": filters, **weights}, measured


def estimate(photo, weights, as_published=False, device="auto", side=WORKING_SIDE):
    """Raw sharpness map of a photo.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16, RGB
    weights : dict of ndarray, as `SHAPES`
    as_published : bool
        The paper's metric, scaled and smoothed, at the photo's own size.
    device : str
        As for ``device.window_for``.
    side : int, pixels
        Longest side at which to measure; 0 = the photo's own size.

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1], 1 = in focus
    """
    shape = photo.shape[:2]
    if not as_published:
        photo = window.reduce_to(photo, window.working_shape(shape, side))
    plane = grey(photo)
    where = window_for(device, plane.shape)
    if as_published:
        return metric.published_map(where.take(metric.response(where.put(plane), weights["published"], where)))
    cells = evidence.planes(plane, weights["filters"], where)  # (7, h, w)
    found = evidence.with_statistics(evidence.features(cells, window.box_mean))  # (h * w, 26)
    raw = calibration.probability(found, weights).reshape(cells.shape[1:])
    return window.enlarge_to(raw, shape)


def refine(raw, guide=None, as_published=False, side=WORKING_SIDE):
    """Refined map, (H, W) float32 in [0, 1]: the paper's iterated tanh, or spread along the photo `guide`."""
    if as_published:
        return refinement.iterate(raw)
    return refinement.propagate_along(raw, guide, side)


def needs_guide(as_published):
    """True if `refine` cannot do without the photo."""
    return not as_published
