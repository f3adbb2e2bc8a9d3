"""Tiles of random evidence and of made-up edges, and scaling that leaves evidence as it is."""

import math

import numpy as np

from blurkit.methods.joint import direction, network, patches, samples

SCALING_NAMES = ("mean", "scale", "whole_mean", "whole_scale")
UNSCALED = {name: np.full(network.SHAPES[name], name.endswith("scale"), np.float32) for name in SCALING_NAMES}


def random_records(count):
    """`count` tiles, always the same ones."""
    rng = np.random.default_rng(0)
    records = np.zeros(count, patches.RECORD)
    records["evidence"] = rng.integers(0, 256, records["evidence"].shape)
    records["halved"] = rng.integers(0, 256, records["halved"].shape)
    records["share"] = rng.integers(0, 256, records["share"].shape)
    records["whole"] = rng.uniform(-2, 2, records["whole"].shape)
    return records


def edge_records(count):
    """`count` tiles with the fields of stage ``direction`` alone: edges that show their blur, and a known blur."""
    names = [*(name for name, *_ in samples.FIELDS), "photo"]
    rng = np.random.default_rng(0)
    records = np.zeros(count, [(name, patches.RECORD[name]) for name in names])
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
