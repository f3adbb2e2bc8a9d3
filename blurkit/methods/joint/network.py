"""Stage 10: both networks at inference: a graph written from checked arrays, run by OpenCV; on a GPU by torch."""

import threading

import numpy as np

from blurkit.methods.joint import backbone
from blurkit.methods.joint.layers import LAYERS, answer, kernels
from blurkit.ops import graph
from blurkit.ops.backend import CpuBackend

SHARES = np.array([0.35, 0.75], np.float32)  # of the network of context in the answer: in focus, moved
MOST_LOG_ODDS = 16.0  # a probability of 1e-7, or 1 less that
MOST_DEVIATIONS = 5.0  # from the mean; evidence further away is clipped


class Writer:
    """Writes layers with their weights into a graph; all operations take and give names of results."""

    def __init__(self, weights):
        self.kernels, self.graph = kernels(weights), graph.Graph()
        self.add, self.join, self.mean, self.rectify = (
            self.graph.add,
            self.graph.join,
            self.graph.mean,
            self.graph.rectify,
        )

    def layer(self, name, x):
        """Apply a layer of `LAYERS`."""
        layer = LAYERS[name]
        weight, bias = self.kernels[f"{name}.weight"], self.kernels[f"{name}.bias"]
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
    weights : dict of ndarray, as ``layers.SHAPES``
    backend : object from ``backend.backend_for``

    Returns
    -------
    ndarray, (2, h, w), float32 in [-16, 16]
    """
    arrays = normalised_inputs(inputs, weights)
    if backend is CpuBackend:
        alone, seeing = run_by_opencv(arrays, weights)
    else:
        from blurkit.methods.joint import on_torch

        alone, seeing = on_torch.run(arrays, weights, backend.device)
    rows, columns = inputs.shape
    return mixed(alone, seeing)[:, :rows, :columns].clip(-MOST_LOG_ODDS, MOST_LOG_ODDS)


def mixed(alone, seeing):
    """The answer of both networks: of two arrays, or tensors, (..., 2, h, w), the mean that `SHARES` weigh."""
    answer = alone + 0
    for number, share in enumerate(SHARES.tolist()):
        answer[..., number, :, :] += share * (seeing - alone)[..., number, :, :]
    return answer


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
    """Answers of the network of evidence and of that of context, two (2, h, w) float32, on the CPU."""
    shapes = tuple(array.shape for array in arrays.values())
    if kept.weights is not weights or kept.shapes != shapes:
        kept.weights, kept.shapes, kept.graph = weights, shapes, graph.read(written(arrays, weights))
    output = graph.run(kept.graph, arrays)[0]
    return output[:2], output[2:]


def written(arrays, weights):
    """Both networks as the bytes of a graph, for inputs of the shapes of some arrays."""
    net = Writer(weights)
    planes, halved, statistics, photo = (net.graph.input(name, array.shape) for name, array in arrays.items())
    alone, _ = answer(net, "evidence", planes, halved, statistics)
    seeing, _ = answer(net, "context", planes, halved, statistics, photo)
    net.graph.output(net.join(alone, seeing))
    return net.graph.data()
