"""Photos with edges everywhere, weights drawn at random, and patches of known blur."""

import numpy as np
import pytest

from blurkit.methods.park import network, patches


@pytest.fixture(scope="session")
def sharp_photo(discs):
    """(60, 84, 3) uint8, sharp everywhere."""
    return discs(np.random.default_rng(7), 60, 84)


@pytest.fixture(scope="session")
def weights():
    """Of both networks, at random, of a size that keeps their answers apart."""
    rng, arrays = np.random.default_rng(5), {}
    for name, shape in network.SHAPES.items():
        reach = np.sqrt(2 / np.prod(shape[1:])) if len(shape) > 1 else 0.1
        arrays[name] = rng.normal(0, reach, shape).astype(np.float32)
    for name in ("published.conv1.weight", "published.fc1.weight"):
        arrays[name] /= network.FULL_SCALE  # these see 8-bit steps
    return arrays


@pytest.fixture(scope="session")
def toy_records(discs):
    """About 700 patches of 24 photos, by turns of sigma .5 and 2 pixels and of all three sources."""
    rng, parts = np.random.default_rng(3), []
    for number in range(24):
        sharp = discs(rng, 64, 80)
        sigma = (0.5, 2.0)[number % 2]
        picture = patches.gaussian_blur(sharp, sigma)
        records = patches.cut(picture, patches.points(picture, sharp, number % 3, 30, rng), sigma)
        records["photo"] = f"{number}.png".encode()
        parts.append(records)
    return np.concatenate(parts)
