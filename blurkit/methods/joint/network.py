"""Stage 3: the network that weighs the evidence, on the CPU in NumPy.

Cells of 4 pixels are joined to cells of 8, 16 and 32 and looked at in windows of 3 x 3 of
each; at 8 pixels the evidence of the halved photo joins in, at the coarsest
how sharp the photo is as a whole; then the way back, adding what the finer cells know.
Weights are kept with their batch normalisation folded in.
"""

import numpy as np

from blurkit.methods.joint.evidence import PLANES, STATISTICS
from blurkit.ops.tiles import row_blocks

LAYERS = {  # name: (outputs, inputs, side of the window)
    "enter": (16, PLANES, 1),
    "down8": (32, 16, 2),
    "enter8": (32, PLANES, 1),
    "mix8": (32, 32, 3),
    "down16": (48, 32, 3),
    "mix16": (48, 48, 3),
    "down32": (64, 48, 3),
    "mix32": (64, 64, 3),
    "whole": (64, 64 + STATISTICS, 1),
    "up16": (48, 64, 1),
    "join16": (48, 48, 3),
    "up8": (32, 48, 1),
    "join8": (32, 32, 3),
    "up4": (16, 32, 1),
    "join4": (16, 16, 1),
    "output": (1, 16, 1),
}
LINEAR = ("up16", "up8", "up4", "output")  # layers without a ReLU
SHAPES = {
    "mean": (PLANES,),
    "scale": (PLANES,),
    "whole_mean": (STATISTICS,),
    "whole_scale": (STATISTICS,),
    **{f"{name}.weight": (k, c, s, s) if s > 1 else (k, c) for name, (k, c, s) in LAYERS.items()},
    **{f"{name}.bias": (k,) for name, (k, _, _) in LAYERS.items()},
}
SUREST = 16.0  # log odds; a probability of 1e-7
FARTHEST = 5.0  # deviations from the mean beyond which evidence is cut


def log_odds(planes, halved, whole, weights, backend):
    """Log odds that a cell is in focus.

    Parameters
    ----------
    planes, halved : ndarray, (19, h, w) and (19, ceil(h / 2), ceil(w / 2)), float32
        From ``evidence.both_sizes``.
    whole : ndarray, (3,), float32
        From ``evidence.statistics``.
    weights : dict of ndarray, as `SHAPES`
    backend : object from ``backend.backend_for``

    Returns
    -------
    ndarray, (h, w), float32 in [-16, 16]
    """
    height, width = planes.shape[1:]
    even = np.pad(planes, ((0, 0), (0, height % 2), (0, width % 2)), "edge") if height % 2 or width % 2 else planes

    def layer(name, x):
        return apply(name, x, weights, backend)

    def finer(name, x, beside):
        return backend.enlarge_stack(layer(name, x), tuple(beside.shape[1:3])) + beside

    def entered(name, found):
        parts = (found[:, rows].transpose(1, 2, 0)[None] for rows in row_blocks(found.shape[1:]))
        return backend.join(
            *(layer(name, backend.put(normal(part, weights["mean"], weights["scale"]))) for part in parts)
        )

    four = entered("enter", even)  # (1, h, w, 16)
    eight = layer("mix8", layer("down8", four) + entered("enter8", halved))  # (1, h/2, w/2, 32)
    sixteen = layer("mix16", layer("down16", backend.halve_stack(eight)))  # (1, h/4, w/4, 48)
    coarsest = layer("mix32", layer("down32", backend.halve_stack(sixteen)))  # (1, h/8, w/8, 64)
    told = backend.put(normal(whole, weights["whole_mean"], weights["whole_scale"])[None])
    coarsest = coarsest + layer("whole", backend.join(coarsest.mean((1, 2)), told))
    sixteen = layer("join16", finer("up16", coarsest, sixteen))
    eight = layer("join8", finer("up8", sixteen, eight))
    four = layer("join4", finer("up4", eight, four))
    return backend.take(layer("output", four))[0, :height, :width, 0].clip(-SUREST, SUREST)


def normal(values, mean, scale):
    """Values as the network takes them, (..., c) float32: mean 0, deviation 1, cut at 5 deviations."""
    return ((values - mean) / scale).clip(-FARTHEST, FARTHEST)


def apply(name, x, weights, backend):
    """One layer: (n, h, w, c) or (n, c) -> the same with its outputs for c."""
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    side = LAYERS[name][2]
    if side == 1:
        return backend.dense(x, weight, bias, rectified=name not in LINEAR)
    return backend.convolve_stack(x, weight, bias, stride=2 if side == 2 else 1, border=side // 3)
