"""Weights and tiles drawn at random, samples of made-up edges, and scaling that leaves evidence as it is."""

import math

import numpy as np

from blurkit.methods.joint import direction, layers, patches, samples

SCALING_NAMES = ("mean", "scale", "whole_mean", "whole_scale")
UNSCALED = {name: np.full(layers.SHAPES[name], name.endswith("scale"), np.float32) for name in SCALING_NAMES}


def random_weights(shapes, seed=5):
    """Weights of a size that gives different answers for different inputs."""
    rng, weights = np.random.default_rng(seed), {}
    for name, shape in shapes.items():
        if name.endswith("mean"):
            weights[name] = rng.uniform(-5, -1, shape).astype(np.float32)
        elif name.endswith("scale"):
            weights[name] = rng.uniform(0.5, 2, shape).astype(np.float32)
        else:
            deviation = np.sqrt(1 / np.prod(shape[1:])) if len(shape) > 1 else 0.1
            weights[name] = np.float32(deviation) * rng.standard_normal(shape, np.float32)
    return weights


def random_networks():
    """Weights of both networks, as ``layers.SHAPES``."""
    drawn = random_weights({**{name: layers.SHAPES[name] for name in SCALING_NAMES}, **layers.KERNELS})
    return {**{name: drawn[name] for name in SCALING_NAMES}, **layers.joined(drawn)}


def random_records(count):
    """`count` tiles, always the same ones."""
    rng = np.random.default_rng(0)
    records = np.zeros(count, patches.RECORD)
    for name in ("evidence", "halved", "pixels", "share"):
        records[name] = rng.integers(0, 256, records[name].shape, np.uint8)
    records["moving"] = rng.choice(np.uint8([0, 1, patches.UNKNOWN]), records["moving"].shape)
    records["whole"] = rng.uniform(-2, 2, records["whole"].shape)
    return records


def edge_records(count):
    """`count` samples: edges that show their blur, and a known blur."""
    rng = np.random.default_rng(0)
    records = np.zeros(count, samples.RECORD)
    for record in records:
        moved, still, turn = *np.sort(rng.uniform(0, 12, 2))[::-1], rng.uniform(0, math.pi)
        x, y = math.cos(turn), math.sin(turn)
        difference = moved - still
        record["covariance"] = still + difference * x * x, still + difference * y * y, difference * x * y
        edges = record["edge_direction"]
        edges[:] = rng.permutation(np.repeat(np.uint8([*range(8), samples.NONE]), [125] * 8 + [samples.COUNT - 1000]))
        known = np.log(direction.known_sigmas(record["covariance"]))[edges % 8]
        softer = rng.exponential(0.5, samples.COUNT)  # many edges are softer than the blur
        values = rng.normal(0, 1, record["edges"].shape)
        values[:, 1] = 0.7 * (known + softer) + rng.normal(0, 0.03, samples.COUNT)
        values[:, 2] = -0.3 * (known + softer) + rng.normal(0, 0.03, samples.COUNT)
        record["edges"] = values
    return records
