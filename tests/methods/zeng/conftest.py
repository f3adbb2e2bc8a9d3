"""A sharp photo with texture of all sizes, and patches cut from it sharp and blurred."""

import cv2
import numpy as np
import pytest

from blurkit.methods.zeng import patches


@pytest.fixture(scope="session")
def sharp_photo(discs):
    """(120, 160, 3) uint8, sharp everywhere."""
    return discs(np.random.default_rng(7), 120, 160)


@pytest.fixture(scope="session")
def toy_records(discs):
    """600 patches of 20 photos, each left half sharp, right half blurred with sigma 2."""
    rng, parts = np.random.default_rng(3), []
    for number in range(20):
        photo = discs(rng, 144, 208)
        truth = np.zeros(photo.shape[:2], np.uint8)
        truth[:, :104] = 255
        photo[:, 104:] = cv2.GaussianBlur(photo, (0, 0), 2)[:, 104:]
        at = np.stack([rng.integers(0, 144, 30), rng.integers(0, 208, 30)], 1)
        records = patches.cut(photo, truth, at)
        records["photo"], records["sigma"] = f"{number}.png".encode(), np.where(records["label"] == 1, 0, 2)
        parts.append(records)
    return np.concatenate(parts)
