"""The four verbs: cut patches, fit weights, estimate a raw map, refine it."""

import numpy as np

from blurkit.defaults import LEAST_SIGMA, WORKING_SIDE
from blurkit.errors import InputError
from blurkit.methods.zeng import calibration, evidence, metric
from blurkit.methods.zeng import refine as refinement
from blurkit.ops import resize, tiles
from blurkit.ops.backend import CpuBackend, backend_for
from blurkit.ops.colour import grey
from blurkit.ops.filters import box_mean, magnitude
from blurkit.training.loop import held_out

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
BLURS = {  # log odds of the sharpest tenth: sigma, pixels; medians of 40 training photos blurred by 3, 2, 1.5, 1, .5 and 0
    -7.17: 3 + LEAST_SIGMA,
    -5.23: 2 + LEAST_SIGMA,
    -2.94: 1.5 + LEAST_SIGMA,
    -0.47: 1 + LEAST_SIGMA,
    2.61: 0.5 + LEAST_SIGMA,
    3.24: LEAST_SIGMA,
}
STRUCTURE = 4.0  # 8-bit steps; gradient of a cell below which it shows nothing of its blur
BLUR_DEVIATION = 0.5  # of log sigma, wherever there is structure


def patch_record():
    """dtype of one patch."""
    from blurkit.methods.zeng import patches

    return patches.RECORD


def centres(picture, truth, copy, count, rng):
    """Where to cut: (n, 2) centres of about `count` super-pixels."""
    from blurkit.methods.zeng import superpixels

    return superpixels.centroids(picture, count)


def cut(picture, truth, at, sigma):
    """Patches at the given centres, see ``patches.cut``; `sigma` is the blur of what is out of focus, if known."""
    from blurkit.methods.zeng import patches

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
    from blurkit.methods.zeng import basis, network, training

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
        As for ``backend.backend_for``.
    side : int, pixels
        Longest side at which to measure; 0 = the photo's own size.

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1], 1 = in focus
    """
    shape = photo.shape[:2]
    if not as_published:
        photo = resize.reduce_to(photo, resize.working_shape(shape, side))
    plane = grey(photo)
    if as_published:
        backend = backend_for(device, plane.shape)
        return metric.published_map(backend.take(metric.response(backend.put(plane), weights["published"], backend)))
    return resize.enlarge_to(in_focus(plane, weights, device), shape)


def in_focus(plane, weights, device):
    """Probability that a cell is in focus, told a few rows at a time: grey (H, W) -> (ceil(H / 4), ceil(W / 4)) float32."""
    cells = evidence.planes(plane, weights["filters"], backend_for(device, plane.shape))  # (7, h, w)
    found = evidence.features(cells, box_mean)  # (h, w, 12)
    told = evidence.statistics(found)
    parts = [
        calibration.probability(evidence.with_statistics(found[rows], told), weights)
        for rows in tiles.row_blocks(found.shape)
    ]
    return np.concatenate(parts).reshape(found.shape[:2])


def blur(photo, weights, device="auto"):
    """How wide the blur of every cell of 4 x 4 pixels is, read off the log odds of the raw map.

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
        Sigma in pixels, and deviation of its logarithm, infinite where nothing shows.
    """
    plane = grey(photo)
    smooth = resize.enlarge_to(in_focus(plane, weights, device), plane.shape)  # as maps are, which `BLURS` was read off
    raw = resize.reduce_to(smooth, resize.cells(plane.shape, evidence.CELL)).astype(np.float64).clip(1e-7, 1 - 1e-7)
    odds, sigmas = (np.array(list(v)) for v in (BLURS.keys(), BLURS.values()))
    steps = np.diff(np.log(sigmas))[[0, -1]] / np.diff(odds)[[0, -1]]
    found = np.log(raw / (1 - raw))
    beyond = steps[0] * np.minimum(found - odds[0], 0) + steps[1] * np.maximum(
        found - odds[-1], 0
    )  # on in a straight line
    gradient = resize.pool(magnitude(plane, CpuBackend), evidence.CELL)
    deviation = np.where(gradient > STRUCTURE / 255, BLUR_DEVIATION, np.inf)
    return np.array([np.exp(np.interp(found, odds, np.log(sigmas)) + beyond), deviation], np.float32)


def refine(raw, guide=None, as_published=False, side=WORKING_SIDE, sigma=False, steps=None):
    """Refined map, (H, W) float32 in [0, 1]: the paper's iterated tanh (after `steps` alone, if given), or spread along the photo `guide`."""
    if as_published:
        return refinement.iterate(raw, {steps: 1.0} if steps else refinement.STEPS)
    return refinement.propagate_along(raw, guide, side)


def needs_guide(as_published):
    """True if `refine` cannot do without the photo."""
    return not as_published
