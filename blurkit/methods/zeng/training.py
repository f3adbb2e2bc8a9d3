"""Stage 4: training of the network on labelled patches."""

import numpy as np
import torch
from torch import nn

from blurkit.errors import InputError
from blurkit.methods.zeng import network, patches
from blurkit.training.loop import descend, evenly, held_out, reproducible

BATCH = 128  # patches a step
PEAK_RATE = 3e-3  # AdamW, one cycle: up over the first third, then down to nothing
LEAST_STRUCTURE = 0.04  # of full scale; deviation of grey below which a patch cannot show its focus
SLIGHT_BLUR = 2.0  # pixels; sigma
ENOUGH = 0.1  # share of the labelled patches
FEWEST = 16  # patches to learn from, and to validate on
JUDGES = 4000  # patches of either label


def usable(records):
    """Indices of the patches the network may learn from.

    Labelled, with structure in the crop it sees, and, where the set holds enough of
    them, only those whose blur is known and slight: hand-drawn masks call smooth things
    sharp, and strong blur shows in coarse kernels, so both teach kernels that make
    worse maps.

    Parameters
    ----------
    records : ndarray, (n,), ``patches.RECORD``

    Returns
    -------
    ndarray, (m,), int64, ascending
        As many sharp as blurred.
    """
    labelled = np.flatnonzero(records["label"] >= 0)
    slight = labelled[records["sigma"][labelled] <= SLIGHT_BLUR]  # NaN is not
    chosen = slight if len(slight) >= len(labelled) * ENOUGH else labelled
    edge = (patches.SIZE - network.CROP) // 2
    structure = np.array([records["patch"][i, edge:-edge, edge:-edge].mean(axis=2).std() for i in chosen]) / 255
    chosen = chosen[structure > LEAST_STRUCTURE]
    return balanced([chosen[records["label"][chosen] == label] for label in (0, 1)], len(chosen))


def judges(records):
    """Indices of the labelled patches that choose between filters: as many of either label, none held out."""
    learnable = (records["label"] >= 0) & ~held_out(records)
    return balanced([np.flatnonzero(learnable & (records["label"] == label)) for label in (0, 1)], JUDGES)


def balanced(sides, most):
    """The same number of indices of each side, at most `most`, spread evenly over it; ascending."""
    fewer = min(most, *map(len, sides))
    return np.sort(np.concatenate([evenly(side, fewer) for side in sides]))


def train(records, epochs, seed, device, report):
    """Train a network; the data are crops at random places, flipped and turned at random.

    Parameters
    ----------
    records : ndarray, (n,), ``patches.RECORD``
    epochs : int
    seed : int
    device : str, torch device name
    report : callable
        Called as ``report(step, steps, loss, accuracy)`` after every step.

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
    chosen = usable(records)
    validation = held_out(records)[chosen]
    learn, check = chosen[~validation], chosen[validation]
    if min(len(learn), len(check)) < FEWEST:
        raise InputError(
            f"patch set has {len(chosen)} usable patches (labelled, with structure, as many sharp as blurred), {len(check)} of them held out; "
            f"at least {FEWEST} to learn from and {FEWEST} held out are needed: more photos, or more per_photo"
        )
    model = network.build().to(device)

    def prepare(batch):
        return random_crops(records["patch"], learn[batch], rng), torch.from_numpy(
            records["label"][learn[batch]].astype(np.int64)
        )

    def loss_of(prepared):
        crops, labels = (p.to(device) for p in prepared)  # (b, 3, 24, 24), (b,)
        logits = model(crops)
        return nn.functional.cross_entropy(logits, labels), (logits.argmax(1) == labels).float().mean()

    model.train()
    descend(model, loss_of, len(learn), epochs, rng, report, BATCH, PEAK_RATE, prepare=prepare)
    model.eval()
    return model.cpu(), accuracy(model, records, check)


def random_crops(all_patches, indices, rng):
    """Crops at random offsets, flipped and turned alike within a batch: (b, 3, 24, 24) float32 in [0, 1]."""
    room = patches.SIZE - network.CROP
    offsets = rng.integers(0, room + 1, (len(indices), 2))
    crops = np.stack([crop(all_patches[i], *o) for i, o in zip(indices, offsets, strict=True)])
    crops = np.rot90(crops, rng.integers(4), (1, 2))
    if rng.integers(2):
        crops = crops[:, :, ::-1]
    return as_input(crops)


def crop(patch, row, column):
    """The part the network sees, (24, 24, 3)."""
    return patch[row : row + network.CROP, column : column + network.CROP]


def as_input(crops):
    """(b, 24, 24, 3) uint8 -> (b, 3, 24, 24) float32 in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(crops.transpose(0, 3, 1, 2))).float() / 255


@torch.no_grad()
def accuracy(model, records, indices):
    """Share of centre crops classified rightly; 0 without any."""
    right, middle = 0, (patches.SIZE - network.CROP) // 2
    for start in range(0, len(indices), 512):
        part = indices[start : start + 512]
        crops = np.stack([crop(records["patch"][i], middle, middle) for i in part])
        right += int((model(as_input(crops)).argmax(1).numpy() == records["label"][part]).sum())
    return right / max(len(indices), 1)
