"""Stage 14: training of the two networks on tiles (torch)."""

import math

import numpy as np
import torch
from torch.nn import functional

from blurkit.errors import InputError
from blurkit.methods.joint import backbone, crops, layers, network, patches, pretrained
from blurkit.methods.joint.on_torch import Layers, folded, key
from blurkit.training.loop import descend, held_out, reproducible

BATCH = 8  # tiles in a step
PEAK_RATE, BACKBONE_RATE = 2e-3, 2e-4  # of AdamW, see ``loop.descend``; the backbone has learned already
WEIGHT_DECAY, LONGEST = 1e-2, 5.0  # of AdamW; norm to which gradients are cut
RISES = 0.1  # share of the steps over which the rate rises
LOOK_BACK = 0.06  # share of the steps over which the weights are averaged
COARSE_WEIGHT, KIND_WEIGHT = 0.2, 0.15  # in the loss, of the answer in cells of 8 pixels, and of the kind of blur
ONE_IN = 20  # one photo in so many is held out; few, as the shipped weights should have seen the others
FEWEST = 16  # tiles to learn from


class Nets(Layers):
    """Both networks as torch trains them, with batch normalisation, but for the backbone, which has it folded in.

    Each also answers in cells of 8 pixels, which speeds up its learning and is not part of the weights.
    """

    def __init__(self):
        super().__init__(layers.LAYERS, is_normed)
        for name in layers.NETWORKS:
            self.convolutions[f"{name}_coarse"] = torch.nn.Conv2d(layers.CHANNELS[1], 1, 1)
        for name, array in pretrained.weights().items():
            layer, part = name.rsplit(".", 1)
            convolution = self.convolutions[key(f"context.backbone.{layer}")]
            getattr(convolution, part).data = torch.from_numpy(array)
        for name in layers.LAYERS:
            if in_front(name):
                self.convolutions[key(name)].requires_grad_(False)

    def frozen(self, results):
        """Compute layers that do not learn; in half precision, which is faster."""
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=self.training):
            return [result.float() for result in results()]

    def answers(self, name, *inputs):
        """Answer of a network, (n, 2, h, w), and that in cells of 8 pixels, (n, h / 2, w / 2)."""
        answer, cells8 = layers.answer(self, name, *inputs)
        return answer, self.convolutions[f"{name}_coarse"](cells8)[:, 0]


def is_normed(name):
    """True for layers with batch normalisation in training."""
    return ".backbone." not in name and name.split(".", 1)[1] not in (*layers.LINEAR, "whole")


def in_front(name):
    """True for the layers of the backbone that keep what they learned before."""
    _, is_backbone, layer = name.partition(".backbone.")
    first = layer.partition(".")[0]
    return bool(is_backbone) and (first == "stem" or int(first) < backbone.FRONT)


def train(records, epochs, seed, device, report):
    """Train both networks on crops of tiles at random places, mirrored and, without the photo, turned at random.

    Parameters
    ----------
    records : ndarray, (n,), ``patches.RECORD``
    epochs, seed : int
    device : str, torch device name
    report : callable
        ``report(step, steps, loss, accuracy)`` after every step.

    Returns
    -------
    weights : dict of ndarray, as ``layers.SHAPES``
        float16, but for the scaling of the inputs.
    accuracy : float
        Share of the labelled cells of held-out photos that are classified correctly.

    Raises
    ------
    InputError
        Too few tiles, or none held out.
    WeightsError
        What the backbone starts from is missing.
    """
    reproducible(seed, device)
    rng = np.random.default_rng(seed)
    is_held = held_out(records, ONE_IN)
    training_tiles, held_tiles = np.flatnonzero(~is_held), np.flatnonzero(is_held)
    if len(training_tiles) < FEWEST or not len(held_tiles):
        raise InputError(
            f"patch set has {len(training_tiles)} tiles to learn from and {len(held_tiles)} of photos held out; "
            f"at least {FEWEST} and 1 are needed: more photos"
        )
    scaling = crops.input_scaling(records, training_tiles)
    model = Nets().to(device, memory_format=torch.channels_last).train()
    averaged = descend(
        model,
        lambda batch: loss(model, batch, device),
        len(training_tiles),
        epochs,
        rng,
        report,
        BATCH,
        PEAK_RATE,
        look_back=LOOK_BACK,
        prepare=lambda batch: crops.crops(records, training_tiles[batch], rng, scaling),
        rises=RISES,
        rate_of={f"convolutions.{key('context.backbone.')}": BACKBONE_RATE},
        decay=WEIGHT_DECAY,
        longest=LONGEST,
    )
    averaged = averaged.cpu().eval()
    return {**scaling, **exported(averaged)}, accuracy(averaged, records, held_tiles, scaling)


def loss(model, batch, device):
    """The loss of both networks over a batch from ``crops``, and the share of labelled cells classified correctly."""
    planes, halved, statistics, photo, share, moving, quarter_turns = (
        value.to(device) if isinstance(value, torch.Tensor) else value for value in batch
    )
    total, log_odds = 0, []
    for name in layers.NETWORKS:
        if name == "context":
            answer, coarse = model.answers(name, planes, halved, statistics, photo)
        else:
            turned = (turned_by(value, quarter_turns) for value in (planes, halved))
            answers = model.answers(name, *turned, statistics)
            answer, coarse = (turned_by(value, -quarter_turns) for value in answers)
        total = total + loss_of(answer, coarse, share, moving)
        log_odds.append(answer.detach())
    is_right = (network.mixed(*log_odds)[:, 0] > 0) == (share > 0.5)
    return total, is_right[share <= 1].float().mean()


def loss_of(answer, coarse, share, moving):
    """Cross-entropy of one network: of focus in labelled cells, of focus in cells of 8 pixels, of the kind of blur."""
    labelled = (share <= 1).float()
    is_blurred = ((share < 0.5) & (moving <= 1)).float()
    share8 = functional.avg_pool2d(share.clamp(0, 1)[:, None], 2)[:, 0]
    labelled8 = (functional.avg_pool2d(labelled[:, None], 2)[:, 0] > 0.99).float()
    return (
        cross_entropy(answer[:, 0], share.clamp(0, 1), labelled)
        + COARSE_WEIGHT * cross_entropy(coarse, share8, labelled8)
        + KIND_WEIGHT * cross_entropy(answer[:, 1], moving.clamp(0, 1), is_blurred)
    )


def cross_entropy(logits, share, counted):
    """Mean cross-entropy over the cells that are counted; 0 without any."""
    losses = functional.binary_cross_entropy_with_logits(logits, share, reduction="none")
    return (losses * counted).sum() / counted.sum().clamp(min=1)


def turned_by(x, quarter_turns):
    """Planes rotated by quarter turns, kept as torch computes them fastest."""
    rotated = torch.rot90(x, quarter_turns, (-2, -1))
    return rotated.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else rotated


def exported(model):
    """The weights as ``network.log_odds`` takes them, with batch normalisation folded in: dict of ndarray, float16."""
    kernels = {}
    for name in layers.LAYERS:
        convolution = model.convolutions[key(name)]
        weight, bias = convolution.weight, convolution.bias
        if key(name) in model.norms:
            norm = model.norms[key(name)]
            weight, bias = folded(weight, (norm.weight, norm.bias, norm.running_mean, norm.running_var), norm.eps)
        kernels[f"{name}.weight"], kernels[f"{name}.bias"] = as_array(weight), as_array(bias)
    return layers.joined(kernels)


def as_array(tensor):
    """A tensor as a contiguous float16 array."""
    return np.ascontiguousarray(tensor.detach().numpy(), np.float16)


@torch.no_grad()
def accuracy(model, records, indices, scaling):
    """Share of the labelled cells that both networks together classify correctly; NaN without any."""
    right = total = 0
    for i in indices:
        record = records[i]
        labelled = record["share"] != patches.UNKNOWN
        evidence = [
            crops.as_input(network.normalised_planes(patches.decoded(record[name][None]), scaling))
            for name in ("evidence", "halved")
        ]
        statistics = network.normalised(record["whole"], scaling["whole_mean"], scaling["whole_scale"])
        photo = network.normalised_photo(crops.resized(record["pixels"], crops.CROPS[-1][1]))
        inputs = (*evidence, crops.as_input(statistics.reshape(1, -1, 1, 1)), crops.as_input(photo[None]))
        log_odds = network.mixed(model.answers("evidence", *inputs[:3])[0], model.answers("context", *inputs)[0])
        correct = (log_odds[0, 0].numpy() > 0) == (record["share"] > patches.SHARE / 2)
        right += int(correct[labelled].sum())
        total += int(labelled.sum())
    return right / total if total else math.nan
