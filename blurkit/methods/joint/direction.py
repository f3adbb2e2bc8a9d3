"""Stage 11: width of the blur across eight directions, for the score of a photo.

A small network estimates sigma and the deviation of its logarithm from the edges of one direction in a cell, as stage
``edges`` measures them. It is trained so that the sharpest tenth of the edges of one direction in a tile, weighted by
their precision, has the known blur of that tile across that direction, and that the directions of a tile are ordered
by their blur.
"""

import math

import numpy as np

from blurkit.defaults import LEAST_SIGMA
from blurkit.errors import InputError
from blurkit.methods.joint.edges import DIRECTIONS, INPUTS
from blurkit.methods.joint.network import normalised
from blurkit.ops.layers import dense

LAYERS = {"edge1": (24, INPUTS), "edge2": (12, 24), "edge3": (2, 12)}  # name: (outputs, inputs)
SHAPES = {
    "edge_mean": (INPUTS,),
    "edge_scale": (INPUTS,),
    **{f"{name}.weight": shape for name, shape in LAYERS.items()},
    **{f"{name}.bias": shape[:1] for name, shape in LAYERS.items()},
}
LOG_SIGMAS, LOG_DEVIATIONS = (-3.0, 4.0), (-3.0, 3.0)  # ranges to which the two outputs are clipped
BLOCK = 2048  # edges measured at a time
TILES = 12  # in a step
PEAK_RATE = 6e-3  # of AdamW
ONE_IN = 20  # one photo in so many is held out
FEWEST = 24  # edges of one direction in a tile; with fewer, the direction is left out there
DRAWN = 96  # edges of a direction in a step
NORMALISING_TILES = 2000  # at most; they give the mean and the scale of the inputs
POOLED_SHARE = 0.1  # the sharpest share of the edges of a direction whose mean is to be its known blur
STEEPNESS = 6.0  # per unit of log sigma; of the loss of two directions in the wrong order
LEAST_DIFFERENCE = 0.1  # log sigma; directions that differ less are in no order
LOSS_WEIGHTS = {"square": 2.0, "order": 1.0, "likelihood": 0.2}


def estimate(edges, weights):
    """Blur across every direction, in all cells with edges.

    Parameters
    ----------
    edges : list of Edges
        From ``edges.measure``.
    weights : dict of ndarray, as `SHAPES`

    Returns
    -------
    list of ndarray, (8, 2, h, w), float32
        For each size of the photo sigma across every direction, pixels of the photo as it was measured, and the
        deviation of its natural logarithm, infinite where there is no edge.
    """
    planes = []
    for size in edges:
        log_sigma, log_deviation = outputs(size.inputs, weights).T
        plane = np.full((2, DIRECTIONS * math.prod(size.shape)), np.inf, np.float32)
        plane[0] = 1
        plane[0, size.places] = np.exp(log_sigma.clip(*LOG_SIGMAS))
        plane[1, size.places] = np.exp(log_deviation.clip(*LOG_DEVIATIONS))
        planes.append(plane.reshape(2, DIRECTIONS, *size.shape).swapaxes(0, 1))
    return planes


def outputs(inputs, weights):
    """Log sigma and log deviation of edges: (n, `INPUTS`) float32 -> (n, 2)."""
    blocks = [inputs[start : start + BLOCK] for start in range(0, max(1, len(inputs)), BLOCK)]
    return np.concatenate([outputs_of_block(block, weights) for block in blocks])


def outputs_of_block(inputs, weights):
    """`outputs` of edges few enough to stay in the processor's cache."""
    x = normalised(inputs, weights["edge_mean"], weights["edge_scale"])
    for name in LAYERS:
        x = dense(x, weights[f"{name}.weight"], weights[f"{name}.bias"], rectified=name != "edge3")
    return x


def fit(records, epochs, seed, report):
    """Train the network on edges of known blur (torch).

    Parameters
    ----------
    records : ndarray, (n,), ``samples.RECORD``
    epochs, seed : int
    report : callable
        ``report(step, steps, loss, accuracy)`` after every step.

    Returns
    -------
    weights : dict of ndarray, as `SHAPES`
    accuracy : float
        Share of the pairs of directions of held-out samples that are in the right order; NaN without any.
    error : float
        Root mean square error of the log sigma across the directions of held-out samples; NaN without any.

    Raises
    ------
    InputError
        No tile has edges of known blur, or none of a photo that is held out.
    """
    from blurkit.training.loop import descend, held_out, reproducible

    reproducible(seed, "cpu")
    rng = np.random.default_rng(seed)
    known = np.flatnonzero(np.isfinite(records["covariance"][:, 0]))
    is_held = held_out(records, ONE_IN)[known]
    tiles, held = known[~is_held], known[is_held]
    if not len(tiles):
        raise InputError(
            "patch set has no edges of known blur: nothing in focus in any photo itself, nor a composition"
        )
    if not len(held):
        raise InputError("patch set has edges of known blur in no photo that is held out: more photos")
    scaling = input_scaling(records, tiles)
    model = new_model()

    def prepare(batch):
        return batch_of(records, tiles[batch], scaling, rng)

    descend(
        model, lambda batch: loss(model, *batch), len(tiles), epochs, rng, report, TILES, PEAK_RATE, prepare=prepare
    )
    return {**scaling, **exported(model)}, *held_out_results(model, records, held, scaling)


def input_scaling(records, tiles):
    """Mean and deviation of every input over some tiles, as ``edge_mean`` and ``edge_scale`` of `SHAPES`."""
    from blurkit.training.loop import evenly

    chosen = records[evenly(tiles, NORMALISING_TILES)]
    values = chosen["edges"][chosen["edge_direction"] < DIRECTIONS].astype(np.float32)
    return {"edge_mean": values.mean(axis=0), "edge_scale": values.std(axis=0) + np.float32(1e-6)}


def new_model():
    """The network in torch, with random weights: (..., `INPUTS`) -> (..., 2)."""
    from torch import nn

    parts = []
    for outputs_, into in LAYERS.values():
        parts += [nn.Linear(into, outputs_), nn.ReLU()]
    return nn.Sequential(*parts[:-1])


def batch_of(records, tiles, scaling, rng):
    """Edges of the directions of some tiles.

    Returns
    -------
    inputs : tensor, (k, `DRAWN`, `INPUTS`)
        For every direction of a tile that has at least `FEWEST` edges.
    log_sigma : tensor, (k,)
        Known blur across that direction.
    tile : tensor, (k,)
        Number of the tile among those given.
    """
    import torch

    drawn, log_sigma, numbers = [], [], []
    for number, tile in enumerate(tiles):
        directions, edges = records["edge_direction"][tile], records["edges"][tile]
        known = known_sigmas(records["covariance"][tile])
        for direction in range(DIRECTIONS):
            mine = np.flatnonzero(directions == direction)
            if len(mine) >= FEWEST:
                drawn.append(edges[rng.choice(mine, DRAWN, replace=len(mine) < DRAWN)])
                log_sigma.append(math.log(known[direction]))
                numbers.append(number)
    inputs = np.array(drawn, np.float32).reshape(-1, DRAWN, INPUTS)
    inputs = normalised(inputs, scaling["edge_mean"], scaling["edge_scale"])
    return torch.from_numpy(inputs), torch.tensor(log_sigma, dtype=torch.float32), torch.tensor(numbers)


def known_sigmas(covariance):
    """Blur across every direction of a photo in focus blurred by a kernel: its second moments (3,) -> (8,), pixels."""
    across, upwards, mixed = covariance
    angles = np.arange(DIRECTIONS) * (math.pi / DIRECTIONS)
    x, y = np.cos(angles), np.sin(angles)
    variance = across * x**2 + upwards * y**2 + 2 * mixed * x * y
    return np.sqrt(np.maximum(variance, 0) + LEAST_SIGMA**2)


def loss(model, inputs, log_sigma, tile):
    """The training loss, and the share of pairs of directions of a tile in the right order; arguments of `batch_of`."""
    import torch

    if not len(inputs):
        return 0 * sum(weight.sum() for weight in model.parameters()), torch.tensor(0.0)
    result = model(inputs)
    pooled = sharpest(result)
    difference = pooled[:, None] - pooled
    ordered = (log_sigma[:, None] - log_sigma > LEAST_DIFFERENCE) & (tile[:, None] == tile)
    pairs = ordered.sum().clamp(min=1)
    order = (torch.nn.functional.softplus(-STEEPNESS * difference) * ordered).sum() / pairs
    deviation = result[..., 1].clamp(*LOG_DEVIATIONS)
    likelihood = (0.5 * ((result[..., 0] - log_sigma[:, None]) * torch.exp(-deviation)) ** 2 + deviation).mean()
    square = ((pooled - log_sigma) ** 2).mean()
    right = ((difference > 0) * ordered).sum() / pairs
    total = LOSS_WEIGHTS["square"] * square + LOSS_WEIGHTS["order"] * order + LOSS_WEIGHTS["likelihood"] * likelihood
    return total, right


def sharpest(outputs_):
    """Log sigma of the sharpest tenth of some edges.

    Parameters
    ----------
    outputs_ : tensor, (n, edges, 2)
        Log sigma and log deviation of every edge.

    Returns
    -------
    tensor, (n,)
        Mean over the sharpest edges that hold a tenth of the precision, weighted by it.
    """
    import torch

    values, order = outputs_[..., 0].sort(dim=1)
    precision = torch.exp(-2 * outputs_[..., 1].clamp(*LOG_DEVIATIONS)).gather(1, order)
    before = precision.cumsum(1) - precision
    share = torch.minimum(precision, (POOLED_SHARE * precision.sum(1, keepdim=True) - before).clamp(min=0))
    return (share * values).sum(1) / share.sum(1)


def held_out_results(model, records, tiles, scaling):
    """Share of the directions in the right order, and root mean square error of the log sigma; NaN without any tile."""
    import torch

    inputs, log_sigma, tile = batch_of(records, tiles, scaling, np.random.default_rng(0))
    if not len(inputs):
        return math.nan, math.nan
    with torch.no_grad():
        _, in_order = loss(model, inputs, log_sigma, tile)
        error = ((sharpest(model(inputs)) - log_sigma) ** 2).mean().sqrt()
    return float(in_order), float(error)


def exported(model):
    """The weights of the model as arrays, by their names in `SHAPES`."""
    weights = {}
    for name, layer in zip(LAYERS, model[::2], strict=True):
        weights[f"{name}.weight"] = layer.weight.detach().numpy()
        weights[f"{name}.bias"] = layer.bias.detach().numpy()
    return weights
