"""Stage 4: width of the blur of every cell, for the score of a photo.

A small network estimates sigma and the deviation of its logarithm from the evidence of the cell, of the same place in
the half-size photo, and of the whole photo. It is trained so that the sharpest tenth of a photo, cells weighted by
their certainty, has the known blur of that photo, and that photos are ordered by their blur, whatever their noise.
"""

import numpy as np

from blurkit.defaults import LEAST_SIGMA, SHARPEST_SHARE
from blurkit.errors import InputError
from blurkit.methods.joint.evidence import PLANES, STATISTICS
from blurkit.methods.joint.network import normalised
from blurkit.ops.tiles import row_blocks

INPUTS = 2 * PLANES + STATISTICS
LAYERS = {"blur1": (64, INPUTS), "blur2": (32, 64), "blur3": (2, 32)}  # name: (outputs, inputs)
SHAPES = {
    "blur_mean": (INPUTS,),
    "blur_scale": (INPUTS,),
    **{f"{name}.weight": shape for name, shape in LAYERS.items()},
    **{f"{name}.bias": shape[:1] for name, shape in LAYERS.items()},
}
BLOCK = 1 << 13  # cells worked on at a time; their values stay in the processor's cache
LOG_SIGMAS, LOG_DEVIATIONS = (-3.0, 3.0), (-4.0, 3.0)  # ranges to which the two outputs are clipped
EPOCHS, PHOTOS, COPIES = 30, 10, 4  # of the training; photos in a step, and sets of cells drawn from each
PEAK_RATE = 4e-3  # of AdamW
ONE_IN = 20  # one photo in so many is held out
NORMALISING_TILES = 2000  # at most; they give the mean and the scale of the inputs
STEEPNESS = 6.0  # per unit of log sigma; of the loss of two photos in the wrong order
LEAST_DIFFERENCE = 0.1  # log sigma; pairs that differ less are in no order
LOSS_WEIGHTS = {"square": 2.0, "order": 1.0, "likelihood": 0.2}


def estimate(planes, halved, statistics, weights, backend):
    """Blur of every cell.

    Parameters
    ----------
    planes, halved : ndarray, (19, h, w) and (19, ceil(h / 2), ceil(w / 2)), float32
        From ``evidence.both_sizes``.
    statistics : ndarray, (3,), float32
        From ``evidence.statistics``.
    weights : dict of ndarray, as `SHAPES`
    backend : object from ``backend.backend_for``

    Returns
    -------
    ndarray, (2, h, w), float32
        Sigma, pixels of the photo as it was measured, above 0; deviation of its natural logarithm.
    """
    blocks = []
    for rows in row_blocks(planes.shape[1:], BLOCK):
        half_rows = slice(rows.start // 2, -(-rows.stop // 2))
        blocks.append(estimate_rows(planes[:, rows], halved[:, half_rows], statistics, weights, backend))
    return np.concatenate(blocks, axis=1)


def estimate_rows(planes, halved, statistics, weights, backend):
    """`estimate` of some rows of cells."""
    height, width = planes.shape[1:]
    half_evidence = halved.repeat(2, axis=1).repeat(2, axis=2)[:, :height, :width]
    photo = np.broadcast_to(statistics[:, None, None], (STATISTICS, height, width))
    x = np.concatenate([planes, half_evidence, photo]).reshape(INPUTS, -1).T
    x = backend.put(normalised(x, weights["blur_mean"], weights["blur_scale"]))
    for name in LAYERS:
        x = backend.dense(x, weights[f"{name}.weight"], weights[f"{name}.bias"], rectified=name != "blur3")
    log_sigma, log_deviation = backend.take(x).T.reshape(2, height, width)
    return np.exp(np.stack([log_sigma.clip(*LOG_SIGMAS), log_deviation.clip(*LOG_DEVIATIONS)]))


def fit(records, seed, report):
    """Train the network on cells of known blur (torch).

    Parameters
    ----------
    records : ndarray, (n,), ``patches.RECORD``
    seed : int
    report : callable, as for ``training.train``

    Returns
    -------
    weights : dict of ndarray, as `SHAPES`
    order : float
        Share of the pairs of tiles of one held-out photo whose estimates are in the order of their blur.

    Raises
    ------
    InputError
        No tile has cells of known blur.
    """
    from blurkit.training.loop import descend, reproducible

    reproducible(seed, "cpu")
    rng = np.random.default_rng(seed)
    training_photos, held_photos = split_photos(records)
    if not training_photos:
        raise InputError(
            "patch set has no cells of known blur: nothing in focus in any photo itself, nor a composition"
        )
    scaling = input_scaling(records, np.concatenate(training_photos))
    model = new_model()

    def prepare(batch):
        tiles = draw_tiles([training_photos[i] for i in batch], rng)
        return batch_of(records, tiles, scaling)

    def loss_of(prepared):
        x, log_sigma = prepared
        return loss(model(x), log_sigma)

    descend(model, loss_of, len(training_photos), EPOCHS, rng, report, PHOTOS, PEAK_RATE, prepare=prepare)
    return {**scaling, **exported(model)}, order_share(model, records, held_photos, scaling)


def split_photos(records):
    """Tiles with cells of known blur, grouped by photo: those to learn from and those held out, as from `grouped`."""
    from blurkit.training.loop import held_out

    photos = grouped(records, np.flatnonzero(np.isfinite(records["blur"])))
    is_held = held_out(records, ONE_IN)
    training = [tiles for tiles in photos if not is_held[tiles[0]]]
    held = [tiles for tiles in photos if is_held[tiles[0]]]
    return training, held


def input_scaling(records, tiles):
    """Mean and deviation of every input over some tiles, as ``blur_mean`` and ``blur_scale`` of `SHAPES`."""
    from blurkit.training.loop import evenly

    values = inputs(records, evenly(tiles, NORMALISING_TILES))
    return {"blur_mean": values.mean(axis=(0, 1)), "blur_scale": values.std(axis=(0, 1)) + np.float32(1e-6)}


def new_model():
    """The network in torch, with random weights: (..., 41) -> (..., 2)."""
    from torch import nn

    parts = []
    for outputs, into in LAYERS.values():
        parts += [nn.Linear(into, outputs), nn.ReLU()]
    return nn.Sequential(*parts[:-1])


def draw_tiles(photos, rng):
    """Draw `COPIES` tiles of every photo: a list of k arrays of indices -> (k COPIES,) indices."""
    drawn = []
    for tiles in photos:
        drawn.append(rng.choice(tiles, COPIES))
    return np.concatenate(drawn)


def batch_of(records, tiles, scaling):
    """Inputs of some tiles, (n, 256, 41), and the known log sigma, (n,): tensors."""
    import torch

    x = normalised(inputs(records, tiles), scaling["blur_mean"], scaling["blur_scale"])
    return torch.from_numpy(x), torch.from_numpy(np.log(records["blur"][tiles] + LEAST_SIGMA))


def order_share(model, records, photos, scaling):
    """Share of the pairs of tiles of one photo whose estimates are in order; 0 without any pair."""
    import torch

    pairs = [np.zeros(0)]
    with torch.no_grad():
        for tiles in photos:
            x, log_sigma = batch_of(records, tiles, scaling)
            pairs.append(in_order(sharpest(model(x)).numpy(), log_sigma.numpy()))
    pairs = np.concatenate(pairs)
    return float(pairs.mean()) if len(pairs) else 0.0


def exported(model):
    """The weights of the model as arrays, by their names in `SHAPES`."""
    weights = {}
    for name, layer in zip(LAYERS, model[::2], strict=True):
        weights[f"{name}.weight"] = layer.weight.detach().numpy()
        weights[f"{name}.bias"] = layer.bias.detach().numpy()
    return weights


def loss(outputs, log_sigma):
    """The training loss, and the share of pairs of tiles of one photo in the right order.

    Parameters
    ----------
    outputs : tensor, (n, cells, 2)
        Log sigma and log deviation of every cell; the `COPIES` tiles of a photo are next to each other.
    log_sigma : tensor, (n,)
        Known log sigma of each tile.

    Returns
    -------
    loss, right : tensor, ()
    """
    import torch

    pooled = sharpest(outputs)
    difference = pair_differences(pooled)
    ordered = pair_differences(log_sigma) > LEAST_DIFFERENCE
    pairs = ordered.sum().clamp(min=1)
    order = (torch.nn.functional.softplus(-STEEPNESS * difference) * ordered).sum() / pairs
    deviation = outputs[..., 1].clamp(*LOG_DEVIATIONS)
    likelihood = (0.5 * ((outputs[..., 0] - log_sigma[:, None]) * torch.exp(-deviation)) ** 2 + deviation).mean()
    square = ((pooled - log_sigma) ** 2).mean()
    right = ((difference > 0) * ordered).sum() / pairs
    total = LOSS_WEIGHTS["square"] * square + LOSS_WEIGHTS["order"] * order + LOSS_WEIGHTS["likelihood"] * likelihood
    return total, right


def pair_differences(values):
    """First minus second of all pairs of tiles of one photo: tensor (n,) -> (n / COPIES, COPIES, COPIES)."""
    return values.reshape(-1, COPIES, 1) - values.reshape(-1, 1, COPIES)


def grouped(records, indices):
    """Indices of the tiles of each photo, by name and number: a list of arrays, each in the order of the records."""
    keys = np.stack([np.unique(records[name][indices], return_inverse=True)[1] for name in ("photo", "number")])
    photo_of = np.unique(keys, axis=1, return_inverse=True)[1].ravel()
    return [indices[photo_of == photo] for photo in range(photo_of.max(initial=-1) + 1)]


def inputs(records, indices):
    """Inputs of the network, of the sampled cells of some tiles: (n, 256, 41) float32."""
    from blurkit.methods.joint import patches

    samples = patches.decoded(records["samples"][indices])
    statistics = np.broadcast_to(records["samples_whole"][indices][:, None], (*samples.shape[:2], STATISTICS))
    return np.concatenate([samples, statistics], axis=2)


def sharpest(outputs):
    """Log sigma of the sharpest tenth of each tile.

    Parameters
    ----------
    outputs : tensor, (n, cells, 2)
        Log sigma and log deviation of every cell.

    Returns
    -------
    tensor, (n,)
        Mean over the sharpest cells that hold a tenth of the certainty, weighted by it.
    """
    import torch

    values, order = outputs[..., 0].sort(dim=1)
    certainty = torch.exp(-2 * outputs[..., 1].clamp(*LOG_DEVIATIONS)).gather(1, order)
    before = certainty.cumsum(1) - certainty
    share = torch.minimum(certainty, (SHARPEST_SHARE * certainty.sum(1, keepdim=True) - before).clamp(min=0))
    return (share * values).sum(1) / share.sum(1)


def in_order(estimated, known):
    """Whether estimates are in the order of the known blur.

    Parameters
    ----------
    estimated, known : ndarray, (n,)
        Log sigma of each tile.

    Returns
    -------
    ndarray, (pairs,), bool
        For every pair whose known log sigma differs by more than `LEAST_DIFFERENCE`.
    """
    is_wider = known[:, None] - known > LEAST_DIFFERENCE
    return (estimated[:, None] > estimated)[is_wider]
