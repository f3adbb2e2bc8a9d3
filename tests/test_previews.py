"""The small pictures of a photo on a page. Second route: Pillow's reading of them."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn
from PIL import Image

from blurkit import previews
from blurkit.ops import borders

NAN = float("nan")


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((480, 720), (360, 240)),
        ((900, 500), (200, 360)),
        ((90, 120), (120, 90)),
        ((1, 1), (1, 1)),
        ((2, 4000), (360, 1)),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_thumbnail_is_a_jpeg_of_at_most_360_pixels_and_never_enlarged(shape, size, dtype):
    with opened(previews.thumbnail(np.zeros((*shape, 3), dtype))) as picture:
        assert picture.format == "JPEG" and picture.mode == "RGB" and picture.size == size


def test_a_thumbnail_keeps_the_colours_in_8_and_16_bits():
    photo = np.zeros((200, 600, 3), np.uint8)
    photo[:, :200], photo[:, 200:400], photo[:, 400:] = (200, 40, 30), (40, 180, 60), (30, 60, 190)
    for data in (previews.thumbnail(photo), previews.thumbnail(photo.astype(np.uint16) * 257)):
        pixels = np.asarray(opened(data)).astype(int)
        assert np.abs(pixels[60, [60, 180, 300]] - photo[100, [100, 300, 500]]).max() < 12


@given(
    hn.arrays(
        np.float32,
        hn.array_shapes(min_dims=2, max_dims=2, max_side=9),
        elements=st.floats(0, 1, width=32) | st.just(NAN),
    )
)
def test_the_alpha_of_an_overlay_follows_the_map_and_its_colour_is_one(sharpness):
    with opened(previews.overlay(sharpness)) as picture:
        assert picture.format == "PNG" and picture.mode == "RGBA"
        pixels = np.asarray(picture)
    assert (pixels[..., :3] == previews.TINT).all()
    assert np.abs(pixels[..., 3] / 96 - np.nan_to_num(sharpness)).max() <= 0.5 / 32 + 1e-6
    assert not pixels[..., 3][np.isnan(sharpness)].any()


def test_an_overlay_has_at_most_180_pixels_and_is_the_mean_of_the_map():
    sharpness = np.random.default_rng(0).random((540, 720), dtype=np.float32)
    alpha = np.asarray(opened(previews.overlay(sharpness)))[..., 3]
    assert alpha.shape == (135, 180)
    assert np.abs(alpha / 96 - sharpness.reshape(135, 4, 180, 4).mean((1, 3))).max() <= 0.5 / 32 + 1e-5
    assert np.asarray(opened(previews.overlay(np.ones((3, 1000), np.float32)))).shape == (1, 180, 4)


@pytest.mark.parametrize(
    ("shape", "spot", "box"),
    [
        ((1000, 1500), (0.5, 0.5), (550, 300, 400, 400)),
        ((1000, 1500), (0.0, 1.0), (1100, 0, 400, 400)),
        ((300, 1500), (0.9, 0.1), (0, 0, 400, 300)),
        ((1, 1), (1.0, 1.0), (0, 0, 1, 1)),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_detail_is_of_the_photos_own_pixels_about_its_spot(shape, spot, box, dtype):
    rows, columns = np.indices(shape)
    photo = np.stack([rows * 255 // shape[0], columns * 255 // shape[1], np.full(shape, 90)], axis=2)
    data, found = previews.detail((photo * (257 if dtype == np.uint16 else 1)).astype(dtype), spot)
    left, top, width, height = found
    assert found == box
    pixels = np.asarray(opened(data)).astype(int)
    assert np.abs(pixels - photo[top : top + height, left : left + width]).max() < 12


def test_a_detail_takes_a_bounded_number_of_bytes_and_keeps_what_it_shows():
    noise = np.random.default_rng(0).integers(0, 256, (900, 900, 3), np.uint8)
    leaves = np.kron(noise[:100, :100], np.ones((9, 9, 1), np.uint8))
    for photo, most in ((noise, 64 << 10), (leaves, previews.DETAIL_BYTES)):
        data, _ = previews.detail(photo, (0.5, 0.5))
        assert len(data) <= most and opened(data).size == (400, 400)


def test_what_is_left_out_is_striped_and_nothing_else():
    whole = np.random.default_rng(0).integers(0, 256, (120, 180, 3), np.uint8)
    assert previews.left_out(borders.whole(whole)) is None
    ground = np.zeros((80, 180), bool)
    ground[:40, :60] = True
    content = borders.Content((120, 180), (20, 100, 0, 180), ground)
    pixels = np.asarray(opened(previews.left_out(content)))
    wanted = np.ones((120, 180), bool)
    wanted[20:100] = ground
    assert np.array_equal(pixels[..., 3] > 0, wanted)
    assert len(np.unique(pixels[wanted], axis=0)) == 2


@given(st.integers(0, 3000), st.integers(0, 2000), st.integers(1, 400), st.integers(1, 400))
def test_a_box_on_the_thumbnail_holds_all_that_it_marks_and_lies_within(left, top, width, height):
    x, y, across, down = previews.on_thumbnail((left, top, width, height), (2400, 3400, 3), (360, 254))
    scale = 360 / 3400
    assert x <= left * scale and x + across >= (left + width) * scale - 1e-9
    assert min(x, y) >= 0 and x + across <= 360 and y + down <= 254
