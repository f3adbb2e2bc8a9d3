"""What the tables and figures of paper.py share: patches, features, the paper's network and its classifier."""

import os
from collections import namedtuple
from functools import cache

import numpy as np
import photos
import torch
from study_park import fresh, halved
from torch import nn

from blurkit.methods.park import edges, features, network, patches, training
from blurkit.ops.backend import CpuBackend, torch_device
from blurkit.training.loop import descend

BATCH, RATE = 256, 1e-3  # of the classifiers
POINTS = 24  # of a photo, half of them at weak edges
HIDDEN = (300, 150)  # of the paper's classifier
DROPOUT = 0.1  # fewer patches and passes than the paper: its .5 would underfit
SEED = 0
CHUNK = 1024  # patches at once

Size = namedtuple("Size", "step epochs network_epochs pictures")
Size.__doc__ = """How much is done.

`step`: every so many photos; `epochs`: of the classifiers, on a tenth of the paper's patches, which is enough for their
order; `network_epochs`: of the convolutions, three quarters alone and half with the hand-crafted features; `pictures`:
photos whose maps are drawn.
"""
Run = namedtuple("Run", "data folder results size")  # paths of photos, of what a later run can use, of results; `Size`
FULL, QUICK = Size(1, 12, 8, 3), Size(8, 6, 4, 1)


def records(run, condition):
    """The training patches as records, and those to measure on, all blurred under one condition."""
    both = []
    for names in (photos.blurring(run.data), photos.unseen(run.data)):
        pixels, strong, labels, number = fresh(names[:: run.size.step], condition, halved, SEED, POINTS)
        of_photos = np.zeros(len(labels), patches.RECORD)
        of_photos["patch"] = pixels
        of_photos["strong"] = strong
        of_photos["sigma"] = patches.SIGMAS[labels]
        of_photos["photo"] = np.char.mod("%d", number)
        both.append(of_photos)
    return both


def labels_of(records):
    """The classes of records, (n,) int."""
    return training.classes(records["sigma"], patches.SIGMAS)


def crafted(records):
    """Hand-crafted features of records, (n, 3, 40) float32."""
    parts = []
    for start in range(0, len(records), CHUNK):
        some = records[start : start + CHUNK]
        parts.append(features.hand_crafted(edges.value(some["patch"]), some["strong"] == 1))
    return np.concatenate(parts).astype(np.float32)


def deep(records, weights):
    """The paper's deep feature of records, (n, 25) float32."""

    def feature(part, strong):
        return network.deep_feature(part[:, :-1, :-1], strong, weights, CpuBackend)

    return network.in_chunks(feature, 25, records["patch"], records["strong"] == 1)


def silent(*_):
    """Report nothing of a training."""


def classifier(inputs, labels, epochs):
    """The paper's classifier on any inputs, trained: a function from inputs to probabilities."""
    torch.manual_seed(SEED)
    mean, scale = inputs.mean(axis=0), inputs.std(axis=0) + 1e-6
    model = perceptron(inputs.shape[1], len(patches.SIGMAS))
    x, y = torch.from_numpy((inputs - mean) / scale), torch.from_numpy(labels)

    def loss_of(batch):
        scores = model(x[batch])
        return nn.functional.cross_entropy(scores, y[batch]), torch.zeros(())

    def probabilities_of(inputs):
        return model(torch.from_numpy((inputs - mean) / scale)).softmax(dim=1).detach().numpy()

    descend(model.train(), loss_of, len(x), epochs, np.random.default_rng(SEED), silent, BATCH, RATE)
    model.eval()
    return probabilities_of


def perceptron(width, classes):
    """The layers of the paper's classifier."""
    layers = []
    for hidden in HIDDEN:
        layers += [nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(DROPOUT)]
        width = hidden
    return nn.Sequential(*layers, nn.Linear(width, classes))


def within(probabilities, labels):
    """The share of likeliest classes at most one off."""
    return {"within .15 px": float((np.abs(probabilities.argmax(axis=1) - labels) <= 1).mean())}


@cache
def trained(run, condition):
    """The paper's network trained under a condition, and the records to learn from and to check on: `Trained`.

    The network is kept in the folder of a `Run`, and taken from there by a run that goes on.
    """
    torch_device("cpu", 2)
    learn, check = records(run, condition)
    kept = run.folder / f"{condition}.npz"
    if kept.exists():
        with np.load(kept) as arrays:
            weights = dict(arrays)
    else:
        weights, _ = training.train_published(learn, run.size.network_epochs, SEED, "cpu", silent)
        with open(run.folder / "new", "wb") as file:
            np.savez(file, **weights)
        os.replace(file.name, kept)  # so a file that is there is whole
    return Trained(Examples.of(learn, weights), Examples.of(check, weights), weights)


class Examples(namedtuple("Examples", "records crafted deep labels")):
    """Records with their hand-crafted features, (n, 3, 40), their deep feature, (n, 25), and their classes, (n,)."""

    @classmethod
    def of(cls, records, weights):
        return cls(records, crafted(records), deep(records, weights), labels_of(records))

    def features(self, letters):
        """Features by their letters, side by side: D, G, S hand-crafted, C deep."""
        columns = {"C": self.deep, **{letter: self.crafted[:, i] for i, letter in enumerate("DGS")}}
        return np.concatenate([columns[letter] for letter in letters], axis=1)


Trained = namedtuple("Trained", "learn check weights")
