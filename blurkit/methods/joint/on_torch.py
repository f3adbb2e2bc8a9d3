"""Stage 9: the layers of the networks in torch, for a GPU and for training."""

import threading

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from blurkit.methods.joint import layers as networks


class Layers(nn.Module):
    """Some layers of ``networks.LAYERS``, with the operations that ``networks.answer`` calls.

    Parameters
    ----------
    names : iterable of str
    normed : callable
        True for the names of layers that are followed by batch normalisation, which then have no bias of their own.
    """

    def __init__(self, names, normed):
        super().__init__()
        self.convolutions, self.norms = nn.ModuleDict(), nn.ModuleDict()
        for name in names:
            layer = networks.LAYERS[name]
            self.convolutions[key(name)] = nn.Conv2d(
                layer.inputs, layer.outputs, layer.side, layer.stride, groups=layer.groups, bias=not normed(name)
            )
            if normed(name):
                self.norms[key(name)] = nn.BatchNorm2d(layer.outputs)

    def layer(self, name, x):
        layer = networks.LAYERS[name]
        convolution = self.convolutions[key(name)]
        before, after = layer.border
        border = before if before == after else 0
        if before != after:
            x = functional.pad(x, (before, after, before, after))
        x = functional.conv2d(x, convolution.weight, convolution.bias, layer.stride, border, groups=layer.groups)
        if key(name) in self.norms:
            x = self.norms[key(name)](x)
        if layer.then:
            x = functional.relu6(x) if layer.then == "relu6" else functional.relu(x)
        return x

    def add(self, x, y):
        return x + y

    def rectify(self, x):
        return functional.relu(x)

    def join(self, x, y):
        return torch.cat([x, y], 1)

    def mean(self, x):
        return x.mean((2, 3), keepdim=True)

    def resize(self, x, like):
        return functional.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)

    def frozen(self, layers):
        return layers()


def key(name):
    """The name of a layer as torch allows it for a module."""
    return name.replace(".", "_")


def folded(kernels, norm, epsilon):
    """A convolution without bias and the batch normalisation after it as one: weight and bias, float64.

    Parameters
    ----------
    kernels : tensor, (k, c, s, s)
    norm : sequence of four tensors, (k,)
        Gain, offset, mean and variance.
    epsilon : float
        Added to the variance.
    """
    gain, offset, mean, variance = (tensor.double() for tensor in norm)
    gain = gain / (variance + epsilon).sqrt()
    return kernels.double() * gain[:, None, None, None], offset - mean * gain


def loaded(weights, device):
    """All layers with weights as ``layers.SHAPES``, ready to run."""
    layers, kernels = Layers(networks.LAYERS, lambda name: False), networks.kernels(weights)
    for name in networks.LAYERS:
        convolution = layers.convolutions[key(name)]
        convolution.weight.data = torch.from_numpy(kernels[f"{name}.weight"]).float()
        convolution.bias.data = torch.from_numpy(kernels[f"{name}.bias"]).float()
    return layers.to(device).eval()


class Kept(threading.local):
    """The layers that a thread ran last, so that they are moved to the GPU once."""

    weights, device, layers = None, None, None


kept = Kept()


@torch.no_grad()
def run(arrays, weights, device):
    """Answers of both networks as from ``network.run_by_opencv``, on a device of torch."""
    if kept.weights is not weights or kept.device != device:
        kept.weights, kept.device, kept.layers = weights, device, loaded(weights, device)
    tensors = [torch.from_numpy(np.ascontiguousarray(array)).to(device) for array in arrays.values()]
    *evidence, _ = tensors
    alone, _ = networks.answer(kept.layers, "evidence", *evidence)
    seeing, _ = networks.answer(kept.layers, "context", *tensors)
    return alone[0].cpu().numpy(), seeing[0].cpu().numpy()
