"""Photos to train any method on; three photos and the stream of their maps; a folder of bad files."""

import zlib
from itertools import count

import cv2
import numpy as np
import pytest
from PIL import Image

from tests import clips
from tests.files import npy

# One photo in 20 is held out by ``joint.training``, which needs torch and is not imported here. The others hold out
# these as well.
ONE_IN = 20


@pytest.fixture(scope="session")
def masked(tmp_path_factory, discs):
    """Ten photos with their left half sharp, one of them held out, and their masks.

    The masks are NAME.mask.png beside them, and masks/NAME.png with white = blurred.
    """
    folder, rng = tmp_path_factory.mktemp("masked"), np.random.default_rng(1)
    (folder / "masks").mkdir()
    names = [f"p{number}.png" for number in range(9)]
    more = (f"p{number}.png" for number in count(9))
    names.append(next(name for name in more if zlib.crc32(name.encode()) % ONE_IN == 0))
    for name in names:
        photo = discs(rng, 150, 200)
        photo[:, 100:] = cv2.GaussianBlur(photo, (0, 0), 2)[:, 100:]
        truth = np.zeros(photo.shape[:2], np.uint8)
        truth[:, :100] = 255
        cv2.imwrite(str(folder / name), photo)
        cv2.imwrite(str(folder / name.replace(".png", ".mask.png")), truth)
        cv2.imwrite(str(folder / "masks" / name), 255 - truth)
    return folder


@pytest.fixture(scope="session")
def three(photos):
    """Three photos of one size."""
    return [photos / "photo.png", photos / "photo.jpg", photos / "grey.png"]


@pytest.fixture(scope="session")
def stream(run, three):
    """Their maps, in one stream."""
    done = run("blur-map", *three)
    assert done.status == 0 and done.stderr == b""
    return done.stdout


def header(shape, descr="<f4"):
    """The first 128 bytes of an NPY file, without its values."""
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.fixture(scope="session")
def bad(tmp_path_factory, photos):
    """A folder of bad files of all kinds, and one good photo, map and mask."""
    folder = tmp_path_factory.mktemp("bad")
    for name in ("empty.jpg", "truncated.jpg", "text.jpg"):
        (folder / name).write_bytes((photos / name).read_bytes())
    (folder / "folder").mkdir()
    whole = np.full((4, 5), 0.75, np.float32)
    nan, high = whole.copy(), whole.copy()
    nan[1, 1], high[2, 2] = np.nan, 1.5
    contents = {
        "nan": npy(nan),
        "cube": npy(np.zeros((3, 4, 5), np.float32)),
        "high": npy(high),
        "pickled": npy(np.array([{}], object)),
        "absurd": header((10**9, 10**9)),
        "overflow": header((0, 10**24)),
        "wide": header((10**8,), "|V2000000000"),
        "negative": header((-4, -5)),
        "short": npy(whole)[:-8],
        "header": npy(whole)[:40],
        "good": npy(whole),
    }
    for name, data in contents.items():
        (folder / f"{name}.npy").write_bytes(data)
    (folder / "good.png").write_bytes((photos / "photo.png").read_bytes())
    Image.fromarray(np.repeat(np.uint8([[255] * 60 + [0] * 60]), 90, axis=0)).save(folder / "good.mask.png")
    return folder


@pytest.fixture(scope="module")
def half(tmp_path_factory, discs):
    """A photo, (160, 240), its left half sharp, its right blurred with sigma 3; and masks of the halves."""
    folder = tmp_path_factory.mktemp("half")
    photo = discs(np.random.default_rng(4), 160, 240)
    photo[:, 120:] = cv2.GaussianBlur(photo, (0, 0), 3)[:, 120:]
    cv2.imwrite(str(folder / "photo.png"), photo)
    left = np.zeros((160, 240), np.uint8)
    left[:, :110] = 255
    cv2.imwrite(str(folder / "left.png"), left)
    cv2.imwrite(str(folder / "right.png"), left[:, ::-1])
    cv2.imwrite(str(folder / "wall.png"), np.full((90, 120, 3), 127, np.uint8))
    (folder / "map.npy").write_bytes(npy(np.ones((8, 8), np.float32)))
    return folder


@pytest.fixture(scope="session")
def scenes(discs):
    """Pictures of growing blur, (72, 96, 3) uint8."""
    sharp = discs(np.random.default_rng(5), clips.HEIGHT, clips.WIDTH)
    return [cv2.GaussianBlur(sharp, (0, 0), 0.4 + 0.5 * n) for n in range(clips.COUNT)]
