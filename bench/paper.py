"""The tables and figures of the park paper, remade: bench/results/paper.{txt,json}, *.svg and *.png.

usage: paper.py --data DATA --results DIR [--quick] [--only NAME]...

Classifiers are trained on sharp/ and every other photo of scenes/, blurred by the
paper's eleven sigmas without noise or compression, and measured on the other scenes:
the share within .15 pixels, one class. All photos are halved by area, both for training and measuring.

Every row is written as soon as it is there, and a run that was stopped goes on behind them.
--quick takes every eighth photo and half the passes, into paper-quick.*: the order of the rows holds, their values
do not.
"""

import sys
from functools import partial, wraps

import cv2
import measure
import numpy as np
import photos
from figures import curves, montage, painted
from park_features import CHUNK, FULL, QUICK, Examples, Run, classifier, trained, within
from scipy import fft
from study_park import CONDITIONS, fresh, halved, load, published, shipped

from blurkit.mask import focus_mask
from blurkit.methods.park import edges, features, method, patches, sparse
from blurkit.methods.park.features import COUNTS, LARGE, NAMES, PADDED

RANKS = (1, 3, 5, 10, 27)
ENDS = (0, len(patches.SIGMAS) - 1)  # the sharpest and the most blurred class
AXES = {"dct": "ring", "gradient": "bin", "svd": "singular value"}  # what a hand-crafted feature goes over


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


def table(run):
    """Accuracy of features and combinations (paper: fDSC .9325, fGSC .9110, fB single-scale .9100, chance .0909)."""
    rows = [(label, partial(accuracy, run, letters)) for label, letters in COMBINATIONS.items()]
    for scale, large in (("large", True), ("small", False)):
        rows.append((f"fB single-scale, {scale} patches at all edges", partial(accuracy, run, "DGSC", large)))
    return rows


def accuracy(run, letters, large=None):
    """The accuracy of a classifier on features by their letters; `large`: all patches large, or all small."""
    learn, check, weights = trained(run, "clean")
    if large is not None:
        learn, check = (at_one_scale(examples, weights, large) for examples in (learn, check))
    model = classifier(learn.features(letters), learn.labels, run.size.epochs)
    return within(model(check.features(letters)), check.labels)


def at_one_scale(examples, weights, large):
    """Examples with one size of patch for strong and weak edges."""
    records = examples.records.copy()
    records["strong"] = not large
    return Examples.of(records, weights)


def conditions(run):
    """The paper's own network, trained clean and as shipped (augmented), on fresh patches under every condition."""
    sources = {"trained clean": lambda: trained(run, "clean").weights, "trained augmented (as shipped)": shipped}
    return [
        (f"paper's network {label}, {condition}", partial(under, run, weights_of, condition))
        for label, weights_of in sources.items()
        for condition in CONDITIONS
    ]


def under(run, weights_of, condition):
    """The accuracy of the paper's network on fresh patches under a condition."""
    pixels, strong, labels, _ = fresh(photos.unseen(run.data)[:: run.size.step], condition, halved)
    return within(published(pixels, strong, weights_of()), labels)


def transforms(run):
    """DCT against DFT and DST, each through the same rings, log and scaling, large patches."""
    kinds = {"DCT": fft.dctn, "DFT": fft.fft2, "DST": fft.dstn}
    return [(label, partial(by_transform, run, label, transform)) for label, transform in kinds.items()]


def by_transform(run, label, transform):
    """The accuracy of a classifier on the rings of a transform."""
    learn, check, _ = trained(run, "clean")
    averages = features.rings(PADDED[LARGE], COUNTS[LARGE], folded if label == "DFT" else np.arange)
    model = classifier(ring_means(learn.records, transform, averages), learn.labels, run.size.epochs)
    return within(model(ring_means(check.records, transform, averages)), check.labels)


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


def mean_curves(run):
    """Mean features of large patches, sharp (sigma .5) against blurred (sigma 2): curves_*.svg."""
    return [(name, partial(mean_curve, run, number)) for number, name in enumerate(NAMES)]


def mean_curve(run, number):
    """The curves of one hand-crafted feature."""
    learn, rows, name = trained(run, "clean").learn, {}, NAMES[number]
    large = learn.crafted[:, 0, COUNTS[LARGE]] > 0  # only large patches have the constant of their size
    for label in ENDS:
        values = learn.crafted[large & (learn.labels == label), number, : COUNTS[LARGE]]
        rows[f"sigma {patches.SIGMAS[label]:g}"] = values.mean(axis=0)
    curves(run.results / f"curves_{name}.svg", rows, f"mean {name} feature", AXES[name])
    first, last = rows.values()
    return {"difference (L1)": float(np.abs(first - last).sum())}


def activations(run):
    """Mean activation of the 25 deep features over sigma: activations.svg."""
    return [("features that rise or fall all the way", partial(activation, run))]


def activation(run):
    """The curves, and how many of them are monotonic."""
    learn = trained(run, "clean").learn
    classes = range(len(patches.SIGMAS))
    means = np.stack([learn.deep[learn.labels == label].mean(axis=0) for label in classes])  # (11, 25)
    means /= means.max(axis=0) + 1e-9
    rows = {f"feature {number + 1}": values for number, values in enumerate(means.T)}
    curves(run.results / "activations.svg", rows, "mean activation / largest", "sigma", patches.SIGMAS)
    directions = np.sign(np.diff(means, axis=0)).sum(axis=0)
    return {"of 25": int((np.abs(directions) == len(means) - 1).sum())}


def feature_maps(run):
    """Maps from each feature alone, from all, and by the paper's mask at alpha .3: maps.png."""
    return [("maps.png", partial(draw_maps, run))]


def draw_maps(run):
    """The picture."""
    learn, _, weights = trained(run, "clean")
    models = {}
    for letters in ("D", "G", "S", "C", "DGSC"):
        model = classifier(learn.features(letters), learn.labels, run.size.epochs)
        models[letters] = partial(probabilities, letters, model, weights)
    rows, names = [], photos.validation(run.data)[: run.size.pictures]
    for path in names:
        photo = load(path)
        maps = [map_of(photo, model) for model in models.values()]
        rows.append([photo, *map(painted, maps), focus_mask(maps[-1], "alpha", 0.3)])
    heads = ("photo", "fD (DCT)", "fG (gradient)", "fS (SVD)", "fC (deep)", "fB (all)", "mask of fB, alpha .3")
    montage(run.results / "maps.png", rows, heads, [path.stem for path in names])
    return {"photos": len(names)}


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


def low_rank(run):
    """Low-rank approximations of a sharp and a blurred patch: ranks.png; mean share of energy, over large patches."""
    rows = [(f"sigma {patches.SIGMAS[label]:g}", partial(energy, run, label)) for label in ENDS]
    return [*rows, ("ranks.png", partial(draw_ranks, run))]


def decomposed(run, label):
    """Singular vectors and values of large patches of a class: u, s, v."""
    learn = trained(run, "clean").learn
    large = learn.records["strong"] == 0
    chosen = learn.records["patch"][large & (learn.labels == label)][:500, :-1, :-1]
    return np.linalg.svd(edges.value(chosen))


def energy(run, label):
    """The mean share of the energy that the first singular values have."""
    _, s, _ = decomposed(run, label)
    shares = (s**2).cumsum(axis=1) / (s**2).sum(axis=1, keepdims=True)
    return {f"rank {rank}": float(shares[:, rank - 1].mean()) for rank in RANKS}


def draw_ranks(run):
    """The picture."""
    rows = []
    for label in ENDS:
        u, s, v = decomposed(run, label)
        middle = int(np.argsort(s[:, 1] / s[:, 0])[len(s) // 2])
        rows.append([approximation(u[middle], s[middle], v[middle], rank) for rank in RANKS])
    names = [f"sigma {patches.SIGMAS[label]:g}" for label in ENDS]
    montage(run.results / "ranks.png", rows, [f"rank {rank}" for rank in RANKS], names)
    return {"patches": len(rows)}


def approximation(u, s, v, rank):
    """A patch by its first singular values, enlarged to 135 x 135, uint8."""
    patch = np.uint8(np.clip((u[:, :rank] * s[:rank]) @ v[:rank] * 255, 0, 255))
    return cv2.resize(patch, (135, 135), interpolation=cv2.INTER_NEAREST)


STUDIES = (table, conditions, transforms, mean_curves, activations, feature_maps, low_rank)


def sized(study, size):
    """A study as `measure.main` calls it, at a `Size`."""

    @wraps(study)
    def rows(data, folder, results):
        return study(Run(data, folder, results, size))

    return rows


if __name__ == "__main__":
    full, quick = ([sized(study, size) for study in STUDIES] for size in (FULL, QUICK))
    sys.exit(measure.main("paper", __doc__, full, {}, quick=quick))
