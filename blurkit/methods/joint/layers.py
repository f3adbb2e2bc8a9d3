"""Stage 8: the two networks that weigh what is known of a cell, described once.

Both merge evidence from cells of 4 pixels into cells of 8, 16 and 32 pixels, where the statistics of the whole photo
are added, and on the way back add the finer scales. One sees evidence alone, so that subjects do not sway it; the other
sees the photo too, at all four scales (stage ``backbone``), so that it knows glass from fog. Their log odds,
mixed, are the answer. Weights are stored with batch normalisation folded in.

Layers are calls on a ``net`` with the operations ``layer add rectify join mean resize frozen``: ``network.Writer``
writes them as a graph for OpenCV, ``on_torch.Layers`` computes them by torch, on a GPU and in training.
"""

import math

import numpy as np

from blurkit.methods.joint import backbone
from blurkit.methods.joint.backbone import Layer
from blurkit.methods.joint.evidence import STATISTICS
from blurkit.methods.joint.inputs import PLANES

CHANNELS = (24, 48, 64, 96)  # of cells of 4, 8, 16 and 32 pixels
NETWORKS = ("evidence", "context")


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
KERNELS = {  # shapes of the weights and biases of all layers, in their order within the array of their network
    f"{name}.{part}": shape
    for name, layer in LAYERS.items()
    for part, shape in (("weight", layer.weight_shape), ("bias", (layer.outputs,)))
}


def kernels_of(network):
    """Names and shapes of the `KERNELS` of a network."""
    return [(name, shape) for name, shape in KERNELS.items() if name.startswith(f"{network}.")]


SHAPES = {  # of a weights file; a network is one array, as a file of 188 takes 20 ms longer to read
    "mean": (PLANES,),
    "scale": (PLANES,),
    "whole_mean": (STATISTICS,),
    "whole_scale": (STATISTICS,),
    **{network: (sum(math.prod(shape) for _, shape in kernels_of(network)),) for network in NETWORKS},
}


def kernels(weights):
    """The weights and biases of all layers, by the names of `KERNELS`: views of arrays as `SHAPES`."""
    found = {}
    for network in NETWORKS:
        start = 0
        for name, shape in kernels_of(network):
            end = start + math.prod(shape)
            found[name], start = weights[network][start:end].reshape(shape), end
    return found


def joined(found):
    """The array of each network, of weights and biases as from `kernels`: dict of ndarray."""
    return {network: np.concatenate([found[name].ravel() for name, _ in kernels_of(network)]) for network in NETWORKS}


def answer(net, name, planes, halved, statistics, photo=None):
    """One network: planes (n, 2, h, w), log odds of being in focus and of being moved; and its cells of 8 pixels.

    Parameters
    ----------
    net : object with the operations named above
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
