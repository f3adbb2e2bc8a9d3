"""Photos that are too large, cut short, damaged or none at all are refused in plain words."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from blurkit.errors import InputError
from blurkit.io.maps import decode_map
from blurkit.io.photo import decode_photo
from tests.files import complaint, saved, tiff


def test_too_many_pixels_are_refused_with_both_numbers(photos):
    data = (photos / "photo.png").read_bytes()
    assert decode_photo(data, 10800).shape == (90, 120, 3)
    with pytest.raises(InputError, match="120x90 = 10800 pixels; max_pixels allows 10799"):
        decode_photo(data, 10799)


def test_a_giant_is_refused_by_its_header_before_it_is_decoded():
    giant = b"P5\n1000000 1000000\n255\n"
    with pytest.raises(InputError, match="1000000x1000000"):
        decode_photo(giant)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "empty file"),
        (b"words", "not a photo"),
        (b"\x93NUMPY\x01\x00", "NPY array"),
        (b"\xff\xd8\xff", "cannot decode JPEG"),
        (b"BM", "cannot decode BMP"),
    ],
)
def test_what_is_no_photo_is_told_in_plain_words(data, complaint):
    with pytest.raises(InputError, match=complaint):
        decode_photo(data)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "deep_rgb.png", "palette.png", "cmyk.jpg"])
def test_a_photo_cut_in_the_middle_is_an_error_that_says_truncated(photos, name):
    data = (photos / name).read_bytes()
    with pytest.raises(InputError, match="truncated"):
        decode_photo(data[: len(data) // 2])


@pytest.mark.parametrize(
    "make",
    [
        lambda s: saved(Image.fromarray(s), "TIFF"),
        lambda s: tiff(s.astype(np.uint16) * 257),
        lambda s: saved(Image.fromarray(s), "WEBP"),
    ],
)
def test_a_tiff_or_webp_cut_in_the_middle_is_an_error(make, scene):
    data = make(scene)
    with pytest.raises(InputError):
        decode_photo(data[: len(data) // 2])


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's
@given(
    st.sampled_from(["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "PPM"]),
    st.integers(0, 10**6),
    st.integers(0, 255),
    st.booleans(),
)
def test_a_damaged_photo_is_an_error_or_a_picture_never_a_crash(form, place, value, cut):
    data = bytearray(saved(Image.fromarray(np.random.default_rng(0).integers(0, 256, (16, 20, 3), np.uint8)), form))
    place %= len(data)
    data[place] = value
    data = bytes(data[:place] if cut else data)
    try:
        decoded = decode_photo(data, 100_000)
    except InputError as error:
        assert "\n" not in str(error) and str(error)
    else:
        assert decoded.ndim == 3 and decoded.shape[2] == 3 and decoded.dtype in (np.uint8, np.uint16)


def rechunked(data, change):
    """A PNG whose chunks went through `change`, a function of dict kind -> body, and have right checksums again."""
    bodies = {}
    at = 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        kind = data[at + 4 : at + 8]
        bodies[kind] = bodies.get(kind, b"") + data[at + 8 : at + 8 + size]
        at += 12 + size
    change(bodies)
    return data[:8] + b"".join(
        struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in bodies.items()
    )


@pytest.mark.parametrize("read", [decode_photo, decode_map])
def test_a_flipped_bit_anywhere_in_a_png_is_noticed(read):
    data = cv2.imencode(".png", np.random.default_rng(0).integers(0, 9, (9, 40), np.uint8))[1].tobytes()
    assert read(data).shape[:2] == (9, 40)
    for place in range(len(data)):
        harmed = bytearray(data)
        harmed[place] ^= 1 << place % 8
        with pytest.raises(InputError):
            read(bytes(harmed))


def test_a_png_without_its_palette_is_damaged(scene):
    data = saved(Image.fromarray(scene).quantize(16), "PNG")
    assert decode_photo(rechunked(data, dict)).shape == scene.shape
    assert "palette is missing" in complaint(rechunked(data, lambda chunks: chunks.pop(b"PLTE")))


def interlaced(array):
    """A grey PNG of 8 bits in seven passes."""
    starts = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    rows = b"".join(
        b"\0" + row.tobytes() for r, c, down, right in starts for row in array[r::down, c::right] if row.size
    )
    head = struct.pack(">IIBBBBB", *array.shape[::-1], 8, 0, 0, 0, 1)
    plain = cv2.imencode(".png", array)[1].tobytes()
    return rechunked(plain, lambda chunks: chunks.update({b"IHDR": head, b"IDAT": zlib.compress(rows)}))


@pytest.mark.parametrize("size", [(16, 12), (5, 3), (1, 1), (9, 1), (1, 7)])
@pytest.mark.parametrize("value", [0, 99])
def test_a_png_with_fewer_rows_than_it_tells_is_truncated(size, value):
    plain = np.full(size, value, np.uint8)
    for data in (
        cv2.imencode(".png", plain)[1].tobytes(),
        interlaced(plain),
        saved(Image.fromarray(plain), "PNG", bits=8),
    ):
        assert np.array_equal(decode_photo(data)[..., 0], plain)
        for more in (1, 8, 100):
            sides = struct.pack(">II", size[1], size[0] + more)
            taller = rechunked(data, lambda chunks, sides=sides: chunks.update({b"IHDR": sides + chunks[b"IHDR"][8:]}))
            with pytest.raises(InputError):
                decode_photo(taller)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_a_black_palette_of_few_bits_is_whole(bits):
    picture = Image.new("P", (13, 5))
    picture.putpalette([7, 8, 9, 200, 100, 50])
    assert np.array_equal(decode_photo(saved(picture, "PNG", bits=bits)), np.full((5, 13, 3), (7, 8, 9)))


@pytest.mark.parametrize(
    "options", [{"rowsperstrip": 8}, {"tile": (16, 16)}, {"planarconfig": "separate"}, {"rowsperstrip": 32}], ids=str
)
@pytest.mark.parametrize("tag", [256, 257])
def test_a_tiff_whose_strips_or_tiles_do_not_cover_it_is_truncated(options, tag):
    array = np.random.default_rng(0).integers(
        0, 256, (3, 32, 48) if "planarconfig" in options else (32, 48, 3), np.uint8
    )
    data = tiff(array, photometric="rgb", **options)
    assert decode_photo(data).shape == (32, 48, 3)
    at = next(at for at in range(10, 200, 12) if struct.unpack("<H", data[at : at + 2]) == (tag,))
    lie = data[: at + 2] + struct.pack("<HII", 4, 1, 400) + data[at + 12 :]
    with pytest.raises(InputError, match="truncated"):
        decode_photo(lie)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's
@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
@pytest.mark.parametrize("mode", ["L", "RGB", "F"])
def test_a_tiff_cut_at_its_end_is_truncated(compression, mode, scene):
    data = saved(Image.fromarray(scene).convert(mode), "TIFF", compression=compression)
    for left in range(len(data) - 40, len(data)):
        with pytest.raises(InputError):
            (decode_map if mode == "F" else decode_photo)(data[:left])


def test_16_bit_colour_wider_than_opencv_reads_is_refused():
    with pytest.raises(InputError, match="too wide"):
        decode_photo(tiff(np.zeros((1, (1 << 20) + 1, 3), np.uint16), photometric="rgb", compression="zlib"))


def test_32_bit_and_floating_point_pixels_are_refused_as_photos():
    with pytest.raises(InputError, match="floating-point"):
        decode_photo(tiff(np.zeros((4, 5), np.float32)))
    with pytest.raises(InputError, match="32-bit"):
        decode_photo(tiff(np.full((4, 5), 70000, np.int32)))
