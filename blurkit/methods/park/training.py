"""Training of both networks on patches of known blur: the paper's in two phases, and ours."""

from functools import partial

import numpy as np
import torch
from torch import nn

from blurkit.errors import InputError
from blurkit.methods.park import edges, features, network, patches
from blurkit.training.loop import descend, held_out, reproducible

VALIDATION = 10  # one photo in ten, by name, is held out: more photos matter more than more patches
BATCH = 256  # patches a step
RATES = {"deep": 1e-3, "fine": 3e-4, "ours": 3e-3}  # AdamW, highest rate of each phase
EPOCHS_DEEP, EPOCHS_FINE = 3, 2  # of the paper's network, for every 4 of ours
DROPOUT = {"published": 0.5, "ours": 0.2}
NEIGHBOURS = 0.6  # classes; a label's share given to classes beside the true one, Gaussian
FEWEST = 256  # patches to learn from


class Published(nn.Module):
    """The paper's network: deep feature and hand-crafted features before one classifier."""

    def __init__(self):
        super().__init__()
        shapes = network.PUBLISHED
        self.convolutions = nn.ModuleList(
            nn.Conv2d(shape[1], shape[0], shape[2]) for name, shape in shapes.items() if "conv" in name
        )
        self.connected = nn.ModuleList(nn.Linear(shape[1], shape[0]) for name, shape in shapes.items() if "fc" in name)
        self.dropout = nn.Dropout(DROPOUT["published"])
        nn.init.ones_(self.connected[-1].bias)  # behind the last ReLU of the paper nothing learns below 0

    def forward(self, photos, hand_crafted):
        x = photos  # (n, 3, 27, 27) in [-.5, .5]
        for depth, layer in enumerate(self.convolutions):
            x = layer(x).relu()
            if depth < 2:
                x = nn.functional.max_pool2d(x, 3, ceil_mode=True)
        x = torch.cat([hand_crafted, x.flatten(1)], dim=1)  # (n, 145)
        for layer in self.connected[:-1]:
            x = self.dropout(layer(x).relu())
        return self.connected[-1](x).relu()  # (n, 11)

    def weights(self):
        """As `network` takes them: patches transposed and, like the features, in 8-bit steps."""
        found = {}
        for number, layer in enumerate(self.convolutions, start=1):
            weight = layer.weight.detach().clone().transpose(2, 3)
            bias = layer.bias.detach().clone()
            if number == 1:
                bias -= weight.sum(dim=(1, 2, 3)) / 2
                weight /= network.FULL_SCALE
            found |= {f"published.conv{number}.weight": weight, f"published.conv{number}.bias": bias}
        for number, layer in enumerate(self.connected, start=1):
            weight = layer.weight.detach().clone()
            if number == 1:
                weight[:, : -network.PUBLISHED["published.conv4"][0]] /= network.FULL_SCALE
            found |= {f"published.fc{number}.weight": weight, f"published.fc{number}.bias": layer.bias.detach()}
        return as_arrays(found)


class Ours(nn.Module):
    """Four convolutions and one layer more, on patches without mean and contrast."""

    def __init__(self):
        super().__init__()
        strides = {"conv1": 2}
        self.convolutions = nn.ModuleDict(
            {n: nn.Conv2d(s[1], s[0], s[2], strides.get(n, 1)) for n, s in network.OURS.items() if "conv" in n}
        )
        self.output = nn.Linear(*network.OURS["output"][::-1])
        self.dropout = nn.Dropout(DROPOUT["ours"])

    def forward(self, photos):
        x = photos  # (n, 3, 27, 27)
        for name, layer in self.convolutions.items():
            x = layer(x).relu()
            if name == "conv2":
                x = nn.functional.max_pool2d(x, 2)
        return self.output(self.dropout(x.flatten(1)))  # (n, 17)

    def weights(self):
        """As `network` takes them."""
        layers = {**self.convolutions, "output": self.output}
        return as_arrays(
            {f"{name}.{kind}": getattr(layer, kind) for name, layer in layers.items() for kind in ("weight", "bias")}
        )


def as_arrays(tensors):
    """Tensors as float32 arrays of their own."""
    return {name: np.array(tensor.detach().cpu().numpy(), np.float32, order="C") for name, tensor in tensors.items()}


def usable_as_published(records):
    """Indices of the records of the paper's eleven classes, at points found its way."""
    among = (records["sigma"] >= patches.SIGMAS[0] - 1e-3) & (records["sigma"] <= patches.SIGMAS[-1] + 1e-3)
    return np.flatnonzero(among & (records["source"] != patches.SEEDS))


def split(records, chosen):
    """Indices to learn from and to check on, of the chosen records; an InputError where they are too few."""
    held = held_out(records, VALIDATION)
    learn, check = chosen[~held[chosen]], chosen[held[chosen]]
    if len(learn) < FEWEST or not len(check):
        raise InputError(
            f"of {len(records)} patches {len(learn)} can be learned from and {len(check)} are held out; at least {FEWEST} and 1 are needed: more photos"
        )
    return learn, check


def train_ours(records, epochs, seed, device, report):
    """Train our network; patches are flipped and turned, channels exchanged at random.

    Parameters
    ----------
    records : ndarray, (n,), ``patches.RECORD``
        May lie in a file: only a batch is read at a time.
    epochs, seed : int
    device : str, torch device name
    report : callable, as for ``learning.descend``

    Returns
    -------
    weights : dict of ndarray
    within_one : float
        Share of held-out patches whose class is at most one off.
    """
    reproducible(seed, device)
    rng = np.random.default_rng(seed)
    labels = classes(records["sigma"], patches.CLASSES)
    learn, check = split(records, np.arange(len(records)))
    spread = torch.from_numpy(soft_labels(len(patches.CLASSES))).to(device)
    model = Ours().to(device)

    def prepare(batch):
        indices = np.sort(learn[batch])
        photos = turned(records["patch"][indices][:, :-1, :-1], rng)
        return channels_first(network.normalised(photos[..., rng.permutation(3)])), torch.from_numpy(labels[indices])

    def loss_of(prepared):
        photos, target = (p.to(device) for p in prepared)
        scores = model(photos)
        loss = -(spread[target] * scores.log_softmax(dim=1)).sum(dim=1).mean()
        return loss, ((scores.argmax(dim=1) - target).abs() <= 1).float().mean()

    descend(model.train(), loss_of, len(learn), epochs, rng, report, BATCH, RATES["ours"], prepare=prepare)
    model.eval()

    def scores_of(indices):
        return model(channels_first(network.normalised(records["patch"][indices][:, :-1, :-1])).to(device))

    return model.weights(), within_one(scores_of, check, labels)


def train_published(records, epochs, seed, device, report):
    """Train the paper's network: deep feature with the classifier, then with the hand-crafted features.

    Parameters and returns as for `train_ours`, but ``report`` is called with the phase
    first, "deep" or "fine". Only records of the paper's eleven classes, at points found
    the paper's way, are used.
    """
    reproducible(seed, device)
    rng = np.random.default_rng(seed)
    chosen = usable_as_published(records)
    learn, check = split(records, chosen)
    labels, crafted = classes(records["sigma"], patches.SIGMAS), crafted_of(records, chosen)
    model = Published().to(device)

    def inputs(indices, turn, deep_only):
        """One batch, as the network takes it."""
        found = records[indices]
        photos = network.repeat_border(found["patch"][:, :-1, :-1], found["strong"] == 1)
        photos = channels_first((turn(photos) / np.float32(network.FULL_SCALE) - np.float32(0.5)).astype(np.float32))
        by_hand = (
            np.zeros((len(found), crafted.shape[1]), np.float32)
            if deep_only
            else crafted[np.searchsorted(chosen, indices)] / np.float32(255)
        )
        return photos.to(device), torch.from_numpy(by_hand).to(device)

    def loss_of(prepared):
        *photos_and_crafted, target = (p.to(device) for p in prepared)
        scores = model(*photos_and_crafted)
        return nn.functional.cross_entropy(scores, target), ((scores.argmax(dim=1) - target).abs() <= 1).float().mean()

    for phase, share in (("deep", EPOCHS_DEEP), ("fine", EPOCHS_FINE)):

        def prepare(batch, phase=phase):
            indices = np.sort(learn[batch])
            return *inputs(indices, lambda photos: turned(photos, rng), phase == "deep"), torch.from_numpy(
                labels[indices]
            )

        descend(
            model.train(),
            loss_of,
            len(learn),
            max(1, epochs * share // 4),
            rng,
            partial(report, phase),
            BATCH,
            RATES[phase],
            prepare=prepare,
        )
    model.eval()
    return model.weights(), within_one(lambda indices: model(*inputs(indices, np.asarray, False)), check, labels)


def classes(sigma, grid):
    """Index of the nearest class of the grid, (n,) int64."""
    middle = (grid[1:] + grid[:-1]) / 2
    return np.searchsorted(middle, sigma).astype(np.int64)


def soft_labels(count):
    """Targets that give the neighbours of the true class a share: (count, count) float32, rows sum to one."""
    apart = np.subtract.outer(np.arange(count), np.arange(count))
    share = np.exp(-(apart**2) / (2 * NEIGHBOURS**2))
    return (share / share.sum(axis=1, keepdims=True)).astype(np.float32)


def crafted_of(records, chosen):
    """Hand-crafted features of the chosen records in 8-bit steps: (m, 120) uint8."""
    found = np.empty((len(chosen), len(features.NAMES) * features.LENGTH), np.uint8)
    for start in range(0, len(chosen), 1024):
        part = records[chosen[start : start + 1024]]
        values = features.hand_crafted(edges.value(part["patch"]), part["strong"] == 1)
        found[start : start + 1024] = np.rint(values.reshape(len(part), -1) * 255)
    return found


def turned(photos, rng):
    """A batch of square patches, (n, s, s, c), turned and flipped alike at random."""
    photos = np.rot90(photos, rng.integers(4), (1, 2))
    return photos[:, ::-1] if rng.integers(2) else photos


def channels_first(photos):
    """(n, h, w, c) float32 -> tensor (n, c, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(photos.transpose(0, 3, 1, 2)))


@torch.no_grad()
def within_one(scores_of, indices, labels):
    """Share of patches whose best class is at most one from the true one."""
    right = 0
    for start in range(0, len(indices), BATCH):
        part = indices[start : start + BATCH]
        found = scores_of(part).argmax(dim=1).cpu().numpy()
        right += int((np.abs(found - labels[part]) <= 1).sum())
    return right / len(indices)
