"""Stage 4: training of the network on labelled patches."""

import numpy as np
import torch
from torch import nn

from blurkit.errors import InputError
from blurkit.methods.zeng import network, patches
from blurkit.training.loop import descend, evenly, held_out, reproducible

BATCH = 128  # patches a step
PEAK_RATE = 3e-3  # AdamW, one cycle: rising over the first third of the steps, then falling to zero
LEAST_STRUCTURE = 0.04  # of full scale; deviation of grey (mean of R, G, B); flatter patches do not show focus
SLIGHT_BLUR = 2.0  # pixels; sigma
ENOUGH = 0.1  # share of the labelled patches; if so many have slight blur, these alone are used
FEWEST = 16  # patches to learn from, and to validate on
MOST_OF_LABEL = 4000  # patches of either label that choose between filters
TESTED_TOGETHER = 512  # patches at a time, to bound memory


def usable(records):
    """Indices of the patches the network may learn from.

    They are labelled and have structure in the crop the network sees. If the set holds enough patches whose blur is
    known and slight, only these are used: hand-drawn masks call smooth things sharp, and strong blur shows in coarse
    kernels, so both teach kernels that make worse maps.

    Parameters
    ----------
    records : ndarray, (n,), ``patches.RECORD``

    Returns
    -------
    ndarray, (m,), int64, ascending
        As many sharp as blurred.
    """
    labelled = np.flatnonzero(records["label"] >= 0)
    slight = labelled[records["sigma"][labelled] <= SLIGHT_BLUR]  # false for NaN
    chosen = slight if len(slight) >= len(labelled) * ENOUGH else labelled
    edge = (patches.SIZE - network.CROP) // 2
    crops = (records["patch"][i, edge:-edge, edge:-edge] for i in chosen)
    structure = np.array([crop.mean(axis=2).std() for crop in crops]) / 255
    chosen = chosen[structure > LEAST_STRUCTURE]
    return balanced([chosen[records["label"][chosen] == label] for label in (0, 1)], len(chosen))


def usable_as_published(records):
    """Indices of the patches the network learns from as published: of real photos, every labelled one.

    Compositions, degraded copies and mixed patches are left out; see `usable` for the return value.
    """
    real = np.isnan(records["sigma"]) & (records["copy"] == 0)
    return balanced([np.flatnonzero(real & (records["label"] == label)) for label in (0, 1)], len(records))


def judges(records):
    """Indices of the labelled patches that choose between filters: as many of either label, none held out.

    (m,) int64, ascending.
    """
    learnable = (records["label"] >= 0) & ~held_out(records)
    return balanced([np.flatnonzero(learnable & (records["label"] == label)) for label in (0, 1)], MOST_OF_LABEL)


def balanced(groups, most):
    """The same number of indices of each group, at most `most`, spread evenly over it; ascending."""
    size = min(most, *map(len, groups))
    return np.sort(np.concatenate([evenly(group, size) for group in groups]))


def train(records, epochs, seed, device, report, as_published=False):
    """Train a network on crops at random offsets, flipped and turned at random.

    As published, on the crops in the middle, around the centroids of the super-pixels, as they are.

    Parameters
    ----------
    records : ndarray, (n,), ``patches.RECORD``
    epochs : int
    seed : int
    device : str, torch device name
    report : callable
        Called as ``report(step, steps, loss, accuracy)`` after every step.
    as_published : bool

    Returns
    -------
    model : torch.nn.Module, on the CPU, in evaluation mode
    accuracy : float in [0, 1]
        On the held-out photos, centre crops.

    Raises
    ------
    InputError
        Too few patches can be used.
    """
    reproducible(seed, device)
    rng = np.random.default_rng(seed)
    chosen = (usable_as_published if as_published else usable)(records)
    validation = held_out(records)[chosen]
    learn, check = chosen[~validation], chosen[validation]
    if min(len(learn), len(check)) < FEWEST:
        needed = "of photos with masks, not composed" if as_published else "with structure"
        raise InputError(
            f"patch set has {len(chosen)} usable patches (labelled, {needed}, as many sharp as blurred), "
            f"{len(check)} of them held out; at least {FEWEST} to learn from and {FEWEST} held out are needed: "
            "more photos, or more per_photo"
        )
    model = network.build().to(device)

    def prepare(batch):
        indices = learn[batch]
        labels = torch.from_numpy(records["label"][indices].astype(np.int64))
        crops = middle_crops(records, indices) if as_published else random_crops(records["patch"], indices, rng)
        return crops, labels

    def loss_of(prepared):
        crops, labels = (tensor.to(device) for tensor in prepared)  # (b, 3, 24, 24), (b,)
        logits = model(crops)
        right = (logits.argmax(1) == labels).float().mean()
        return nn.functional.cross_entropy(logits, labels), right

    model.train()
    descend(model, loss_of, len(learn), epochs, rng, report, BATCH, PEAK_RATE, prepare=prepare)
    model.eval()
    return model.cpu(), accuracy(model, records, check)


def random_crops(all_patches, indices, rng):
    """Crops at random offsets, flipped and turned alike within a batch: (b, 3, 24, 24) float32 in [0, 1]."""
    most = patches.SIZE - network.CROP
    offsets = rng.integers(0, most + 1, (len(indices), 2))
    crops = np.stack([crop(all_patches[i], row, column) for i, (row, column) in zip(indices, offsets, strict=True)])
    quarters = rng.integers(4)
    crops = np.rot90(crops, quarters, (1, 2))
    if rng.integers(2):
        crops = crops[:, :, ::-1]
    return as_input(crops)


def middle_crops(records, indices):
    """Crops in the middle of some patches: (b, 3, 24, 24) float32 in [0, 1]."""
    edge = (patches.SIZE - network.CROP) // 2
    return as_input(np.stack([crop(records["patch"][i], edge, edge) for i in indices]))


def crop(patch, row, column):
    """The part the network sees, (24, 24, 3)."""
    return patch[row : row + network.CROP, column : column + network.CROP]


def as_input(crops):
    """(b, 24, 24, 3) uint8 -> (b, 3, 24, 24) float32 in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(crops.transpose(0, 3, 1, 2))).float() / 255


@torch.no_grad()
def accuracy(model, records, indices):
    """Share of middle crops classified rightly; there is at least one."""
    right = 0
    for start in range(0, len(indices), TESTED_TOGETHER):
        part = indices[start : start + TESTED_TOGETHER]
        classes = model(middle_crops(records, part)).argmax(1).numpy()
        right += int((classes == records["label"][part]).sum())
    return right / len(indices)
