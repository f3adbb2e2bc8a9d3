"""Stage 5: training of the network on tiles (torch)."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from blurkit.errors import InputError
from blurkit.methods.joint import evidence, network, patches
from blurkit.training.loop import descend, evenly, held_out, reproducible

CROP = 64  # cells; side of what one step sees of a tile
BATCH = 8  # tiles a step
PEAK_RATE, LEAST_RATE = (
    3e-3,
    1e-3,
)  # of AdamW, see ``learning.descend``; it stays that high, so that the average is one of many networks
LOOK_BACK = 0.18  # share of the steps
ONE_IN = 20  # photos are held out; few, as what ships should have seen the others
FEWEST = 16  # tiles to learn from
CONTRAST = 0.4  # deviation, in log; photos of more and of less contrast, so that none is known by it
DOUBT = 0.3  # deviations; noise on the statistics of the whole photo, or photos would be known by them
LOOKED_AT = 500  # tiles, for the mean and the scale of the evidence


class Net(nn.Module):
    """``network.log_odds`` as torch trains it, batch-normalised: (n, 19, h, w), (n, 19, h / 2, w / 2), (n, 3) -> logits (n, h, w); h and w even."""

    def __init__(self):
        super().__init__()
        for name, (outputs, inputs, side) in network.LAYERS.items():
            normed = name not in network.LINEAR and name != "whole"
            layer = nn.Conv2d(inputs, outputs, side, stride=2 if side == 2 else 1, padding=side // 3, bias=not normed)
            self.add_module(name, nn.Sequential(layer, *([nn.BatchNorm2d(outputs)] if normed else [])))

    def forward(self, planes, halved, whole):
        def layer(name, x):
            x = getattr(self, name)(x)
            return x if name in network.LINEAR else x.relu_()

        def halve(x):
            return functional.avg_pool2d(x, 2, ceil_mode=True)

        def finer(name, x, beside):
            return functional.interpolate(layer(name, x), size=beside.shape[2:], mode="bilinear") + beside

        four = layer("enter", planes)
        eight = layer("mix8", layer("down8", four) + layer("enter8", halved))
        sixteen = layer("mix16", layer("down16", halve(eight)))
        coarsest = layer("mix32", layer("down32", halve(sixteen)))
        coarsest = coarsest + layer("whole", torch.cat([coarsest.mean((2, 3)), whole], 1)[..., None, None])
        sixteen = layer("join16", finer("up16", coarsest, sixteen))
        eight = layer("join8", finer("up8", sixteen, eight))
        return layer("output", layer("join4", finer("up4", eight, four)))[:, 0]


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
        Share of the cells of held-out photos that are told rightly.

    Raises
    ------
    InputError
        Too few tiles, or none held out.
    """
    reproducible(seed, device)
    rng = np.random.default_rng(seed)
    held = held_out(records, ONE_IN)
    learn, check = np.flatnonzero(~held), np.flatnonzero(held)
    if len(learn) < FEWEST or not len(check):
        raise InputError(
            f"patch set has {len(learn)} tiles to learn from and {len(check)} of photos held out; at least {FEWEST} and 1 are needed: more photos"
        )
    norms = spread_of(records, learn)
    model = Net().to(device, memory_format=torch.channels_last)

    def prepare(batch):
        return crops(records, learn[batch], rng, norms)

    def loss_of(prepared):
        *inputs, share = prepared
        known = share <= 1
        logits, share = model(*(i.to(device) for i in inputs))[known], share[known].to(device)
        right = ((logits > 0) == (share > 0.5)).float().mean()
        return functional.binary_cross_entropy_with_logits(logits, share), right

    averaged = (
        descend(model, loss_of, len(learn), epochs, rng, report, BATCH, PEAK_RATE, LEAST_RATE, LOOK_BACK, prepare)
        .cpu()
        .eval()
    )
    return {**norms, **folded(averaged)}, accuracy(averaged, records, check, norms)


def spread_of(records, indices):
    """Mean and deviation of every plane and of every statistic, over tiles evenly chosen: dict of float32."""
    some = evenly(indices, LOOKED_AT)
    planes, whole = patches.decoded(np.stack([records["evidence"][i] for i in some])), records["whole"][some]
    found = {
        "mean": planes.mean(axis=(0, 2, 3)),
        "scale": planes.std(axis=(0, 2, 3)),
        "whole_mean": whole.mean(axis=0),
        "whole_scale": whole.std(axis=0),
    }
    return {name: np.float32(value + 1e-6 * name.endswith("scale")) for name, value in found.items()}


def crops(records, indices, rng, norms):
    """Crops of some tiles, all at one place and turned alike.

    Returns
    -------
    planes, halved : tensor, (b, 19, 64, 64) and (b, 19, 32, 32)
        Each tile with a contrast of its own, of deviation `CONTRAST`.
    whole : tensor, (b, 3)
        With noise of deviation `DOUBT`.
    share : tensor, (b, 64, 64)
        Of sharp pixels, in [0, 1]; above 1 where unknown.
    """
    half = rng.integers(0, (patches.TILE - CROP) // 2 + 1, 2)  # in cells of the halved photo
    quarter, flipped = rng.integers(4), rng.integers(2)

    def crop(name, times):
        row, column = times * half
        side = CROP * times // 2
        found = np.stack([records[name][i] for i in indices])[..., row : row + side, column : column + side]
        return np.rot90(found, quarter, (-2, -1))[..., :: 1 - 2 * flipped]

    share = torch.from_numpy(crop("share", 2) / np.float32(patches.SHARE))
    *planes, whole = as_input(crop("evidence", 2), crop("halved", 1), records["whole"][indices], norms)
    doubt = rng.normal(0, DOUBT, whole.shape).astype(np.float32)
    contrast = torch.from_numpy(contrasts(len(indices), rng) / norms["scale"])[..., None, None]
    return (
        *((p + contrast).contiguous(memory_format=torch.channels_last) for p in planes),
        whole + torch.from_numpy(doubt),
        share,
    )


def contrasts(count, rng):
    """What another contrast adds to every plane of each of `count` tiles: (count, 19) float32."""
    shifts = np.repeat(rng.normal(0, CONTRAST, (count, 1)), evidence.PLANES, axis=1)
    shifts[:, evidence.RATIOS] = 0
    return shifts.astype(np.float32)


def as_input(codes, halved, whole, norms):
    """Tiles as records keep them, as the network takes them: three tensors."""
    found = (
        network.normal(patches.decoded(c).transpose(0, 2, 3, 1), norms["mean"], norms["scale"]) for c in (codes, halved)
    )
    whole = network.normal(whole, norms["whole_mean"], norms["whole_scale"])
    return *(torch.from_numpy(f).permute(0, 3, 1, 2) for f in found), torch.from_numpy(whole)


def folded(model):
    """The weights as ``network.log_odds`` takes them, batch normalisation folded in."""
    found = {}
    for name, (_, _, side) in network.LAYERS.items():
        layer, *norm = getattr(model, name)
        weight, bias = layer.weight.detach().double(), layer.bias
        if norm:
            gain = norm[0].weight.double() / (norm[0].running_var.double() + norm[0].eps).sqrt()
            weight, bias = (
                weight * gain[:, None, None, None],
                norm[0].bias.double() - norm[0].running_mean.double() * gain,
            )
        weight = weight[:, :, 0, 0] if side == 1 else weight
        found[f"{name}.weight"], found[f"{name}.bias"] = (
            np.ascontiguousarray(t.detach().numpy(), np.float32) for t in (weight, bias)
        )
    return found


@torch.no_grad()
def accuracy(model, records, indices, norms):
    """Share of known cells told rightly; 0 without any."""
    right = known = 0
    for i in indices:
        share = records["share"][i]
        sure = share != patches.UNKNOWN
        codes, halved, whole = (records[name][i : i + 1] for name in ("evidence", "halved", "whole"))
        logits = model(*as_input(codes, halved, whole, norms))[0].numpy()
        right += int(((logits > 0) == (share > patches.SHARE / 2))[sure].sum())
        known += int(sure.sum())
    return right / max(known, 1)
