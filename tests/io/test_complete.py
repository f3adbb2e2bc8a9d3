"""Every result is whole as it is encoded, and no beginning of it is."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from blurkit.io.complete import is_whole
from blurkit.io.encode import encode_cut, encode_map, encode_mask

MAP = np.random.default_rng(1).random((37, 61), dtype=np.float32)
MASK = np.where(MAP > 0.5, np.uint8(255), np.uint8(0))
WRITTEN = {
    "a map as npy": ("npy", encode_map(MAP, "npy")),
    "two planes as npy": ("npy", encode_map(np.stack([MAP, MAP]), "npy")),
    "a mask as npy": ("npy", encode_mask(MASK, "npy")),
    "a map as png": ("png", encode_map(MAP, "png")),
    "a map in colour": ("png", encode_map(MAP, "png", palette="turbo")),
    "a mask as png": ("png", encode_mask(MASK, "png")),
    "a cut-out": ("png", encode_cut(np.repeat(np.uint16(65535 * MAP)[..., None], 3, axis=2), MASK)),
    "a map as tiff": ("tiff", encode_map(MAP, "tiff")),
    "pixels of blur as tiff, in many strips": ("tiff", encode_map(np.repeat(4 * MAP, 20, axis=0), "tiff")),
    "a map as pfm": ("pfm", encode_map(MAP, "pfm")),
    "one pixel as pfm": ("pfm", encode_map(MAP[:1, :1], "pfm")),
    "one pixel as tiff": ("tiff", encode_map(MAP[:1, :1], "tiff")),
    "one pixel as npy": ("npy", encode_map(MAP[:1, :1], "npy")),
}


@pytest.mark.parametrize("what", WRITTEN)
def test_what_is_encoded_is_whole_and_cut_short_anywhere_it_is_not(what):
    form, pieces = WRITTEN[what]
    data = b"".join(map(bytes, pieces))
    assert is_whole(io.BytesIO(data), form)
    lengths = {*range(min(400, len(data))), *range(max(0, len(data) - 400), len(data)), *range(0, len(data), 997)}
    assert not any(is_whole(io.BytesIO(data[:n]), form) for n in lengths)


@pytest.mark.parametrize("what", [name for name, (form, _) in WRITTEN.items() if form != "tiff"])
def test_what_has_more_behind_it_is_not_whole(what):
    form, pieces = WRITTEN[what]
    assert not is_whole(io.BytesIO(b"".join(map(bytes, pieces)) + b"\0"), form)


def test_a_tiff_of_many_strips_is_whole_only_with_all_of_them():
    held = io.BytesIO()
    Image.fromarray(np.repeat(MAP, 20, axis=0)).save(held, "TIFF", strip_size=4096)
    data = held.getvalue()
    assert is_whole(io.BytesIO(data), "tiff")
    assert not any(is_whole(io.BytesIO(data[:n]), "tiff") for n in range(0, len(data), 997))
    assert not is_whole(io.BytesIO(data[:-1]), "tiff")


@pytest.mark.parametrize("form", ["npy", "png", "tiff", "pfm"])
def test_other_files_are_not_whole(form):
    others = [b"".join(map(bytes, pieces)) for other, pieces in WRITTEN.values() if other != form]
    for data in (b"", b"\0" * 1000, b"words\n" * 100, cv2.imencode(".jpg", MASK)[1].tobytes(), *others):
        assert not is_whole(io.BytesIO(data), form)
