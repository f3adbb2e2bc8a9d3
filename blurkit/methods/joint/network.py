"""Stage 5: the network that weighs the evidence, on the CPU in NumPy.

Cells of 4 pixels are merged into cells of 8, 16 and 32 pixels, with a convolution over 3 x 3 cells at each of these
scales. The evidence of the half-size photo is added at 8 pixels, the statistics of the photo at the coarsest scale.
On the way back the finer scales are added. Weights are stored with batch normalisation folded in.
"""

import numpy as np

from blurkit.methods.joint.evidence import PLANES, STATISTICS
from blurkit.ops.tiles import row_blocks

LAYERS = {  # name: (outputs, inputs, side of the kernel in cells)
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
MOST_LOG_ODDS = 16.0  # a probability of 1e-7, or 1 less that
MOST_DEVIATIONS = 5.0  # from the mean; evidence further away is clipped


class Network:
    """The layers with their weights, on one backend.

    Parameters
    ----------
    weights : dict of ndarray, as `SHAPES`
    backend : object from ``backend.backend_for``
    """

    def __init__(self, weights, backend):
        self.weights = weights
        self.backend = backend

    def layer(self, name, x):
        """Apply one layer: (n, h, w, inputs) or (n, inputs) -> the same with its outputs in the last axis."""
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        side = LAYERS[name][2]
        if side == 1:
            return self.backend.dense(x, weight, bias, rectified=name not in LINEAR)
        return self.backend.convolve_stack(x, weight, bias, stride=2 if side == 2 else 1, border=side // 3)

    def first_layer(self, name, planes):
        """Normalise evidence and apply a first layer, by blocks of rows: (19, h, w) -> (1, h, w, outputs)."""
        blocks = []
        for rows in row_blocks(planes.shape[1:]):
            cells = planes[:, rows].transpose(1, 2, 0)[None]
            x = self.backend.put(normalised(cells, self.weights["mean"], self.weights["scale"]))
            blocks.append(self.layer(name, x))
        return self.backend.join(*blocks)

    def add_statistics(self, x, statistics):
        """Add to every cell what layer "whole" makes of their mean and of the photo's statistics; x (1, h, w, 64)."""
        weights = self.weights
        photo = self.backend.put(normalised(statistics, weights["whole_mean"], weights["whole_scale"])[None])
        return x + self.layer("whole", self.backend.join(x.mean((1, 2)), photo))

    def merged(self, name, coarse, fine):
        """Apply a linear layer to the coarser scale, enlarge it to the finer one and add that."""
        return self.backend.enlarge_stack(self.layer(name, coarse), tuple(fine.shape[1:3])) + fine


def log_odds(planes, halved, statistics, weights, backend):
    """Log odds that a cell is in focus.

    Parameters
    ----------
    planes, halved : ndarray, (19, h, w) and (19, ceil(h / 2), ceil(w / 2)), float32
        From ``evidence.both_sizes``.
    statistics : ndarray, (3,), float32
        From ``evidence.statistics``.
    weights : dict of ndarray, as `SHAPES`
    backend : object from ``backend.backend_for``

    Returns
    -------
    ndarray, (h, w), float32 in [-16, 16]
    """
    net = Network(weights, backend)
    height, width = planes.shape[1:]
    if height % 2 or width % 2:
        planes = np.pad(planes, ((0, 0), (0, height % 2), (0, width % 2)), "edge")
    # Numbers in the names: side of a cell in pixels.
    cells4 = net.first_layer("enter", planes)  # (1, h, w, 16)
    cells8 = net.layer("mix8", net.layer("down8", cells4) + net.first_layer("enter8", halved))  # (1, h/2, w/2, 32)
    cells16 = net.layer("mix16", net.layer("down16", backend.halve_stack(cells8)))  # (1, h/4, w/4, 48)
    cells32 = net.layer("mix32", net.layer("down32", backend.halve_stack(cells16)))  # (1, h/8, w/8, 64)
    cells32 = net.add_statistics(cells32, statistics)
    cells16 = net.layer("join16", net.merged("up16", cells32, cells16))
    cells8 = net.layer("join8", net.merged("up8", cells16, cells8))
    cells4 = net.layer("join4", net.merged("up4", cells8, cells4))
    output = backend.take(net.layer("output", cells4))
    return output[0, :height, :width, 0].clip(-MOST_LOG_ODDS, MOST_LOG_ODDS)


def normalised(values, mean, scale):
    """Values as the networks take them, (..., c) float32: mean 0, deviation 1, clipped at 5 deviations."""
    return ((values - mean) / scale).clip(-MOST_DEVIATIONS, MOST_DEVIATIONS)
