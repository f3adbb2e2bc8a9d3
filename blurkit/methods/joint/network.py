"""Stage 8: the two networks that weigh what is known of a cell, and how they run.

Both merge evidence from cells of 4 pixels into cells of 8, 16 and 32 pixels, where the statistics of the whole photo
are added, and on the way back add the finer scales. One sees evidence alone, so that subjects do not sway it; the other
sees the photo too, at all four scales (stage ``backbone``), so that it knows glass from fog. The mean of their log
odds is the answer. Weights are stored with batch normalisation folded in.

The layers are described once, by calls on a ``net`` with the operations ``layer add rectify join mean resize frozen``:
`Writer` writes them as a graph for OpenCV, ``on_torch.Layers`` computes them by torch, on a GPU and in training.
"""

import threading

import numpy as np

from blurkit.methods.joint import backbone
from blurkit.methods.joint.backbone import Layer
from blurkit.methods.joint.evidence import STATISTICS
from blurkit.methods.joint.inputs import PLANES
from blurkit.ops import graph
from blurkit.ops.backend import CpuBackend

CHANNELS = (24, 48, 64, 96)  # of cells of 4, 8, 16 and 32 pixels
NETWORKS = ("evidence", "context")
MOST_LOG_ODDS = 16.0  # a probability of 1e-7, or 1 less that
MOST_DEVIATIONS = 5.0  # from the mean; evidence further away is clipped


def layers_of(name):
    """The layers of one of the `NETWORKS`, by name: side of their cells in pixels at the end."""
    cells4, cells8, cells16, cells32 = CHANNELS
    layers = {
        "enter4": Layer(cells4, PLANES, then="relu"),
        "enter8": Layer(cells8, PLANES, then="relu"),
        "down8": Layer(cells8, cells4, 2, 2, then="relu"),
        "mix8": Layer(cells8, cells8, 3, border=(1, 1)),
        "down16": Layer(cells16, cells8, 3, 2, border=(1, 1), then="relu"),
        "mix16": Layer(cells16, cells16, 3, border=(1, 1)),
        "down32": Layer(cells32, cells16, 3, 2, border=(1, 1), then="relu"),
        "mix32": Layer(cells32, cells32, 3, border=(1, 1)),
        "whole": Layer(cells32, cells32 + STATISTICS, then="relu"),
        "join32": Layer(cells32, cells32, 3, border=(1, 1)),
        "up16": Layer(cells16, cells32),
        "join16.depth": Layer(cells16, cells16, 5, groups=cells16, border=(2, 2)),
        "join16.project": Layer(cells16, cells16),
        "up8": Layer(cells8, cells16),
        "join8.depth": Layer(cells8, cells8, 5, groups=cells8, border=(2, 2)),
        "join8.project": Layer(cells8, cells8),
        "up4": Layer(cells4, cells8),
        "last.depth": Layer(cells4, cells4, 3, groups=cells4, border=(1, 1)),
        "last.project": Layer(cells4, cells4, then="relu"),
        "output": Layer(2, cells4),  # log odds of being in focus; log odds that a blur is motion
    }
    if name == "context":
        for size, channels, tap in zip((4, 8, 16, 32), CHANNELS, backbone.TAP_CHANNELS, strict=True):
            layers[f"see{size}"] = Layer(channels, tap, then="relu")
        layers |= {f"backbone.{layer}": size for layer, size in backbone.LAYERS.items()}
    return {f"{name}.{layer}": size for layer, size in layers.items()}


LAYERS = {layer: size for name in NETWORKS for layer, size in layers_of(name).items()}
LINEAR = ("up16", "up8", "up4", "output")  # layers without batch normalisation in training
SHAPES = {
    "mean": (PLANES,),
    "scale": (PLANES,),
    "whole_mean": (STATISTICS,),
    "whole_scale": (STATISTICS,),
    **{f"{name}.weight": layer.weight_shape for name, layer in LAYERS.items()},
    **{f"{name}.bias": (layer.outputs,) for name, layer in LAYERS.items()},
}


def answer(net, name, planes, halved, statistics, photo=None):
    """One network: planes (n, 2, h, w), log odds of being in focus and of being moved; and its cells of 8 pixels.

    Parameters
    ----------
    net : object with the operations of `Writer`
    name : one of `NETWORKS`
    planes, halved, statistics, photo
        Normalised, (n, 31, h, w), (n, 31, h / 2, w / 2), (n, 3, 1, 1), (n, 3, rows, columns), as `net` holds them.
    """

    def layer(which, x):
        return net.layer(f"{name}.{which}", x)

    cells4 = layer("enter4", planes)
    cells8 = residual(net, net.add(layer("enter8", halved), layer("down8", cells4)), lambda x: layer("mix8", x))
    cells16 = residual(net, layer("down16", cells8), lambda x: layer("mix16", x))
    cells32 = residual(net, layer("down32", cells16), lambda x: layer("mix32", x))
    if name == "context":
        seen = backbone.features(net, f"{name}.backbone", photo)
        cells4, cells8, cells16, cells32 = (
            net.add(cells, net.resize(layer(f"see{size}", tap), cells))
            for size, cells, tap in zip((4, 8, 16, 32), (cells4, cells8, cells16, cells32), seen, strict=True)
        )
    whole = layer("whole", net.join(net.mean(cells32), statistics))
    cells32 = residual(net, net.add(cells32, whole), lambda x: layer("join32", x))
    cells16 = net.rectify(net.add(cells16, net.resize(layer("up16", cells32), cells16)))
    cells16 = residual(net, cells16, lambda x: layer("join16.project", layer("join16.depth", x)))
    cells8 = net.rectify(net.add(cells8, net.resize(layer("up8", cells16), cells8)))
    cells8 = residual(net, cells8, lambda x: layer("join8.project", layer("join8.depth", x)))
    cells4 = net.rectify(net.add(cells4, net.resize(layer("up4", cells8), cells4)))
    return layer("output", layer("last.project", layer("last.depth", cells4))), cells8


def residual(net, x, change):
    """x with what some layers make of it added, rectified."""
    return net.rectify(net.add(x, change(x)))


class Writer:
    """Writes layers with their weights into a graph; all operations take and give names of results."""

    def __init__(self, weights):
        self.weights, self.graph = weights, graph.Graph()
        self.add, self.join, self.mean, self.rectify = (
            self.graph.add,
            self.graph.join,
            self.graph.mean,
            self.graph.rectify,
        )

    def layer(self, name, x):
        """Apply a layer of `LAYERS`."""
        layer = LAYERS[name]
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        x = self.graph.convolve(x, weight, bias, layer.stride, layer.border, layer.groups)
        if layer.then:
            x = self.graph.rectify(x, 6 if layer.then == "relu6" else None)
        return x

    def resize(self, x, like):
        """Enlarge or reduce a result to the rows and columns of another one."""
        return self.graph.resize(x, self.graph.shapes[like][2:])

    def frozen(self, layers):
        """What `layers` give; training lets them keep their weights."""
        return layers()


def log_odds(inputs, weights, backend):
    """Log odds of every cell: of being in focus, and of being moved rather than out of focus if it is blurred.

    Parameters
    ----------
    inputs : ``inputs.Inputs``
    weights : dict of ndarray, as `SHAPES`
    backend : object from ``backend.backend_for``

    Returns
    -------
    ndarray, (2, h, w), float32 in [-16, 16]
    """
    arrays = normalised_inputs(inputs, weights)
    if backend is CpuBackend:
        both = run_by_opencv(arrays, weights)
    else:
        from blurkit.methods.joint import on_torch

        both = on_torch.run(arrays, weights, backend.device)
    rows, columns = inputs.shape
    return both[:, :rows, :columns].clip(-MOST_LOG_ODDS, MOST_LOG_ODDS)


def normalised_inputs(inputs, weights):
    """The arrays that both networks take, by name, in the order of the arguments of `answer`; float32."""
    statistics = normalised(inputs.statistics, weights["whole_mean"], weights["whole_scale"])
    return {
        "planes": normalised_planes(inputs.planes[None], weights),
        "halved": normalised_planes(inputs.halved[None], weights),
        "statistics": statistics.reshape(1, -1, 1, 1),
        "photo": normalised_photo(inputs.photo)[None],
    }


def normalised_planes(planes, weights):
    """Evidence as the networks take it: (n, 31, h, w) float32."""
    mean, scale = (weights[name][:, None, None] for name in ("mean", "scale"))
    return normalised(planes, mean, scale)


def normalised(values, mean, scale):
    """Values with mean 0 and deviation 1, clipped at 5 deviations."""
    return ((values - mean) / scale).clip(-MOST_DEVIATIONS, MOST_DEVIATIONS)


def normalised_photo(photo):
    """Photos, (..., h, w, 3) in [0, 255], as the backbone takes them: (..., 3, h, w) float32."""
    scaled = photo.astype(np.float32) / np.float32(255)
    mean, deviation = (np.array(values, np.float32) for values in (backbone.MEAN, backbone.DEVIATION))
    return np.moveaxis((scaled - mean) / deviation, -1, -3)


class Kept(threading.local):
    """The graph that a thread ran last, for photos of one size."""

    weights, graph = None, None
    shapes = ()


kept = Kept()


def run_by_opencv(arrays, weights):
    """Mean answer of both networks, (2, h, w) float32, on the CPU."""
    shapes = tuple(array.shape for array in arrays.values())
    if kept.weights is not weights or kept.shapes != shapes:
        kept.weights, kept.shapes, kept.graph = weights, shapes, graph.read(written(arrays, weights))
    output = graph.run(kept.graph, arrays)[0]
    return (output[:2] + output[2:]) / 2


def written(arrays, weights):
    """Both networks as the bytes of a graph, for inputs of the shapes of some arrays."""
    net = Writer(weights)
    planes, halved, statistics, photo = (net.graph.input(name, array.shape) for name, array in arrays.items())
    alone, _ = answer(net, "evidence", planes, halved, statistics)
    seeing, _ = answer(net, "context", planes, halved, statistics, photo)
    net.graph.output(net.join(alone, seeing))
    return net.graph.data()
