"""The tables and figures of the park paper, remade: bench/results/paper.{txt,json}, *.svg and *.png.

usage: paper.py --data DATA --results DIR [--only NAME]...

Classifiers are trained on sharp/ and every other photo of scenes/, blurred by the
paper's eleven sigmas without noise or compression, and measured on the other scenes:
the share within .15 pixels, one class. All photos are halved by area, both for training and measuring.
"""

import sys
from collections import namedtuple
from functools import cache, partial

import cv2
import measure
import numpy as np
import photos
import torch
from figures import curves, montage, painted
from scipy import fft
from study_park import CONDITIONS, fresh, halved, load, published, shipped
from torch import nn

from blurkit.mask import focus_mask
from blurkit.methods.park import edges, features, method, network, patches, sparse, training
from blurkit.methods.park.features import COUNTS, LARGE, NAMES, PADDED
from blurkit.ops.backend import CpuBackend, torch_device
from blurkit.training.loop import descend

EPOCHS, BATCH, RATE = 12, 256, 1e-3  # of the classifiers; a tenth of the paper's patches is enough for their order
NETWORK_EPOCHS = 8  # of the convolutions: 6 alone and 4 with the hand-crafted features
POINTS = 24  # of a photo, half of them at weak edges
HIDDEN = (300, 150)  # of the paper's classifier
DROPOUT = 0.1  # fewer patches and passes than the paper: its .5 would underfit
SEED = 0
PICTURES = 3  # photos whose maps are drawn
RANKS = (1, 3, 5, 10, 27)
ENDS = (0, len(patches.SIGMAS) - 1)  # the sharpest and the most blurred class
CHUNK = 1024  # patches at once
AXES = {"dct": "ring", "gradient": "bin", "svd": "singular value"}  # what a hand-crafted feature goes over


def records(data, condition):
    """The training patches as records, and those to measure on, all blurred under one condition."""
    both = []
    for names in (photos.blurring(data), photos.unseen(data)):
        pixels, strong, labels, number = fresh(names, condition, halved, SEED, POINTS)
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


def classifier(inputs, labels):
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

    descend(model.train(), loss_of, len(x), EPOCHS, np.random.default_rng(SEED), silent, BATCH, RATE)
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
def trained(data, condition):
    """The paper's network trained under a condition, and the records to learn from and to check on: `Trained`."""
    torch_device("cpu", 2)
    learn, check = records(data, condition)
    weights, _ = training.train_published(learn, NETWORK_EPOCHS, SEED, "cpu", silent)
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


COMBINATIONS = {
    "fD (DCT)": "D",
    "fG (gradient)": "G",
    "fS (SVD)": "S",
    "fH = [fD, fG, fS]": "DGS",
    "fC (deep)": "C",
    "fB = [fH, fC]": "DGSC",
    "fB less fD": "GSC",
    "fB less fG": "DSC",
    "fB less fS": "DGC",
}


def table(data, scratch, results):
    """Accuracy of features and combinations (paper: fDSC .9325, fGSC .9110, fB single-scale .9100, chance .0909)."""
    learn, check, weights = trained(data, "clean")
    for label, letters in COMBINATIONS.items():
        yield label, accuracy(learn, check, letters)
    for scale, large in (("large", True), ("small", False)):
        both = [at_one_scale(examples, weights, large) for examples in (learn, check)]
        yield f"fB single-scale, {scale} patches at all edges", accuracy(*both, "DGSC")


def accuracy(learn, check, letters):
    """The accuracy of a classifier on features by their letters."""
    model = classifier(learn.features(letters), learn.labels)
    return within(model(check.features(letters)), check.labels)


def at_one_scale(examples, weights, large):
    """Examples with one size of patch for strong and weak edges."""
    records = examples.records.copy()
    records["strong"] = not large
    return Examples.of(records, weights)


def conditions(data, scratch, results):
    """The paper's own network, trained clean and as shipped (augmented), on fresh patches under every condition."""
    clean = trained(data, "clean").weights
    for label, weights in (("trained clean", clean), ("trained augmented (as shipped)", shipped())):
        for condition in CONDITIONS:
            pixels, strong, labels, _ = fresh(photos.unseen(data), condition, halved)
            yield f"paper's network {label}, {condition}", within(published(pixels, strong, weights), labels)


def transforms(data, scratch, results):
    """DCT against DFT and DST, each through the same rings, log and scaling, large patches."""
    learn, check, _ = trained(data, "clean")
    for label, transform in {"DCT": fft.dctn, "DFT": fft.fft2, "DST": fft.dstn}.items():
        averages = features.rings(PADDED[LARGE], COUNTS[LARGE], folded if label == "DFT" else np.arange)
        model = classifier(ring_means(learn.records, transform, averages), learn.labels)
        yield label, within(model(ring_means(check.records, transform, averages)), check.labels)


def folded(size):
    """Frequencies of a DFT in half steps, as those of a DCT: 0, 2, ... and down again for the negative ones."""
    place = np.arange(size)
    return np.minimum(2 * np.minimum(place, size - place), size - 1)


def ring_means(records, transform, averages):
    """Rings of the magnitude of a transform of large patches, normalised as the paper's: (n, 26) float32."""
    grey = edges.value(records["patch"][:, :-1, :-1])
    size, parts = PADDED[LARGE], []
    for start in range(0, len(grey), CHUNK):
        magnitude = np.abs(transform(grey[start : start + CHUNK], s=(size, size), axes=(1, 2), norm="ortho"))
        parts.append(magnitude.reshape(-1, len(averages)) @ averages)
    return features.normalised(np.concatenate(parts)).astype(np.float32)


def mean_curves(data, scratch, results):
    """Mean features of large patches, sharp (sigma .5) against blurred (sigma 2): curves_*.svg."""
    learn = trained(data, "clean").learn
    large = learn.crafted[:, 0, COUNTS[LARGE]] > 0  # only large patches have the constant of their size
    for number, name in enumerate(NAMES):
        rows = {}
        for label in ENDS:
            values = learn.crafted[large & (learn.labels == label), number, : COUNTS[LARGE]]
            rows[f"sigma {patches.SIGMAS[label]:g}"] = values.mean(axis=0)
        curves(results / f"curves_{name}.svg", rows, f"mean {name} feature", AXES[name])
        first, last = rows.values()
        yield name, {"difference (L1)": float(np.abs(first - last).sum())}


def activations(data, scratch, results):
    """Mean activation of the 25 deep features over sigma: activations.svg."""
    learn = trained(data, "clean").learn
    classes = range(len(patches.SIGMAS))
    means = np.stack([learn.deep[learn.labels == label].mean(axis=0) for label in classes])  # (11, 25)
    means /= means.max(axis=0) + 1e-9
    rows = {f"feature {number + 1}": values for number, values in enumerate(means.T)}
    curves(results / "activations.svg", rows, "mean activation / largest", "sigma", patches.SIGMAS)
    directions = np.sign(np.diff(means, axis=0)).sum(axis=0)
    yield "features that rise or fall all the way", {"of 25": int((np.abs(directions) == len(means) - 1).sum())}


def feature_maps(data, scratch, results):
    """Maps from each feature alone, from all, and by the paper's mask at alpha .3: maps.png."""
    learn, _, weights = trained(data, "clean")
    models = {}
    for letters in ("D", "G", "S", "C", "DGSC"):
        model = classifier(learn.features(letters), learn.labels)
        models[letters] = partial(probabilities, letters, model, weights)
    rows = []
    for path in photos.validation(data)[:PICTURES]:
        photo = load(path)
        maps = [map_of(photo, model) for model in models.values()]
        rows.append([photo, *map(painted, maps), focus_mask(maps[-1], "alpha", 0.3)])
    montage(results / "maps.png", rows)
    yield "maps.png", {"photos": PICTURES, "columns": "photo, fD, fG, fS, fC, fB, mask of fB"}


def probabilities(letters, model, weights, records):
    """The probabilities of the classes of records, by a classifier on features by their letters."""
    return model(Examples.of(records, weights).features(letters))


def map_of(photo, probabilities_of):
    """The published pipeline with a classifier of its own."""
    marks = edges.edges(edges.value(photo))
    points = np.argwhere(marks)
    strong = marks[tuple(points.T)] == edges.STRONG
    cut = patches.cut(photo, np.column_stack([points, strong, np.zeros(len(points), int)]), 0)
    raw = sparse.published_map(photo.shape[:2], points, probabilities_of(cut))
    return method.refine(raw, photo, as_published=True)


def low_rank(data, scratch, results):
    """Low-rank approximations of a sharp and a blurred patch: ranks.png; mean share of energy, over large patches."""
    learn, rows = trained(data, "clean").learn, []
    large = learn.records["strong"] == 0
    for label in ENDS:
        chosen = learn.records["patch"][large & (learn.labels == label)][:500, :-1, :-1]
        u, s, v = np.linalg.svd(edges.value(chosen))
        energy = (s**2).cumsum(axis=1) / (s**2).sum(axis=1, keepdims=True)
        yield f"sigma {patches.SIGMAS[label]:g}", {f"rank {rank}": float(energy[:, rank - 1].mean()) for rank in RANKS}
        middle = int(np.argsort(s[:, 1] / s[:, 0])[len(s) // 2])
        rows.append([approximation(u[middle], s[middle], v[middle], rank) for rank in RANKS])
    montage(results / "ranks.png", rows)


def approximation(u, s, v, rank):
    """A patch by its first singular values, enlarged to 135 x 135, uint8."""
    patch = np.uint8(np.clip((u[:, :rank] * s[:rank]) @ v[:rank] * 255, 0, 255))
    return cv2.resize(patch, (135, 135), interpolation=cv2.INTER_NEAREST)


STUDIES = (table, conditions, transforms, mean_curves, activations, feature_maps, low_rank)

if __name__ == "__main__":
    sys.exit(measure.main("paper", __doc__, STUDIES, {}))
