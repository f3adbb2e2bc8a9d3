"""The tables and figures of the park paper, remade: bench/results/paper.{txt,json}, *.svg and *.png.

usage: paper.py --data DATA --results DIR [--only NAME]...

Classifiers are trained on sharp/ and every other photo of scenes/, blurred by the
paper's eleven sigmas without noise or compression, and measured on the other scenes:
the share within .15 pixels, one class. All photos are halved by area, both for training and measuring.
"""

import sys
from functools import cache, partial

import cv2
import measure
import numpy as np
import photos
import torch
from figures import curves, montage, painted
from park import CONDITIONS, fresh, halved, load
from scipy import fft
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


def records(data, condition):
    """The training patches as records, and those to measure on, all blurred under one condition."""
    found = []
    for names in (photos.blurring(data), photos.unseen(data)):
        pixels, strong, labels, number = fresh(names, condition, halved, SEED, POINTS)
        made = np.zeros(len(labels), patches.RECORD)
        made["patch"], made["strong"], made["sigma"] = pixels, strong, patches.SIGMAS[labels]
        made["photo"] = np.char.mod("%d", number)
        found.append(made)
    return found


def labels_of(made):
    return training.classes(made["sigma"], patches.SIGMAS)


def crafted(made):
    """Hand-crafted features of records, (n, 3, 40) float32."""
    parts = [made[start : start + 1024] for start in range(0, len(made), 1024)]
    return np.concatenate([features.hand_crafted(edges.value(p["patch"]), p["strong"] == 1) for p in parts]).astype(
        np.float32
    )


def deep(made, weights):
    """The paper's deep feature of records, (n, 25) float32."""
    return network.in_chunks(
        lambda part, strong: network.deep_feature(part[:, :-1, :-1], strong, weights, CpuBackend),
        25,
        made["patch"],
        made["strong"] == 1,
    )


def classifier(inputs, labels):
    """The paper's classifier on any inputs, trained: a function from inputs to probabilities."""
    torch.manual_seed(SEED)
    mean, scale = inputs.mean(axis=0), inputs.std(axis=0) + 1e-6
    layers, width = [], inputs.shape[1]
    for hidden in HIDDEN:
        layers += [nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(DROPOUT)]
        width = hidden
    model = nn.Sequential(*layers, nn.Linear(width, len(patches.SIGMAS)))
    x, y = torch.from_numpy((inputs - mean) / scale), torch.from_numpy(labels)

    def loss_of(batch):
        scores = model(x[batch])
        return nn.functional.cross_entropy(scores, y[batch]), torch.zeros(())

    descend(model.train(), loss_of, len(x), EPOCHS, np.random.default_rng(SEED), lambda *_: None, BATCH, RATE)
    model.eval()
    return lambda found: model(torch.from_numpy((found - mean) / scale)).softmax(dim=1).detach().numpy()


def within(chosen, labels):
    return {"within .15 px": float((np.abs(chosen.argmax(axis=1) - labels) <= 1).mean())}


@cache
def trained(data, condition):
    """Records, their hand-crafted and deep features, and the paper's network trained on them."""
    torch_device("cpu", 2)
    learn, check = records(data, condition)
    weights, _ = training.train_published(learn, NETWORK_EPOCHS, SEED, "cpu", lambda *_: None)
    sets = [(crafted(made), deep(made, weights), labels_of(made)) for made in (learn, check)]
    return (learn, check), sets, weights


def joined(crafted, deep, parts):
    """Features by their letters: D, G, S hand-crafted, C deep."""
    return np.concatenate([deep if part == "C" else crafted[:, "DGS".index(part)] for part in parts], axis=1)


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
    """Accuracy of the features and their combinations (paper: [fD,fS,fC] .9325, [fG,fS,fC] .9110, fB single scale .9100, chance .0909)."""
    _, (learn, check), _ = trained(data, "clean")
    for label, parts in COMBINATIONS.items():
        model = classifier(joined(*learn[:2], parts), learn[2])
        yield label, within(model(joined(*check[:2], parts)), check[2])
    for scale, large in (("large", True), ("small", False)):
        (made, other), *_ = trained(data, "clean")
        yield (
            f"fB single-scale, {scale} patches at all edges",
            single_scale(made, other, trained(data, "clean")[2], large),
        )


def single_scale(learn, check, weights, large):
    """fB with one size of patch for strong and weak edges."""
    both = []
    for made in (learn, check):
        same = made.copy()
        same["strong"] = not large
        both.append((joined(crafted(same), deep(same, weights), "DGSC"), labels_of(made)))
    return within(classifier(*both[0])(both[1][0]), both[1][1])


def conditions(data, scratch, results):
    """The paper's own network, trained clean and trained augmented as shipped, on fresh patches under every condition."""
    from park import published, shipped

    for label, weights in (("trained clean", trained(data, "clean")[2]), ("trained augmented (as shipped)", shipped())):
        for condition in CONDITIONS:
            pixels, strong, labels, _ = fresh(photos.unseen(data), condition, halved)
            yield f"paper's network {label}, {condition}", within(published(pixels, strong, weights), labels)


def transforms(data, scratch, results):
    """DCT against DFT and DST, each through the same rings, log and scaling, large patches."""
    (learn, check), *_ = trained(data, "clean")
    size = PADDED[LARGE]
    kinds = {
        "DCT": lambda p: np.abs(fft.dctn(p, s=(size, size), axes=(1, 2), norm="ortho")),
        "DFT": lambda p: np.abs(fft.fft2(p, s=(size, size), axes=(1, 2), norm="ortho")),
        "DST": lambda p: np.abs(fft.dstn(p, s=(size, size), axes=(1, 2), norm="ortho")),
    }
    for label, transform in kinds.items():
        averages = features.rings(size, COUNTS[LARGE], folded if label == "DFT" else np.arange)
        found = [ring_means(edges.value(made["patch"][:, :-1, :-1]), transform, averages) for made in (learn, check)]
        model = classifier(found[0], labels_of(learn))
        yield label, within(model(found[1]), labels_of(check))


def folded(size):
    """Frequencies of a DFT, counted in half steps as those of a DCT are: 0, 2, ... and down again for the negative ones."""
    place = np.arange(size)
    return np.minimum(2 * np.minimum(place, size - place), size - 1)


def ring_means(grey, transform, averages):
    """Rings of a transform's magnitude, normalised as the paper's: (n, 26) float32."""
    parts = [
        transform(grey[start : start + 1024]).reshape(-1, len(averages)) @ averages
        for start in range(0, len(grey), 1024)
    ]
    return features.normalised(np.concatenate(parts)).astype(np.float32)


def mean_curves(data, scratch, results):
    """Mean features of large patches, sharp (sigma .5) against blurred (sigma 2): curves_*.svg."""
    _, (learn, _), _ = trained(data, "clean")
    found, _, labels = learn
    large = found[:, 0, COUNTS[LARGE]] > 0  # its constant is there
    for which, name in enumerate(NAMES):
        rows = {
            f"sigma {patches.SIGMAS[k]:g}": found[large & (labels == k), which, : COUNTS[LARGE]].mean(axis=0)
            for k in (0, len(patches.SIGMAS) - 1)
        }
        curves(
            results / f"curves_{name}.svg",
            rows,
            f"mean {name} feature",
            "ring" if name == "dct" else "bin" if name == "gradient" else "singular value",
        )
        first, last = rows.values()
        yield name, {"difference (L1)": float(np.abs(first - last).sum())}


def activations(data, scratch, results):
    """Mean activation of the 25 deep features over sigma: activations.svg."""
    _, (learn, _), _ = trained(data, "clean")
    _, found, labels = learn
    means = np.stack([found[labels == k].mean(axis=0) for k in range(len(patches.SIGMAS))])  # (11, 25)
    means /= means.max(axis=0) + 1e-9
    curves(
        results / "activations.svg",
        {f"feature {k + 1}": means[:, k] for k in range(means.shape[1])},
        "mean activation / largest",
        "sigma",
        patches.SIGMAS,
    )
    yield (
        "features that rise or fall all the way",
        {"of 25": int((np.abs(np.sign(np.diff(means, axis=0)).sum(axis=0)) == len(means) - 1).sum())},
    )


def feature_maps(data, scratch, results):
    """Maps from each feature alone, from all, and by the paper's mask at alpha .3: maps.png."""
    _, (learn, _), weights = trained(data, "clean")
    models = {parts: classifier(joined(*learn[:2], parts), learn[2]) for parts in ("D", "G", "S", "C", "DGSC")}
    rows = []
    for path in photos.validation(data)[:PICTURES]:
        photo = load(path)
        maps = [map_of(photo, partial(probabilities, parts, models[parts], weights)) for parts in models]
        rows.append([photo, *map(painted, maps), focus_mask(maps[-1], "alpha", 0.3)])
    montage(results / "maps.png", rows)
    yield "maps.png", {"photos": PICTURES, "columns": "photo, fD, fG, fS, fC, fB, mask of fB"}


def probabilities(parts, model, weights, made):
    return model(joined(crafted(made), deep(made, weights), parts))


def map_of(photo, of):
    """The published pipeline with a classifier of its own."""
    found = edges.edges(edges.value(photo))
    at = np.argwhere(found)
    made = patches.cut(photo, np.column_stack([at, found[tuple(at.T)] == edges.STRONG, np.zeros(len(at), int)]), 0)
    return method.refine(sparse.published_map(photo.shape[:2], at, of(made)), photo, as_published=True)


def low_rank(data, scratch, results):
    """Low-rank approximations of a sharp and a blurred patch: ranks.png; share of energy they keep, mean over large patches."""
    (learn, _), *_ = trained(data, "clean")
    rows = []
    for k in (0, len(patches.SIGMAS) - 1):
        chosen = edges.value(learn["patch"][(learn["strong"] == 0) & (labels_of(learn) == k)][:500, :-1, :-1])
        u, s, v = np.linalg.svd(chosen)
        energy = (s**2).cumsum(axis=1) / (s**2).sum(axis=1, keepdims=True)
        yield f"sigma {patches.SIGMAS[k]:g}", {f"rank {r}": float(energy[:, r - 1].mean()) for r in RANKS}
        middle = int(np.argsort(s[:, 1] / s[:, 0])[len(s) // 2])
        rows.append(
            [np.uint8(np.clip((u[middle, :, :r] * s[middle, :r]) @ v[middle, :r] * 255, 0, 255)) for r in RANKS]
        )
    montage(
        results / "ranks.png",
        [[cv2.resize(p, (135, 135), interpolation=cv2.INTER_NEAREST) for p in row] for row in rows],
    )


if __name__ == "__main__":
    sys.exit(
        measure.main(
            "paper", __doc__, (table, conditions, transforms, mean_curves, activations, feature_maps, low_rank), {}
        )
    )
