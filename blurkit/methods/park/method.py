"""The four verbs: cut patches, fit weights, estimate blur at edges, spread it over the photo."""

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
    """Where to cut: about `count` edge points, see ``patches.points``; copies take turns in how they are found."""
    return patches.points(picture, sharp, (patches.SHARP, patches.BLURRED, patches.SEEDS)[copy % 3], count, rng)


def cut(picture, sharp, at, sigma):
    """Patches at the given points, see ``patches.cut``."""
    return patches.cut(picture, at, sigma)


def fit(records, epochs, seed, device, report):
    """Train both networks.

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
        Shares of held-out patches whose class is at most one off: ``accuracy`` of our
        network, ``published_accuracy`` of the paper's.
    """
    from blurkit.methods.park import training

    training.split(records, training.usable_as_published(records))  # too few are found out before the long part
    ours, accuracy = training.train_ours(records, epochs, seed, device, lambda *step: report("network", *step))
    paper, published = training.train_published(
        records, epochs, seed, device, lambda phase, *step: report(f"paper's network, {phase}", *step)
    )
    return {**paper, **ours}, {"accuracy": accuracy, "published_accuracy": published}


def estimate(photo, weights, as_published=False, device="auto", side=WORKING_SIDE):
    """Blur at edge points.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16, RGB
    weights : dict of ndarray, as `SHAPES`
    as_published : bool
        The paper's edges, features and classifier, at the photo's own size.
    device : str
        As for ``backend.backend_for``.
    side : int, pixels
        Longest side at which to measure; 0 = the photo's own size.

    Returns
    -------
    ndarray, (2, H, W), float32 in [0, 1]
        Sharpness, see ``sparse.sharpness_of``, and how sure it is; 0 where there is no point.
    """
    shape = photo.shape[:2]
    backend = backend_for(device, shape)
    if as_published:
        laplacian.check_size(shape)  # before the work, not after it
        return sparse.published_map(shape, *published_points(eight_bits(photo), weights, backend))
    small = eight_bits(resize.reduce_to(photo, resize.working_shape(shape, side)))
    return sparse.seed_map(shape, small.shape[:2], *seeds(small, weights, backend))


def seeds(photo, weights, backend):
    """Edge points of a photo of 8 bits, (n, 2), and our probabilities there, (n, 17)."""
    points = edges.seeds(edges.value(photo))
    windows = patches.windows(photo)
    return points, network.in_chunks(
        lambda part: network.posterior(windows[tuple(part.T)][:, :-1, :-1], weights, backend),
        len(patches.CLASSES),
        points,
    )


def blur(photo, weights, device="auto"):
    """How wide the blur of every cell of 4 x 4 pixels is, by the edge points in it.

    Parameters
    ----------
    photo : ndarray, (h, w, 3), uint8 or uint16
        At the size at which it is measured.
    weights : dict of ndarray, as `SHAPES`
    device : str
        As for ``backend.backend_for``.

    Returns
    -------
    ndarray, (2, ceil(h / 4), ceil(w / 4)), float32
        Sigma in pixels, and deviation of its logarithm, infinite where there is no point.
    """
    points, probabilities = seeds(eight_bits(photo), weights, backend_for(device, photo.shape))
    return sparse.cell_blur(resize.cells(photo.shape, spread.CELL), points // spread.CELL, probabilities)


def published_points(photo, weights, backend):
    """Edge points, (n, 2), and the paper's probabilities there, (n, 11)."""
    found = edges.edges(edges.value(photo))
    points = np.argwhere(found)
    strong = found[tuple(points.T)] == edges.STRONG
    windows = patches.windows(photo)
    probabilities = network.in_chunks(
        lambda part, strong: published_probabilities(windows[tuple(part.T)], strong, weights, backend),
        len(patches.SIGMAS),
        points,
        strong,
    )
    return points, probabilities


def published_probabilities(cut, strong, weights, backend):
    """The paper's probabilities of patches as they are cut: (n, 28, 28, 3) uint8 -> (n, 11) float32."""
    from blurkit.methods.park import features

    crafted = features.hand_crafted(edges.value(cut), strong).reshape(len(cut), -1)
    return network.published_probabilities(cut[:, :-1, :-1], crafted, strong, weights, backend)


def refine(raw, guide, as_published=False, side=WORKING_SIDE, sigma=False, steps=None):
    """A raw map spread over the photo `guide`.

    Parameters
    ----------
    raw : ndarray, (2, H, W), float32 in [0, 1]
        From `estimate`, with the same `as_published` and `side`.
    guide : ndarray, (H, W, 3), uint8 or uint16
    sigma : bool
        Blur in pixels of the photo, instead of sharpness.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 1], 1 = in focus; or pixels, >= 0.
    """
    if sparse.is_published(raw) != as_published and raw[1].any():
        raise InputError(f"raw map was made {'without' if as_published else 'with'} as_published; refine it alike")
    if as_published:
        return published_refinement(raw, guide, sigma)
    return spread.spread(raw, guide, resize.working_shape(guide.shape, side), sigma)


def published_refinement(raw, photo, sigma):
    """Rolling guidance, joint bilateral filter, matting, weighted median; the map is 1 at .5 pixels and 0 at 2."""
    from blurkit.methods.park import bilateral, guide, median

    laplacian.check_size(photo.shape)
    scaled = photo / np.float64(np.iinfo(photo.dtype).max)
    smooth = guide.rolling_guidance(scaled)
    found = bilateral.probability_joint_bilateral(sparse.sigma_of(raw[0]) * (raw[1] > 0), raw[1], smooth)
    found = median.weighted_median(laplacian.propagate(found, smooth), smooth)
    sharpest, softest = patches.SIGMAS[[0, -1]]
    return np.float32(found if sigma else np.clip((softest - found) / (softest - sharpest), 0, 1))


def in_pixels(raw, as_published=False, side=WORKING_SIDE):
    """A raw map with blur in pixels of the photo as its first plane: (2, H, W) float32; 0 where there is no point."""
    scale = 1 if as_published else spread.scale(raw.shape[1:], resize.working_shape(raw.shape[1:], side))
    found = np.stack([np.zeros_like(raw[0]), raw[1]])
    points = raw[1] > 0
    found[0][points] = sparse.sigma_of(raw[0][points]) * np.float32(scale)
    return found


def needs_guide(as_published):
    """True if `refine` cannot do without the photo."""
    return True
