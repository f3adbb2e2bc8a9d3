"""Training of both networks on patches of known blur: the paper's in two phases, and ours."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import nn

from blurkit.methods.park import network, patches
from blurkit.methods.park.samples import classes, crafted_of, soft_labels, split, turned, usable_as_published
from blurkit.training.loop import descend, reproducible

BATCH = 256  # patches a step
RATES = {"deep": 1e-3, "fine": 3e-4, "ours": 3e-3}  # AdamW, highest rate of each phase
PHASES = {"deep": 3 / 4, "fine": 2 / 4}  # of the paper's network, in order: epochs for each of ours
DROPOUT = {"published": 0.5, "ours": 0.2}


class Published(nn.Module):
    """The paper's network: deep feature and hand-crafted features before one classifier."""

    def __init__(self):
        super().__init__()
        self.convolutions, self.connected = nn.ModuleList(), nn.ModuleList()
        for name, (outputs, inputs, *sides) in network.PUBLISHED.items():
            if "conv" in name:
                self.convolutions.append(nn.Conv2d(inputs, outputs, sides[0]))
            else:
                self.connected.append(nn.Linear(inputs, outputs))
        self.dropout = nn.Dropout(DROPOUT["published"])
        nn.init.ones_(self.connected[-1].bias)  # a ReLU follows, below 0 it has no gradient

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
        """Arrays as `network` takes them: for transposed patches and, like the features, in 8-bit steps."""
        tensors = {}
        for number, layer in enumerate(self.convolutions, start=1):
            weight = layer.weight.detach().clone().transpose(2, 3)
            bias = layer.bias.detach().clone()
            if number == 1:
                bias -= weight.sum(dim=(1, 2, 3)) / 2
                weight /= network.FULL_SCALE
            tensors |= {f"published.conv{number}.weight": weight, f"published.conv{number}.bias": bias}
        for number, layer in enumerate(self.connected, start=1):
            weight = layer.weight.detach().clone()
            if number == 1:
                weight[:, : -network.PUBLISHED["published.conv4"][0]] /= network.FULL_SCALE
            tensors |= {f"published.fc{number}.weight": weight, f"published.fc{number}.bias": layer.bias.detach()}
        return as_arrays(tensors)


class Ours(nn.Module):
    """Four convolutions and one layer more, on patches without mean and contrast."""

    def __init__(self):
        super().__init__()
        self.convolutions = nn.ModuleDict()
        for name, (outputs, inputs, *sides) in network.OURS.items():
            if "conv" in name:
                stride = 2 if name == "conv1" else 1
                self.convolutions[name] = nn.Conv2d(inputs, outputs, sides[0], stride)
        outputs, inputs = network.OURS["output"]
        self.output = nn.Linear(inputs, outputs)
        self.dropout = nn.Dropout(DROPOUT["ours"])

    def forward(self, photos):
        x = photos  # (n, 3, 27, 27)
        for name, layer in self.convolutions.items():
            x = layer(x).relu()
            if name == "conv2":
                x = nn.functional.max_pool2d(x, 2)
        return self.output(self.dropout(x.flatten(1)))  # (n, 17)

    def weights(self):
        """Arrays as `network` takes them."""
        tensors = {}
        for name, layer in {**self.convolutions, "output": self.output}.items():
            tensors |= {f"{name}.weight": layer.weight, f"{name}.bias": layer.bias}
        return as_arrays(tensors)


def as_arrays(tensors):
    """Tensors as float32 arrays of their own."""
    return {name: np.array(tensor.detach().cpu().numpy(), np.float32, order="C") for name, tensor in tensors.items()}


def train_ours(records, epochs, seed, device, report):
    """Train our network on patches flipped and turned at random, their channels in random order.

    Parameters
    ----------
    records : ndarray, (n,), ``patches.RECORD``
        May lie in a file: only a batch is read at a time.
    epochs, seed : int
    device : str, torch device name
    report : callable, as for ``loop.descend``

    Returns
    -------
    weights : dict of ndarray
    within_one : float
        Share of held-out patches whose class is at most one off.

    Raises
    ------
    InputError
        There are too few patches.
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
        channels = rng.permutation(3)
        return channels_first(network.normalised(photos[..., channels])), torch.from_numpy(labels[indices])

    def loss_of(prepared):
        photos, target = (tensor.to(device) for tensor in prepared)
        scores = model(photos)
        loss = -(spread[target] * scores.log_softmax(dim=1)).sum(dim=1).mean()
        return loss, share_within_one(scores, target)

    descend(model.train(), loss_of, len(learn), epochs, rng, report, BATCH, RATES["ours"], prepare=prepare)
    model.eval()

    def scores_of(indices):
        photos = network.normalised(records["patch"][indices][:, :-1, :-1])
        return model(channels_first(photos).to(device))

    return model.weights(), within_one(scores_of, check, labels)


@dataclass(frozen=True)
class PublishedInputs:
    """What the paper's network takes, batch by batch, from records."""

    records: np.ndarray  # (n,), ``patches.RECORD``
    chosen: np.ndarray  # (m,), int, ascending: those records with hand-crafted features
    crafted: np.ndarray  # (m, 120), uint8, of the chosen records
    device: str

    def batch(self, indices, rng=None, deep_only=False):
        """Inputs of some of the chosen records.

        Parameters
        ----------
        indices : ndarray, (b,), int
            In `records`.
        rng : numpy.random.Generator, optional
            Patches are turned and flipped at random if given.
        deep_only : bool
            Hand-crafted features are zero.

        Returns
        -------
        photos : torch.Tensor, (b, 3, 27, 27), float32 in [-.5, .5]
        hand_crafted : torch.Tensor, (b, 120), float32 in [0, 1]
        """
        records = self.records[indices]
        photos = network.repeat_border(records["patch"][:, :-1, :-1], records["strong"] == 1)
        if rng is not None:
            photos = turned(photos, rng)
        photos = (photos / np.float32(network.FULL_SCALE) - np.float32(0.5)).astype(np.float32)
        if deep_only:
            hand_crafted = np.zeros((len(records), self.crafted.shape[1]), np.float32)
        else:
            hand_crafted = self.crafted[np.searchsorted(self.chosen, indices)] / np.float32(255)
        return channels_first(photos).to(self.device), torch.from_numpy(hand_crafted).to(self.device)


def train_published(records, epochs, seed, device, report):
    """Train the paper's network: deep feature with the classifier, then with the hand-crafted features.

    Parameters, returns and errors as for `train_ours`, but ``report`` is called with the phase first, "deep" or "fine".
    Only records of the paper's eleven classes, at its edge points, are used.
    """
    reproducible(seed, device)
    rng = np.random.default_rng(seed)
    chosen = usable_as_published(records)
    learn, check = split(records, chosen)
    labels = classes(records["sigma"], patches.SIGMAS)
    inputs = PublishedInputs(records, chosen, crafted_of(records, chosen), device)
    model = Published().to(device)
    for phase, share in PHASES.items():
        train_phase(model, phase, int(max(1, epochs * share)), inputs, learn, labels, rng, report)
    model.eval()

    def scores_of(indices):
        return model(*inputs.batch(indices))

    return model.weights(), within_one(scores_of, check, labels)


def train_phase(model, phase, epochs, inputs, learn, labels, rng, report):
    """Train the paper's network through one of its phases.

    Parameters
    ----------
    model : Published
    phase : {"deep", "fine"}
        In the first the hand-crafted features are zero.
    epochs : int
    inputs : PublishedInputs
    learn : ndarray, (k,), int
        Indices of the records to learn from.
    labels : ndarray, (n,), int64
        Classes of all records.
    rng : numpy.random.Generator
    report : callable, as for `train_published`
    """

    def prepare(batch):
        indices = np.sort(learn[batch])
        photos, hand_crafted = inputs.batch(indices, rng, deep_only=phase == "deep")
        return photos, hand_crafted, torch.from_numpy(labels[indices])

    def loss_of(prepared):
        photos, hand_crafted, target = prepared
        target = target.to(inputs.device)
        scores = model(photos, hand_crafted)
        return nn.functional.cross_entropy(scores, target), share_within_one(scores, target)

    report_step = partial(report, phase)
    descend(model.train(), loss_of, len(learn), epochs, rng, report_step, BATCH, RATES[phase], prepare=prepare)


def channels_first(photos):
    """(n, h, w, c) float32 -> tensor (n, c, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(photos.transpose(0, 3, 1, 2)))


def share_within_one(scores, target):
    """Share of a batch whose best class is at most one from the true one: (b, classes), (b,) -> () float32."""
    return ((scores.argmax(dim=1) - target).abs() <= 1).float().mean()


@torch.no_grad()
def within_one(scores_of, indices, labels):
    """Share of patches whose best class is at most one from the true one: float.

    `scores_of` gives the scores, (b, classes), of the patches at some indices.
    """
    right = 0
    for start in range(0, len(indices), BATCH):
        part = indices[start : start + BATCH]
        best = scores_of(part).argmax(dim=1).cpu().numpy()
        right += int((np.abs(best - labels[part]) <= 1).sum())
    return right / len(indices)
