"""The four verbs: cut patches, fit weights, estimate a raw map, refine it."""

import numpy as np

from blurkit.defaults import LEAST_SIGMA, WORKING_SIDE
from blurkit.errors import InputError
from blurkit.methods.zeng import calibration, evidence, metric
from blurkit.methods.zeng import refine as refinement
from blurkit.ops import resize, tiles
from blurkit.ops.backend import CpuBackend, backend_for
from blurkit.ops.colour import grey
from blurkit.ops.filters import magnitude
from blurkit.ops.statistics import logit
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
PUBLISHED_SHAPES = {"published": SHAPES["published"]}
BLURS = {  # {log odds of the sharpest tenth of the raw map: sigma in pixels}
    -7.17: 3 + LEAST_SIGMA,
    -5.23: 2 + LEAST_SIGMA,
    -2.94: 1.5 + LEAST_SIGMA,
    -0.47: 1 + LEAST_SIGMA,
    2.61: 0.5 + LEAST_SIGMA,
    3.24: LEAST_SIGMA,
}  # medians of 40 training photos blurred by 3, 2, 1.5, 1, .5 and 0
LEAST_PROBABILITY = 1e-7  # distance of a probability from 0 and 1, so that its log odds stay finite
STRUCTURE = 4.0  # 8-bit steps; gradient of a cell below which it shows nothing of its blur
BLUR_DEVIATION = 0.5  # of log sigma, wherever there is structure


def patch_record():
    """dtype of one patch."""
    from blurkit.methods.zeng import patches

    return patches.RECORD


def centres(picture, truth, copy, count, rng):
    """Where to cut: centres of about `count` super-pixels, (n, 2) int64."""
    from blurkit.methods.zeng import superpixels

    return superpixels.centroids(picture, count)


def cut(picture, truth, at, sigma):
    """Patches at the given centres, see ``patches.cut``.

    `sigma` is the blur in pixels of what is out of focus, NaN if unknown.
    """
    from blurkit.methods.zeng import patches

    records = patches.cut(picture, truth, at)
    records["sigma"] = np.where(records["label"] == 1, np.minimum(sigma, 0), sigma)
    return records


def fit(records, epochs, seed, device, report):
    """Learn the filters and the calibration from patches, see ``contract.Method.fit``.

    The weights hold besides `SHAPES` what the paper shows: all learned ``kernels``, (n, 7, 7), all their
    ``components``, (49, 7, 7), and the shares of the variance ``explained`` by these, (49,).

    Results besides ``accuracy`` of the network: ``calibration_accuracy``, also on held-out photos, and ``explained``,
    the share of the kernels' variance in K1 and K2. An InputError if there are too few patches or photos.
    """
    from blurkit.methods.zeng import basis, training

    kernels, accuracy = learned_kernels(records, epochs, seed, device, report)
    components, explained = basis.components(kernels, kernels[0].size)
    chosen = training.judges(records)
    filters = metric.best_pair(components[: basis.KEPT], records["patch"][chosen], records["label"][chosen] == 1)
    inputs, targets, origin = calibration.examples(records, filters)
    held = held_out(records)[origin]
    if held.all() or not held.any():
        raise InputError("patch set has too few photos to hold some out for validation")
    weights = calibration.fit(inputs[~held], targets[~held], seed, lambda *step: report("calibration", *step))
    right = (calibration.probability(inputs[held], weights) > 0.5) == (targets[held] > 0.5)
    # The accuracy is that on photos kept out; the weights returned are fitted to all photos.
    weights = calibration.fit(inputs, targets, seed, lambda *step: report("calibration of all", *step))
    measured = {
        "accuracy": accuracy,
        "calibration_accuracy": float(right.mean()),
        "explained": float(explained[:2].sum()),
    }
    weights |= {"published": basis.pair(*components[:2]), "filters": filters}
    return {**weights, **shown(kernels, components, explained)}, measured


def fit_as_published(records, epochs, seed, device, report):
    """Learn K1 and K2 as the paper does, see ``training.usable_as_published`` and ``contract.LearnsAsPublished``.

    The weights hold what they were made from besides: ``kernels`` (n, 7, 7), ``components`` (k, 7, 7), all of them, and
    ``explained`` (k,), the share of the variance that each explains. Results: ``accuracy`` and ``explained``.
    """
    from blurkit.methods.zeng import basis

    kernels, accuracy = learned_kernels(records, epochs, seed, device, report, as_published=True)
    components, explained = basis.published_components(kernels)
    measured = {"accuracy": accuracy, "explained": float(explained[:2].sum())}
    return {"published": basis.pair(*components[:2]), **shown(kernels, components, explained)}, measured


def learned_kernels(records, epochs, seed, device, report, as_published=False):
    """All kernels of a trained network's first layer, (n, 7, 7) float32, and its accuracy; see ``training.train``."""
    from blurkit.methods.zeng import network, training

    model, accuracy = training.train(
        records, epochs, seed, device, lambda *step: report("kernels", *step), as_published
    )
    kernels = network.first_kernels(model).detach().numpy()
    return kernels.reshape(-1, network.KERNEL, network.KERNEL), accuracy


def shown(kernels, components, explained):
    """What weights hold to be looked at, not used: float32."""
    learned = {"kernels": kernels, "components": components, "explained": explained}
    return {name: np.array(array, np.float32) for name, array in learned.items()}


def estimate(photo, weights, as_published=False, device="auto", side=WORKING_SIDE):
    """Raw map of a photo, see ``contract.Method.estimate``.

    As published it is the paper's metric, scaled and smoothed, at the photo's own size.
    """
    shape = photo.shape[:2]
    if not as_published:
        photo = resize.reduce_to(photo, resize.working_shape(shape, side))
    plane = grey(photo)
    if as_published:
        backend = backend_for(device, plane.shape)
        response = metric.response(backend.put(plane), weights["published"], backend)
        return metric.published_map(backend.take(response))
    return resize.enlarge_to(in_focus(plane, weights, device), shape)


def in_focus(plane, weights, device):
    """Probability that a cell is in focus: grey (H, W) -> (ceil(H / 4), ceil(W / 4)) float32."""
    cells = evidence.planes(plane, weights["filters"], backend_for(device, plane.shape))  # (7, h, w)
    features = evidence.features(cells)  # (h, w, 12)
    of_photo = evidence.statistics(features)
    parts = [
        calibration.probability(evidence.with_statistics(features[rows], of_photo), weights)
        for rows in tiles.row_blocks(features.shape)  # a few rows at a time, to bound memory
    ]
    return np.concatenate(parts).reshape(features.shape[:2])


def blur(photo, weights, device="auto"):
    """Sigma of every cell, read off the log odds of the raw map, see ``contract.Method.blur``."""
    plane = grey(photo)
    # `BLURS` was read off maps, which are enlarged to the photo's size.
    enlarged = resize.enlarge_to(in_focus(plane, weights, device), plane.shape)
    raw = resize.reduce_to(enlarged, resize.cells(plane.shape, evidence.CELL)).astype(np.float64)
    sigma = sigma_of(logit(raw.clip(LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)))
    gradient = resize.pool(magnitude(plane, CpuBackend), evidence.CELL)
    deviation = np.where(gradient > STRUCTURE / 255, BLUR_DEVIATION, np.inf)
    return [np.array([[sigma, deviation]], np.float32)]


def sigma_of(log_odds):
    """Sigma in pixels of log odds, same shape, float64: `BLURS` interpolated and continued linearly, in log sigma."""
    odds, log_sigmas = np.array(list(BLURS.keys())), np.log(np.array(list(BLURS.values())))
    slopes = np.diff(log_sigmas) / np.diff(odds)
    below, above = np.minimum(log_odds - odds[0], 0), np.maximum(log_odds - odds[-1], 0)
    beyond = slopes[0] * below + slopes[-1] * above
    return np.exp(np.interp(log_odds, odds, log_sigmas) + beyond)


def refine(raw, guide=None, as_published=False, side=WORKING_SIDE, sigma=False, steps=None):
    """Refine a raw map.

    Parameters
    ----------
    raw : ndarray, (H, W), float32 in [0, 1]
    guide : ndarray, (H, W, 3), uint8 or uint16, optional
        The photo, along which the map is spread; not used as published.
    as_published : bool
        The paper's iterated tanh instead.
    side : int, pixels
        Working size, as for ``resize.working_shape``; not used as published.
    sigma : bool
        Not used: maps of this method hold no blur in pixels.
    steps : int or "mix", optional
        As published: B_n of the paper after so many steps, or the paper's mix of three of them, as its formulas give
        them.

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1], 1 = in focus
        With `steps` not brought to 1: at most ``refine.TOP`` for the mix.
    """
    if not as_published:
        return refinement.propagate_along(raw, guide, side)
    if steps == "mix":
        return refinement.mix(raw)
    return refinement.after(raw, steps) if steps else refinement.iterate(raw)


def needs_guide(as_published):
    """True if `refine` cannot do without the photo."""
    return not as_published
