"""Maps and masks out and in again. Second routes: NumPy's, Pillow's, OpenCV's and tifffile's own reading."""

import io

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn
from PIL import Image

from blurkit.errors import InputError
from blurkit.io import encode
from blurkit.io.maps import decode_map
from tests.files import joined

maps = hn.arrays(np.float32, hn.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.floats(0, 1, width=32))


# ---- maps ---------------------------------------------------------------------


@given(maps)
def test_npy_holds_a_map_exactly(sharpness):
    assert np.array_equal(np.load(io.BytesIO(joined(encode.encode_map(sharpness, "npy")))), sharpness)


@pytest.mark.parametrize("form", ["tiff", "pfm"])
@given(sharpness=maps)
def test_tiff_and_pfm_hold_a_map_exactly(form, sharpness):
    assert np.array_equal(decode_map(joined(encode.encode_map(sharpness, form))), sharpness)


@given(maps)
def test_png_holds_a_map_to_half_a_16_bit_step(sharpness):
    decoded = decode_map(joined(encode.encode_map(sharpness, "png")))
    assert np.abs(decoded - sharpness).max() <= 0.5 / 65535 + 1e-7


def test_png_has_a_fixed_scale_unless_stretching_is_asked_for():
    dim = np.float32([[0.25, 0.5]])
    assert np.asarray(Image.open(io.BytesIO(joined(encode.encode_map(dim, "png"))))).tolist() == [[16384, 32768]]
    assert np.asarray(Image.open(io.BytesIO(joined(encode.encode_map(dim, "png", stretch=True))))).tolist() == [
        [0, 65535]
    ]
    flat = joined(encode.encode_map(np.full((2, 2), 0.5, np.float32), "png", stretch=True))
    assert not np.asarray(Image.open(io.BytesIO(flat))).any()


def test_a_colour_map_runs_from_violet_to_yellow_in_rgb():
    data = joined(encode.encode_map(np.float32([[0, 1]]), "png", palette="viridis"))
    ends = np.asarray(Image.open(io.BytesIO(data))).astype(int)
    assert np.abs(ends - [[[68, 1, 84], [253, 231, 37]]]).max() <= 3
    with pytest.raises(InputError, match="colour"):
        decode_map(data)


def test_tifffile_and_pillow_read_our_float_tiff():
    sharpness = np.random.default_rng(0).random((7, 9), dtype=np.float32)
    data = joined(encode.encode_map(sharpness, "tiff"))
    assert np.array_equal(tifffile.imread(io.BytesIO(data)), sharpness)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), sharpness)


def test_pfm_runs_from_the_bottom_row_up_in_either_byte_order():
    sharpness = np.float32([[0.0, 0.25], [0.5, 1.0]])
    ours = joined(encode.encode_map(sharpness, "pfm"))
    assert ours == b"Pf\n2 2\n-1.0\n" + np.array([0.5, 1.0, 0.0, 0.25], "<f4").tobytes()
    theirs = b"Pf\n2 2\n1.0\n" + np.array([0.5, 1.0, 0.0, 0.25], ">f4").tobytes()
    assert np.array_equal(decode_map(theirs), sharpness)


# ---- masks --------------------------------------------------------------------


def test_a_mask_is_a_grey_png_of_0_and_255():
    chosen = np.uint8([[0, 255], [255, 0]])
    with Image.open(io.BytesIO(joined(encode.encode_mask(chosen, "png")))) as picture:
        assert picture.format == "PNG" and picture.mode == "L" and np.array_equal(np.asarray(picture), chosen)
    assert np.array_equal(np.load(io.BytesIO(joined(encode.encode_mask(chosen, "npy")))), chosen)


def test_a_cut_carries_the_mask_as_alpha_and_leaves_the_colours(scene, deep):
    chosen = np.where(np.arange(120) < 60, 255, 0).astype(np.uint8) * np.ones((90, 1), np.uint8)
    decoded = np.asarray(Image.open(io.BytesIO(joined(encode.encode_cut(scene, chosen)))))
    assert np.array_equal(decoded[..., :3], scene) and np.array_equal(decoded[..., 3], chosen)
    data = np.frombuffer(joined(encode.encode_cut(deep, chosen)), np.uint8)
    decoded = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    assert np.array_equal(decoded[..., 2::-1], deep) and np.array_equal(decoded[..., 3], chosen.astype(np.uint16) * 257)
