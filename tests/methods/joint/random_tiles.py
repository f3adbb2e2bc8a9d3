"""Tiles of random evidence, and scaling that leaves evidence as it is."""

import numpy as np

from blurkit.methods.joint import network, patches

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
