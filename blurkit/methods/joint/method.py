"""The operations of a method for the map: cut tiles, fit weights, estimate a raw map and kinds of blur, refine."""

from blurkit.methods.joint import inputs, kind, layers, network, patches
from blurkit.methods.joint import refine as refinement
from blurkit.methods.joint.evidence import CELL
from blurkit.ops import resize
from blurkit.ops.backend import backend_for
from blurkit.ops.statistics import logistic
from blurkit.ops.tiles import in_squares

SHAPES = layers.SHAPES  # of a weights file
SQUARE = 1536  # pixels; larger photos are measured in squares of this side, so that memory is bounded
LEAST_SQUARE = 384  # pixels; to which squares are halved where the memory of a GPU ends
OVERLAP = 8  # part of the side of a square that it shares with the next one


def patch_record():
    """dtype of one tile."""
    return patches.RECORD


def centres(picture, truth, copy, count, rng):
    """Where to cut at most `count` tiles that cover the picture: (n, 2) int64, row and column of the first cell."""
    return patches.corners(picture.shape, patches.TILE, count, rng)


def cut(picture, truth, at, sigma):
    """Tiles, see ``patches.cut``; `sigma` is the blur of what is not in focus in pixels, NaN if unknown."""
    return patches.cut(picture, truth, at, sigma)


def fit(records, epochs, seed, device, report):
    """Train both networks, see ``contract.Method.fit``; ``accuracy`` is of the labelled cells of held-out photos."""
    from blurkit.methods.joint import training

    weights, accuracy = training.train(records, epochs, seed, device, lambda *step: report("networks", *step))
    return weights, {"accuracy": accuracy}


def estimate(photo, weights, as_published=False, device="auto", side=inputs.SIDE):
    """Raw map of a photo, see ``contract.Method.estimate``: the probability of being in focus."""
    log_odds = measured(photo, weights, device, side)[0]
    return resize.enlarge_to(logistic(log_odds), photo.shape[:2])


def estimate_kinds(photo, weights, device="auto", side=inputs.SIDE):
    """Raw map of a photo, and what blurs it, see ``contract.TellsKinds``."""
    log_odds, motion = measured(photo, weights, device, side)
    cells = logistic(log_odds), logistic(kind.spread(motion, log_odds))
    return tuple(resize.enlarge_to(plane, photo.shape[:2]) for plane in cells)


def measured(photo, weights, device, side):
    """Log odds of every cell of a photo, see ``network.log_odds``."""
    resized = inputs.resized(photo, inputs.working_shape(photo.shape, side))
    backend = backend_for(device, resized.shape[:2])

    def log_odds(part):
        return network.log_odds(inputs.measure(part, backend), weights, backend)

    square = SQUARE
    while True:
        try:
            return in_squares(log_odds, resized, CELL, square, square // OVERLAP)
        except backend.out_of_memory:
            if square <= LEAST_SQUARE:
                raise
            square //= 2


def refine(raw, guide, as_published=False, side=inputs.SIDE, sigma=False, steps=None):
    """Refined map, (H, W) float32 in [0, 1]: `raw` smoothed along the edges of the photo `guide`."""
    return refinement.spread(raw, guide, side)


def needs_guide(as_published):
    """True if `refine` needs the photo."""
    return True
