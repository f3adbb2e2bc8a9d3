"""Stage 4: how wide the blur of a cell is, for the score of a photo.

A small network tells sigma and how sure it is from the evidence of the cell, of the
half around it and of the whole photo. It is fitted so that the sharpest tenth of a photo,
each cell counting by its certainty, has the known blur of that photo, and photos stand
in the order of their blur, whatever their noise.
"""

import numpy as np

from blurkit.defaults import LEAST_SIGMA, SHARPEST_SHARE
from blurkit.errors import InputError
from blurkit.methods.joint.evidence import PLANES, STATISTICS
from blurkit.methods.joint.network import normal
from blurkit.ops.tiles import row_blocks

INPUTS = 2 * PLANES + STATISTICS
LAYERS = {"blur1": (64, INPUTS), "blur2": (32, 64), "blur3": (2, 32)}  # name: (outputs, inputs)
SHAPES = {
    "blur_mean": (INPUTS,),
    "blur_scale": (INPUTS,),
    **{f"{name}.weight": shape for name, shape in LAYERS.items()},
    **{f"{name}.bias": shape[:1] for name, shape in LAYERS.items()},
}
LOG_SIGMAS, LOG_DEVIATIONS = (-3.0, 3.0), (-4.0, 3.0)  # no sharper and no softer is told; no surer and no less sure
EPOCHS, PHOTOS, COPIES = 30, 10, 4  # of the training; photos a step, and sets of cells of each
PEAK_RATE = 4e-3  # of AdamW
ONE_IN = 20  # photos are held out
LOOKED_AT = 2000  # tiles, for the mean and the scale of what is told
STEEPNESS = 6.0  # per unit of log sigma; of the loss of two photos in the wrong order
APART = 0.1  # log sigma; pairs that differ less are in no order
SHARES = {"square": 2.0, "order": 1.0, "likelihood": 0.2}  # of the loss


def estimate(planes, halved, whole, weights, backend):
    """Blur of every cell.

    Parameters
    ----------
    planes, halved : ndarray, (19, h, w) and (19, ceil(h / 2), ceil(w / 2)), float32
        From ``evidence.both_sizes``.
    whole : ndarray, (3,), float32
        From ``evidence.statistics``.
    weights : dict of ndarray, as `SHAPES`
    backend : object from ``backend.backend_for``

    Returns
    -------
    ndarray, (2, h, w), float32
        Sigma, pixels of the photo as it was measured, above 0; deviation of its natural logarithm.
    """
    parts = (
        (planes[:, rows], halved[:, rows.start // 2 : -(-rows.stop // 2)]) for rows in row_blocks(planes.shape[1:])
    )
    return np.concatenate([of_rows(*part, whole, weights, backend) for part in parts], axis=1)


def of_rows(planes, halved, whole, weights, backend):
    """`estimate` of some rows of cells."""
    height, width = planes.shape[1:]
    beside = halved.repeat(2, axis=1).repeat(2, axis=2)[:, :height, :width]
    told = np.broadcast_to(whole[:, None, None], (STATISTICS, height, width))
    x = np.concatenate([planes, beside, told]).reshape(INPUTS, -1).T
    x = backend.put(normal(x, weights["blur_mean"], weights["blur_scale"]))
    for name in LAYERS:
        x = backend.dense(x, weights[f"{name}.weight"], weights[f"{name}.bias"], rectified=name != "blur3")
    log_sigma, log_deviation = backend.take(x).T.reshape(2, height, width)
    return np.exp(np.stack([log_sigma.clip(*LOG_SIGMAS), log_deviation.clip(*LOG_DEVIATIONS)]))


def fit(records, seed, report):
    """Fit the network to cells of known blur (torch).

    Parameters
    ----------
    records : ndarray, (n,), ``patches.RECORD``
    seed : int
    report : callable, as for ``training.train``

    Returns
    -------
    weights : dict of ndarray, as `SHAPES`
    order : float
        Share of the pairs of sets of one held-out photo that stand in the order of their blur.

    Raises
    ------
    InputError
        No tile has cells of known blur.
    """
    import torch
    from torch import nn

    from blurkit.training.loop import descend, evenly, held_out, reproducible

    reproducible(seed, "cpu")
    rng = np.random.default_rng(seed)
    photos = grouped(records, np.flatnonzero(np.isfinite(records["blur"])))
    held = held_out(records, ONE_IN)
    learn, check = ([p for p in photos if held[p[0]] == side] for side in (False, True))
    if not learn:
        raise InputError(
            "patch set has no cells of known blur: nothing in focus in any photo itself, nor a composition"
        )
    values = inputs(records, evenly(np.concatenate(learn), LOOKED_AT))
    norms = {"blur_mean": values.mean(axis=(0, 1)), "blur_scale": values.std(axis=(0, 1)) + np.float32(1e-6)}
    model = nn.Sequential(
        *(part for outputs, into in LAYERS.values() for part in (nn.Linear(into, outputs), nn.ReLU()))
    )[:-1]

    def known(indices):
        """What the network is given of some tiles, and the logarithm of what it should tell."""
        x = normal(inputs(records, indices), norms["blur_mean"], norms["blur_scale"])
        return torch.from_numpy(x), torch.from_numpy(np.log(records["blur"][indices] + LEAST_SIGMA))

    def prepare(batch):
        return known(np.concatenate([rng.choice(learn[i], COPIES) for i in batch]))

    def loss_of(prepared):
        x, wanted = prepared
        return loss(model(x), wanted)

    descend(model, loss_of, len(learn), EPOCHS, rng, report, PHOTOS, PEAK_RATE, prepare=prepare)
    with torch.no_grad():
        pairs = [in_order(sharpest(model(x)).numpy(), wanted.numpy()) for x, wanted in map(known, check)]
    weights = {
        f"{name}.{kind}": getattr(layer, kind).detach().numpy()
        for name, layer in zip(LAYERS, model[::2], strict=True)
        for kind in ("weight", "bias")
    }
    pairs = np.concatenate([np.zeros(0), *pairs])
    return {**norms, **weights}, float(pairs.mean()) if len(pairs) else 0.0


def loss(told, wanted):
    """What training makes small, and the share of pairs of one photo in the right order.

    Parameters
    ----------
    told : tensor, (n, cells, 2)
        Log sigma and log deviation of every cell; `COPIES` sets of each photo next to each other.
    wanted : tensor, (n,)
        Log sigma of each set.

    Returns
    -------
    loss, right : tensor, ()
    """
    import torch

    pooled = sharpest(told)
    above, differ = ((v.reshape(-1, COPIES, 1) - v.reshape(-1, 1, COPIES)) for v in (pooled, wanted))
    differ = differ > APART
    order = (torch.nn.functional.softplus(-STEEPNESS * above) * differ).sum() / differ.sum().clamp(min=1)
    deviation = told[..., 1].clamp(*LOG_DEVIATIONS)
    likelihood = (0.5 * ((told[..., 0] - wanted[:, None]) * torch.exp(-deviation)) ** 2 + deviation).mean()
    square = ((pooled - wanted) ** 2).mean()
    right = ((above > 0) * differ).sum() / differ.sum().clamp(min=1)
    return SHARES["square"] * square + SHARES["order"] * order + SHARES["likelihood"] * likelihood, right


def grouped(records, indices):
    """Indices of the tiles of each photo, by name and number: a list of arrays, each in the order of the records."""
    keys = np.stack([np.unique(records[name][indices], return_inverse=True)[1] for name in ("photo", "number")])
    which = np.unique(keys, axis=1, return_inverse=True)[1].ravel()
    return [indices[which == i] for i in range(which.max(initial=-1) + 1)]


def inputs(records, indices):
    """What the network is given of the cells of some tiles: (n, 256, 41) float32."""
    from blurkit.methods.joint import patches

    samples = patches.decoded(records["samples"][indices])
    whole = np.broadcast_to(records["samples_whole"][indices][:, None], (*samples.shape[:2], STATISTICS))
    return np.concatenate([samples, whole], axis=2)


def sharpest(told):
    """Log sigma of the sharpest tenth of each set of cells by certainty: tensor (n, cells, 2) -> (n,)."""
    import torch

    values, order = told[..., 0].sort(dim=1)
    certainty = torch.exp(-2 * told[..., 1].clamp(*LOG_DEVIATIONS)).gather(1, order)
    before = certainty.cumsum(1) - certainty
    share = torch.minimum(certainty, (SHARPEST_SHARE * certainty.sum(1, keepdim=True) - before).clamp(min=0))
    return (share * values).sum(1) / share.sum(1)


def in_order(found, known):
    """Of the pairs that differ in their known log sigma by `APART`, True where they are found in that order."""
    differ = known[:, None] - known > APART
    return (found[:, None] > found)[differ]
