"""Stage 7: training of the network on tiles (torch)."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from blurkit.errors import InputError
from blurkit.methods.joint import evidence, network, patches
from blurkit.training.loop import descend, evenly, held_out, reproducible

CROP = 64  # cells; side of the part of a tile that one step uses
BATCH = 8  # tiles in a step
PEAK_RATE = 3e-3  # of AdamW, see ``loop.descend``
LEAST_RATE = 1e-3  # where the rate ends; high, so that the average of the weights is one of many networks
LOOK_BACK = 0.18  # share of the steps over which the weights are averaged
ONE_IN = 20  # one photo in so many is held out; few, as the shipped weights should have seen the others
FEWEST = 16  # tiles to learn from
CONTRAST = 0.4  # log; deviation of random changes of contrast, so that no photo is recognised by its own
STATISTICS_NOISE = 0.3  # deviations; noise on the statistics of a photo, so that none is recognised by them
NORMALISING_TILES = 500  # at most; they give the mean and the scale of the evidence


class Net(nn.Module):
    """``network.log_odds`` as torch trains it, with batch normalisation.

    It takes tensors (n, 19, h, w), (n, 19, h / 2, w / 2) and (n, 3), h and w even, and returns log odds (n, h, w).
    """

    def __init__(self):
        super().__init__()
        for name, (outputs, inputs, side) in network.LAYERS.items():
            normed = name not in network.LINEAR and name != "whole"
            parts = [nn.Conv2d(inputs, outputs, side, stride=2 if side == 2 else 1, padding=side // 3, bias=not normed)]
            if normed:
                parts.append(nn.BatchNorm2d(outputs))
            self.add_module(name, nn.Sequential(*parts))

    def layer(self, name, x):
        """Apply one layer: (n, inputs, h, w) -> (n, outputs, h, w)."""
        x = getattr(self, name)(x)
        return x if name in network.LINEAR else x.relu_()

    def add_statistics(self, x, statistics):
        """Add to every cell what layer "whole" makes of their mean and of the photo's statistics; x (n, 64, h, w)."""
        return x + self.layer("whole", torch.cat([x.mean((2, 3)), statistics], 1)[..., None, None])

    def merged(self, name, coarse, fine):
        """Apply a linear layer to the coarser scale, enlarge it to the finer one and add that."""
        return functional.interpolate(self.layer(name, coarse), size=fine.shape[2:], mode="bilinear") + fine

    def forward(self, planes, halved, statistics):
        """The steps of ``network.log_odds``."""
        cells4 = self.layer("enter", planes)
        cells8 = self.layer("mix8", self.layer("down8", cells4) + self.layer("enter8", halved))
        cells16 = self.layer("mix16", self.layer("down16", mean_of_2x2(cells8)))
        cells32 = self.layer("mix32", self.layer("down32", mean_of_2x2(cells16)))
        cells32 = self.add_statistics(cells32, statistics)
        cells16 = self.layer("join16", self.merged("up16", cells32, cells16))
        cells8 = self.layer("join8", self.merged("up8", cells16, cells8))
        cells4 = self.layer("join4", self.merged("up4", cells8, cells4))
        return self.layer("output", cells4)[:, 0]


def mean_of_2x2(x):
    """Means of 2 x 2 cells; smaller ones at the end: tensor (n, c, h, w) -> (n, c, ceil(h / 2), ceil(w / 2))."""
    return functional.avg_pool2d(x, 2, ceil_mode=True)


def train(records, epochs, seed, device, report):
    """Train the network on crops of tiles at random places, flipped and turned at random.

    Parameters
    ----------
    records : ndarray, (n,), ``patches.RECORD``
    epochs, seed : int
    device : str, torch device name
    report : callable
        ``report(step, steps, loss, accuracy)`` after every step.

    Returns
    -------
    weights : dict of ndarray, as ``network.SHAPES``
    accuracy : float
        Share of the labelled cells of held-out photos that are classified correctly.

    Raises
    ------
    InputError
        Too few tiles, or none held out.
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
    scaling = input_scaling(records, training_tiles)
    model = Net().to(device, memory_format=torch.channels_last)

    def prepare(batch):
        return crops(records, training_tiles[batch], rng, scaling)

    def loss_of(prepared):
        return loss(model, prepared, device)

    averaged = descend(
        model, loss_of, len(training_tiles), epochs, rng, report, BATCH, PEAK_RATE, LEAST_RATE, LOOK_BACK, prepare
    )
    averaged = averaged.cpu().eval()
    return {**scaling, **folded(averaged)}, accuracy(averaged, records, held_tiles, scaling)


def loss(model, batch, device):
    """Cross-entropy over the labelled cells of a batch from `crops`, and the share of them classified correctly."""
    *inputs, share = batch
    labelled = share <= 1
    logits = model(*(tensor.to(device) for tensor in inputs))[labelled]
    share = share[labelled].to(device)
    right = ((logits > 0) == (share > 0.5)).float().mean()
    return functional.binary_cross_entropy_with_logits(logits, share), right


def input_scaling(records, tiles):
    """Mean and deviation of every plane and of every statistic over some tiles, as named in ``network.SHAPES``."""
    chosen = evenly(tiles, NORMALISING_TILES)
    planes = patches.decoded(np.stack([records["evidence"][i] for i in chosen]))
    statistics = records["whole"][chosen]
    scaling = {
        "mean": planes.mean(axis=(0, 2, 3)),
        "scale": planes.std(axis=(0, 2, 3)),
        "whole_mean": statistics.mean(axis=0),
        "whole_scale": statistics.std(axis=0),
    }
    return {name: np.float32(value + 1e-6 * name.endswith("scale")) for name, value in scaling.items()}


def crops(records, indices, rng, scaling):
    """Crops of some tiles, all from one place and with one rotation and reflection.

    Returns
    -------
    planes, halved : tensor, (b, 19, 64, 64) and (b, 19, 32, 32)
        The contrast of each tile is changed at random, with deviation `CONTRAST`.
    statistics : tensor, (b, 3)
        With noise of deviation `STATISTICS_NOISE`.
    share : tensor, (b, 64, 64)
        Of pixels in focus, in [0, 1]; above 1 where unknown.
    """
    row, column = rng.integers(0, (patches.TILE - CROP) // 2 + 1, 2)  # in cells of the half-size photo
    quarter_turns, mirrored = rng.integers(4), rng.integers(2)
    share = cropped(records["share"], indices, 2 * row, 2 * column, CROP)
    share = turned(share, quarter_turns, mirrored) / np.float32(patches.SHARE)
    codes = turned(cropped(records["evidence"], indices, 2 * row, 2 * column, CROP), quarter_turns, mirrored)
    half_codes = turned(cropped(records["halved"], indices, row, column, CROP // 2), quarter_turns, mirrored)
    planes, halved, statistics = as_input(codes, half_codes, records["whole"][indices], scaling)
    noise = rng.normal(0, STATISTICS_NOISE, statistics.shape).astype(np.float32)
    contrast = torch.from_numpy(contrasts(len(indices), rng) / scaling["scale"])[..., None, None]
    return (
        (planes + contrast).contiguous(memory_format=torch.channels_last),
        (halved + contrast).contiguous(memory_format=torch.channels_last),
        statistics + torch.from_numpy(noise),
        torch.from_numpy(share),
    )


def cropped(tiles, indices, row, column, side):
    """side x side cells of some of the tiles, from one place on: (n, ..., h, w) -> (b, ..., side, side)."""
    chosen = np.stack([tiles[i] for i in indices])
    return chosen[..., row : row + side, column : column + side]


def turned(tiles, quarter_turns, mirrored):
    """Tiles rotated by quarter turns, then mirrored if asked."""
    rotated = np.rot90(tiles, quarter_turns, (-2, -1))
    return rotated[..., ::-1] if mirrored else rotated


def contrasts(count, rng):
    """What a random change of contrast adds to every plane of each of `count` tiles: (count, 19) float32."""
    shifts = np.repeat(rng.normal(0, CONTRAST, (count, 1)), evidence.PLANES, axis=1)
    shifts[:, evidence.REBLUR_LOSSES] = 0
    return shifts.astype(np.float32)


def as_input(codes, half_codes, statistics, scaling):
    """Tiles as stored in records -> tensors as the network takes them: planes, halved, statistics."""
    planes = normalised_planes(codes, scaling)
    halved = normalised_planes(half_codes, scaling)
    statistics = network.normalised(statistics, scaling["whole_mean"], scaling["whole_scale"])
    return planes, halved, torch.from_numpy(statistics)


def normalised_planes(codes, scaling):
    """Codes of evidence, (b, 19, h, w) uint8 -> normalised evidence, a tensor of the same shape, channels last."""
    planes = patches.decoded(codes).transpose(0, 2, 3, 1)
    return torch.from_numpy(network.normalised(planes, scaling["mean"], scaling["scale"])).permute(0, 3, 1, 2)


def folded(model):
    """The weights as ``network.log_odds`` takes them, with batch normalisation folded in."""
    weights = {}
    for name, (_, _, side) in network.LAYERS.items():
        layer, *norm = getattr(model, name)
        weight, bias = layer.weight.detach().double(), layer.bias
        if norm:
            gain = norm[0].weight.double() / (norm[0].running_var.double() + norm[0].eps).sqrt()
            weight = weight * gain[:, None, None, None]
            bias = norm[0].bias.double() - norm[0].running_mean.double() * gain
        weight = weight[:, :, 0, 0] if side == 1 else weight
        weights[f"{name}.weight"] = as_array(weight)
        weights[f"{name}.bias"] = as_array(bias)
    return weights


def as_array(tensor):
    """A tensor as a contiguous float32 array."""
    return np.ascontiguousarray(tensor.detach().numpy(), np.float32)


@torch.no_grad()
def accuracy(model, records, indices, scaling):
    """Share of the labelled cells that are classified correctly; 0 without any."""
    right = total = 0
    for i in indices:
        share = records["share"][i]
        labelled = share != patches.UNKNOWN
        codes, half_codes, statistics = (records[name][i : i + 1] for name in ("evidence", "halved", "whole"))
        logits = model(*as_input(codes, half_codes, statistics, scaling))[0].numpy()
        correct = (logits > 0) == (share > patches.SHARE / 2)
        right += int(correct[labelled].sum())
        total += int(labelled.sum())
    return right / max(total, 1)
