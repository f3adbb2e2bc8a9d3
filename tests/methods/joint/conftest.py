"""Photos with edges everywhere, weights drawn at random, and tiles of known blur."""

from itertools import count

import cv2
import numpy as np
import pytest

from blurkit.methods.joint import method
from blurkit.training.loop import held_out

ONE_IN = 20  # photos held out by ``joint.training``, which needs torch and is not imported here


@pytest.fixture(scope="session")
def sharp_photo(discs):
    """(90, 122, 3) uint8, sharp everywhere; sides no multiples of a cell."""
    return discs(np.random.default_rng(7), 90, 122)


@pytest.fixture(scope="session")
def half_sharp(discs):
    """(192, 256, 3) uint8, its left half sharp, its right blurred with sigma 3."""
    photo = discs(np.random.default_rng(8), 192, 256)
    photo[:, 128:] = cv2.GaussianBlur(photo, (0, 0), 3)[:, 128:]
    return photo


@pytest.fixture(scope="session")
def weights():
    """At random, of a size that gives different answers for different evidence."""
    rng, weights = np.random.default_rng(5), {}
    for name, shape in method.SHAPES.items():
        deviation = np.sqrt(1 / np.prod(shape[1:])) if len(shape) > 1 else 0.1
        weights[name] = rng.normal(0, deviation, shape).astype(np.float32)
    for mean, scale in (("mean", "scale"), ("whole_mean", "whole_scale"), ("edge_mean", "edge_scale")):
        weights[mean] = rng.uniform(-5, -1, method.SHAPES[mean]).astype(np.float32)
        weights[scale] = rng.uniform(0.5, 2, method.SHAPES[scale]).astype(np.float32)
    return weights


@pytest.fixture(scope="session")
def names_apart():
    """names_apart(held, taught, one_in): names of `held` photos that are held out, and of `taught` that are not."""

    def names_apart(held, taught, one_in):
        held_names, taught_names = [], []
        for number in count():
            name = f"{number}.png".encode()
            is_held = held_out(np.array([(name,)], [("photo", "S64")]), one_in)[0]
            (held_names if is_held else taught_names).append(name)
            if len(held_names) >= held and len(taught_names) >= taught:
                return held_names[:held], taught_names[:taught]

    return names_apart


@pytest.fixture(scope="session")
def toy_records(discs, names_apart):
    """One tile each of 26 photos: a part sharp, the rest blurred with sigma 2.5.

    The first two have one name, which is held out.
    """
    rng, tiles = np.random.default_rng(3), []
    held, taught = names_apart(1, 24, ONE_IN)
    for name in held * 2 + taught:
        photo = discs(rng, 288, 320)
        truth = np.zeros(photo.shape[:2], np.uint8)
        top, left = rng.integers(0, 120, 2)
        truth[top : top + 160, left : left + 180] = 255
        photo = np.where(truth[..., None] == 255, photo, cv2.GaussianBlur(photo, (0, 0), 2.5))
        records = method.cut(photo, truth, method.centres(photo, truth, 0, 1, rng), 2.5)
        records["photo"] = name
        tiles.append(records)
    return np.concatenate(tiles)


@pytest.fixture(scope="session")
def trained(toy_records):
    """Weights learned from the toy tiles, their accuracy, and what was reported after every step."""
    pytest.importorskip("torch")
    steps = []
    weights, measured = method.fit(toy_records, 20, 1, "cpu", lambda *step: steps.append(step))
    return weights, measured["accuracy"], steps
