"""Photos to learn from, for whichever method."""

import zlib
from itertools import count

import cv2
import numpy as np
import pytest

ONE_IN = 20  # photos held out by ``joint.training``, which needs torch and is not imported here; the others hold out these as well


@pytest.fixture(scope="session")
def masked(tmp_path_factory, discs):
    """Ten photos, one of which is held out, their left half sharp, and masks: NAME.mask.png beside them, and masks/NAME.png with white = blurred."""
    folder, rng = tmp_path_factory.mktemp("masked"), np.random.default_rng(1)
    (folder / "masks").mkdir()
    names = [f"p{number}.png" for number in range(9)]
    names.append(next(name for number in count(9) if zlib.crc32((name := f"p{number}.png").encode()) % ONE_IN == 0))
    for name in names:
        photo = discs(rng, 150, 200)
        photo[:, 100:] = cv2.GaussianBlur(photo, (0, 0), 2)[:, 100:]
        truth = np.zeros(photo.shape[:2], np.uint8)
        truth[:, :100] = 255
        cv2.imwrite(str(folder / name), photo)
        cv2.imwrite(str(folder / name.replace(".png", ".mask.png")), truth)
        cv2.imwrite(str(folder / "masks" / name), 255 - truth)
    return folder
