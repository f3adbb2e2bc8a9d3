"""A sharp photo with texture of all sizes, and patches cut from it sharp and blurred."""

import cv2
import numpy as np
import pytest

from blurkit.zeng import patches


def textured(rng, height, width):
    """Overlapping discs of random colour: an image with edges everywhere."""
    photo = np.full((height, width, 3), 128, np.uint8)
    for _ in range(height * width // 60):
        centre = int(rng.integers(width)), int(rng.integers(height))
        cv2.circle(photo, centre, int(rng.integers(2, 9)), rng.integers(0, 256, 3).tolist(), -1)
    return photo


@pytest.fixture(scope="session")
def sharp_photo():
    """(120, 160, 3) uint8, sharp everywhere."""
    return textured(np.random.default_rng(7), 120, 160)


@pytest.fixture(scope="session")
def toy_records():
    """600 patches of 20 photos, each left half sharp, right half blurred with sigma 2."""
    rng, found = np.random.default_rng(3), []
    for number in range(20):
        photo = textured(rng, 144, 208)
        truth = np.zeros(photo.shape[:2], np.uint8)
        truth[:, :104] = 255
        photo[:, 104:] = cv2.GaussianBlur(photo, (0, 0), 2)[:, 104:]
        at = np.stack([rng.integers(0, 144, 30), rng.integers(0, 208, 30)], 1)
        records = patches.cut(photo, truth, at)
        records["photo"], records["sigma"] = f"{number}.png".encode(), np.where(records["label"] == 1, 0, 2)
        found.append(records)
    return np.concatenate(found)
