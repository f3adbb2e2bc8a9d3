"""Stage 8, ours: from evidence to the probability of being in focus.

A network of 26 - 32 - 1 neurons (897 weights), fitted on the same patches as the kernels. Applied in NumPy.
"""

import numpy as np

from blurkit.errors import InputError
from blurkit.methods.zeng import evidence, patches
from blurkit.ops.backend import CpuBackend
from blurkit.ops.colour import grey
from blurkit.ops.statistics import logistic
from blurkit.training.loop import descend, reproducible

HIDDEN = 32  # neurons
EPOCHS = 20
BATCH = 1024  # patches a step
PEAK_RATE = 8e-3  # AdamW, one cycle
MOST_LOGIT = 30  # beyond it a probability is 0 or 1 in float32 anyway
LEAST_BLUR = 1.0  # pixels; sigma
PRISTINE_EVERY = 4  # compositions, of which one is learned from
FEWEST = 8  # patches of a photo; fewer give no statistics of the photo as a whole


def probability(inputs, weights):
    """Probability that a cell is in focus.

    Parameters
    ----------
    inputs : ndarray, (n, 26), float32
        From ``evidence.with_statistics``.
    weights : dict of ndarray
        ``calibration.mean``, ``.scale`` (26,), ``.hidden`` (26, 32), ``.hidden_bias`` (32,), ``.output`` (32,),
        ``.output_bias`` ().

    Returns
    -------
    ndarray, (n,), float32 in (0, 1)
    """
    normal = inputs - weights["calibration.mean"]  # in place from here on: fresh memory costs more than the arithmetic
    normal /= weights["calibration.scale"]
    hidden = normal @ weights["calibration.hidden"]
    hidden += weights["calibration.hidden_bias"]
    logits = np.maximum(hidden, 0, out=hidden) @ weights["calibration.output"] + weights["calibration.output_bias"]
    return logistic(np.clip(logits, -MOST_LOGIT, MOST_LOGIT))


def examples(records, filters):
    """What the calibration learns from: evidence in the middle of each patch, and its truth.

    Of the pristine compositions (of known sigma) only every fourth is used, so that hand-drawn truth outweighs them.
    Patches blurred so slightly that they may pass for sharp are left out.

    Parameters
    ----------
    records : ndarray, (n,), ``patches.RECORD``
        The patches of one photo (or copy) stand next to each other.
    filters : ndarray, (2, 7, 7), float32

    Returns
    -------
    inputs : ndarray, (m, 26), float32
    targets : ndarray, (m,), float32 in [0, 1]
        Share of sharp pixels in the middle of the patch.
    origin : ndarray, (m,), int64
        Index of each example in `records`.

    Raises
    ------
    InputError
        No photo has enough patches.
    """
    inputs, origin = [], []
    for group in groups_by_photo(records):
        if len(group) < FEWEST or surplus(records[group[0]]):
            continue
        features = np.stack([features_in_the_middle(records["patch"][i], filters) for i in group])
        inputs.append(evidence.with_statistics(features))
        origin.append(group)
    if not inputs:
        raise InputError(f"no photo of the patch set has {FEWEST} patches; give blur-patches a higher per_photo")
    inputs, origin = np.concatenate(inputs), np.concatenate(origin)
    sigma, targets = records["sigma"][origin], records["core"][origin]
    usable = np.isfinite(targets) & ~((sigma > 0) & (sigma < LEAST_BLUR))
    return inputs[usable], targets[usable], origin[usable]


def groups_by_photo(records):
    """Indices of the records of each photo or copy, which stand next to each other: list of (k,) int64."""
    same = [records[name][1:] == records[name][:-1] for name in ("photo", "number", "copy")]
    changes = np.flatnonzero(~np.logical_and.reduce(same))
    return np.split(np.arange(len(records)), changes + 1)


def surplus(record):
    """True for a patch of a pristine composition that is left out."""
    return np.isfinite(record["sigma"]) and record["copy"] % PRISTINE_EVERY != 0


def features_in_the_middle(patch, filters):
    """The 12 features of the cell in the middle of a patch, (48, 48, 3) uint8."""
    middle = patches.SIZE // evidence.CELL // 2
    cells = evidence.planes(grey(patch), filters, CpuBackend)
    return evidence.features(cells)[middle, middle]


def fit(inputs, targets, seed, report):
    """Fit by binary cross-entropy (torch).

    Parameters
    ----------
    inputs : ndarray, (n, 26), float32
    targets : ndarray, (n,), float32 in [0, 1]
    seed : int
    report : callable, as for ``training.train``

    Returns
    -------
    dict of ndarray, float32
        What `probability` takes.
    """
    import torch
    from torch import nn

    reproducible(seed, "cpu")
    mean, scale = inputs.mean(axis=0), inputs.std(axis=0) + 1e-6
    x, y = torch.from_numpy((inputs - mean) / scale), torch.from_numpy(targets)
    hidden, output = nn.Linear(x.shape[1], HIDDEN), nn.Linear(HIDDEN, 1)
    model = nn.Sequential(hidden, nn.ReLU(), output, nn.Flatten(0))

    def loss_of(batch):
        logits = model(x[batch])
        right = ((logits > 0) == (y[batch] > 0.5)).float().mean()
        return nn.functional.binary_cross_entropy_with_logits(logits, y[batch]), right

    descend(model, loss_of, len(x), EPOCHS, np.random.default_rng(seed), report, BATCH, PEAK_RATE)
    layers = {
        "hidden": hidden.weight.T,
        "hidden_bias": hidden.bias,
        "output": output.weight[0],
        "output_bias": output.bias[0],
    }
    arrays = {name: tensor.detach().numpy().copy() for name, tensor in layers.items()}
    weights = {"mean": mean, "scale": scale, **arrays}
    return {f"calibration.{name}": np.float32(array) for name, array in weights.items()}
