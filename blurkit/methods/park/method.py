"""The four verbs: cut patches, fit weights, estimate blur at edges, spread it over the photo."""

from functools import partial

import numpy as np

from blurkit.defaults import WORKING_SIDE
from blurkit.errors import InputError
from blurkit.methods.park import edges, laplacian, network, patches, sparse, spread
from blurkit.ops import resize
from blurkit.ops.backend import backend_for
from blurkit.ops.colour import eight_bits

SHAPES = network.SHAPES  # what a weights file holds


def patch_record():
    """dtype of one patch."""
    return patches.RECORD


def blurred(photo, rng):
    """A copy of a sharp photo with a known blur, see ``patches.blurred``."""
    return patches.blurred(photo, rng)


def centres(picture, sharp, copy, count, rng):
    """Where to cut: about `count` edge points, see ``patches.points``, whose sources take turns from copy to copy."""
    source = patches.SOURCES[copy % len(patches.SOURCES)]
    return patches.points(picture, sharp, source, count, rng)


def cut(picture, sharp, at, sigma):
    """Patches at the given points, see ``patches.cut``."""
    return patches.cut(picture, at, sigma)


def fit(records, epochs, seed, device, report):
    """Train both networks, see ``contract.Method.fit``.

    Results are shares of held-out patches whose class is at most one off: ``accuracy`` of our network,
    ``published_accuracy`` of the paper's. An InputError if there are too few patches, for either network.
    """
    from blurkit.methods.park import samples, training

    def report_published(phase, *step):
        report(f"paper's network, {phase}", *step)

    samples.split(records, samples.usable_as_published(records))  # refuses too few patches before the long part
    ours, accuracy = training.train_ours(records, epochs, seed, device, partial(report, "network"))
    published, published_accuracy = training.train_published(records, epochs, seed, device, report_published)
    return {**published, **ours}, {"accuracy": accuracy, "published_accuracy": published_accuracy}


def estimate(photo, weights, as_published=False, device="auto", side=WORKING_SIDE):
    """Sharpness of edge points and its confidence, (2, H, W), see ``contract.Method.estimate``; 0 where no point is.

    The first plane is that of ``sparse.sharpness_of``. As published it is by the paper's edges, features and
    classifier, at the photo's own size.
    """
    shape = photo.shape[:2]
    backend = backend_for(device, shape)
    if as_published:
        laplacian.check_size(shape)  # before the work, not after it
        return sparse.published_map(shape, *published_points(eight_bits(photo), weights, backend))
    small = eight_bits(resize.reduce_to(photo, resize.working_shape(shape, side)))
    return sparse.seed_map(shape, small.shape[:2], *seeds(small, weights, backend))


def seeds(photo, weights, backend):
    """Edge points of a photo of 8 bits, (n, 2) int64, and our probabilities there, (n, 17) float32."""
    points = edges.seeds(edges.value(photo))
    windows = patches.windows(photo)

    def probabilities_at(part):
        return network.posterior(windows[tuple(part.T)][:, :-1, :-1], weights, backend)

    return points, network.in_chunks(probabilities_at, len(patches.CLASSES), points)


def blur(photo, weights, device="auto"):
    """Sigma of every cell by the edge points in it, see ``contract.Method.blur``; the photo in colour."""
    points, probabilities = seeds(eight_bits(photo), weights, backend_for(device, photo.shape))
    cells = sparse.cell_blur(resize.cells(photo.shape, spread.CELL), points // spread.CELL, probabilities)
    return [cells[None]]


def published_edges(photo):
    """The paper's edge points of a photo of 8 bits, (n, 2) int64 in row order, and which are strong, (n,) bool."""
    kinds = edges.edges(edges.value(photo))
    points = np.argwhere(kinds)
    return points, kinds[tuple(points.T)] == edges.STRONG


def published_points(photo, weights, backend):
    """Edge points of a photo of 8 bits, (n, 2) int64, and the paper's probabilities there, (n, 11) float32."""
    points, strong = published_edges(photo)
    windows = patches.windows(photo)

    def probabilities_at(part, part_strong):
        return published_probabilities(windows[tuple(part.T)], part_strong, weights, backend)

    return points, network.in_chunks(probabilities_at, len(patches.SIGMAS), points, strong)


def published_probabilities(windows, strong, weights, backend):
    """The paper's probabilities of patches from ``patches.gather``: (n, 28, 28, 3) uint8 -> (n, 11) float32."""
    from blurkit.methods.park import features

    crafted = features.hand_crafted(edges.value(windows), strong).reshape(len(windows), -1)
    return network.published_probabilities(windows[:, :-1, :-1], crafted, strong, weights, backend)


def refine(raw, guide, as_published=False, side=WORKING_SIDE, sigma=False, steps=None):
    """Spread a raw map over the photo `guide`.

    Parameters
    ----------
    raw : ndarray, (2, H, W), float32 in [0, 1]
        From `estimate`, with the same `as_published` and `side`.
    guide : ndarray, (H, W, 3), uint8 or uint16
    as_published, side
        As for `estimate`.
    sigma : bool
        Blur in pixels of the photo, instead of sharpness.
    steps
        Not used: this refinement does not go in steps.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1], 1 = in focus; or pixels, >= 0.

    Raises
    ------
    InputError
        The raw map was made with another `as_published`; or, as published, the photo is too small, too large or without
        edges.
    """
    if sparse.is_published(raw) != as_published and raw[1].any():
        raise InputError(f"raw map was made {'without' if as_published else 'with'} as_published; refine it alike")
    if as_published:
        return published_refinement(raw, guide, sigma)
    return spread.spread(raw, guide, resize.working_shape(guide.shape, side), sigma)


def published_refinement(raw, photo, sigma):
    """Rolling guidance, joint bilateral filter, matting, weighted median: (H, W) float32.

    Blur in pixels if `sigma`; else sharpness, 1 at a blur of .5 pixels and 0 at 2.
    """
    blur = next(values for name, values in published_stages(raw, photo) if name == "median")
    if sigma:
        return np.float32(blur)
    sharpest, softest = patches.SIGMAS[[0, -1]]
    return np.float32(np.clip((softest - blur) / (softest - sharpest), 0, 1))


def published_stages(raw, photo):
    """What the stages of the paper's refinement give, one after the other: (name of the stage, ndarray).

    The guide is (H, W, 3) in [0, 1]; the others are (H, W), sigma in pixels of the photo, bilateral 0 where no edge
    point is.
    """
    from blurkit.methods.park import bilateral, guide, median

    laplacian.check_size(photo.shape)
    sharpness, confidence = raw
    smooth = guide.rolling_guidance(photo / np.float64(np.iinfo(photo.dtype).max))
    yield "guide", smooth
    at_points = sparse.sigma_of(sharpness) * (confidence > 0)
    filtered = bilateral.probability_joint_bilateral(at_points, confidence, smooth)
    yield "bilateral", filtered
    blur = laplacian.propagate(filtered, smooth)
    yield "full", blur
    yield "median", median.weighted_median(blur, smooth)


def in_pixels(raw, as_published=False, side=WORKING_SIDE):
    """A raw map with blur in pixels of the photo as its first plane: (2, H, W) float32; 0 where there is no point."""
    sharpness, confidence = raw
    scale = 1 if as_published else spread.scale(sharpness.shape, resize.working_shape(sharpness.shape, side))
    points = confidence > 0
    sigma = np.zeros_like(sharpness)
    sigma[points] = sparse.sigma_of(sharpness[points]) * np.float32(scale)
    return np.stack([sigma, confidence])


def needs_guide(as_published):
    """True if `refine` cannot do without the photo."""
    return True
