"""WebP, GIF and BMP; and that a decoder leaves the guard of the process it works in alone."""

import io
import struct
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from blurkit.errors import InputError
from blurkit.io import plain
from blurkit.io.photo import decode_photo
from tests.files import complaint, saved, tiff


def bmp(words, bits, masks, height=None, compression=3):
    """A BMP of 16- or 32-bit words with bit masks of the colours."""
    rows, width = words.shape
    row = -(-width * bits // 32) * 4
    body = b"".join(line.astype(f"<u{bits // 8}").tobytes().ljust(row, b"\0") for line in words[::-1])
    mask_bytes = b"".join(struct.pack("<I", mask) for mask in masks)
    start = 54 + len(mask_bytes)
    header = struct.pack("<IiiHHIIiiII", 40, width, height or rows, 1, bits, compression, len(body), 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + header + mask_bytes + body


MASKS = {
    "565": (16, (0xF800, 0x7E0, 0x1F)),
    "555": (16, (0x7C00, 0x3E0, 0x1F)),
    "444": (16, (0xF00, 0xF0, 0xF)),
    "231": (16, (0x180, 0x70, 0x1)),
    "888 as usual": (32, (0xFF0000, 0xFF00, 0xFF)),
    "888 the other way": (32, (0xFF, 0xFF00, 0xFF0000)),
    "888 with a gap": (32, (0xFF000000, 0xFF00, 0xFF)),
    "10 bits": (32, (0x3FF00000, 0xFFC00, 0x3FF)),
    "11-11-10 bits": (32, (0xFFE00000, 0x1FFC00, 0x3FF)),
}


@pytest.mark.parametrize("name", MASKS)
def test_every_layout_of_bits_in_a_bmp_comes_out_on_the_full_scale(name):
    bits, masks = MASKS[name]
    words = np.random.default_rng(0).integers(0, 1 << bits, (5, 7), np.uint32)
    decoded = decode_photo(bmp(words, bits, masks))
    full = 255 if decoded.dtype == np.uint8 else 65535
    for channel, mask in enumerate(masks):
        shift = (mask & -mask).bit_length() - 1
        expected = ((words & mask) >> shift) * (full / (mask >> shift))
        assert (
            np.abs(decoded[..., channel] - expected).max() <= (0.5 if full == 255 else 128.5) + 1
        )  # 8 bits in 16 are a 257th apart


def test_bitfields_with_alpha_from_the_top_down_and_damaged():
    words = np.random.default_rng(0).integers(0, 1 << 16, (5, 7), np.uint32)
    masks = (0xF00, 0xF0, 0xF)
    whole = decode_photo(bmp(words, 16, masks))
    assert np.array_equal(decode_photo(bmp(words, 16, (*masks, 0xF000), compression=6)), whole)
    assert np.array_equal(decode_photo(bmp(words, 16, masks, height=-5)), whole[::-1])
    assert complaint(bmp(words, 16, masks)[:-1]) == "cannot decode BMP: truncated"
    assert "60000x60000" in complaint(
        bmp(words, 16, masks).replace(struct.pack("<ii", 7, 5), struct.pack("<ii", 60000, 60000))
    )
    assert "without bits" in complaint(bmp(words, 16, (0, 0xF0, 0xF)))
    assert "side by side" in complaint(bmp(words, 16, (0xA00, 0xF0, 0xF)))


@pytest.mark.parametrize("body", [b"garbage!!", b"", b"Exif\0\0" + bytes(50), b"II*\0\xff\xff\xff\xff"])
def test_broken_exif_of_a_webp_costs_nothing(body, scene):
    data = saved(Image.fromarray(scene), "WEBP", lossless=True, exif=b"II*\0\x08\0\0\0\0\0\0\0\0\0")
    at = data.index(b"EXIF")
    size = int.from_bytes(data[at + 4 : at + 8], "little")
    changed = (
        data[:at]
        + b"EXIF"
        + struct.pack("<I", len(body))
        + body
        + b"\0" * (len(body) % 2)
        + data[at + 8 + size + size % 2 :]
    )
    changed = changed[:4] + struct.pack("<I", len(changed) - 8) + changed[8:]
    assert np.array_equal(decode_photo(changed), scene)


def test_the_guard_of_the_process_neither_counts_nor_changes(scene, monkeypatch):
    """Many threads, and a guard that would refuse them all."""
    picture, deep = Image.fromarray(scene), scene.astype(np.uint16) * 257
    made = [saved(picture, form) for form in ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "PPM")]
    made += [tiff(deep, photometric="rgb"), saved(picture, "TIFF", compression="tiff_lzw")]
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 6000)  # the scene has 10800
    expected = [decode_photo(data).shape for data in made]
    assert expected == [scene.shape] * len(made)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda data: decode_photo(data).shape, made * 20)) == expected * 20
    assert Image.MAX_IMAGE_PIXELS == 6000
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(made[1]))
    assert decode_photo(made[3]).shape == scene.shape  # WebP, whose class asks the guard itself


@pytest.mark.parametrize(
    "options", [{}, {"lossless": True}, {"exif": b"II*\0\x08\0\0\0\0\0\0\0\0\0"}], ids=["VP8", "VP8L", "VP8X"]
)
def test_the_size_of_a_webp_is_known_before_it_takes_memory(options, scene):
    data = saved(Image.fromarray(scene), "WEBP", **options)
    assert plain.webp_size(data) == (120, 90)
    with pytest.raises(InputError, match="120x90 = 10800 pixels; max_pixels allows 10799"):
        decode_photo(data, 10799)
