"""TIFF of all depths, colours and layouts that people have; damage that libtiff reports, and broken metadata."""

import io
import resource
import struct
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from blurkit.errors import InputError
from blurkit.io import maps, raw
from blurkit.io.photo import decode_photo
from blurkit.io.pixels import upright
from tests.files import ASCII, BYTE, LONG, SHORT, complaint, saved, tiff, tiff_directory

WHITE_IS_0, BLACK_IS_0, RGB, COLOUR_MAP, LAB, ICC_LAB = 0, 1, 2, 3, 8, 9  # photometric interpretations


def packed(values, bits):
    """(H, W[, C]) as rows of bits, the highest first."""
    rows = values.reshape(len(values), -1)
    spread = (rows[..., None] >> np.arange(bits)[::-1]) & 1
    return np.packbits(spread.reshape(len(rows), -1).astype(np.uint8), axis=1).tobytes()


def drawn(values, bits, photometric, more=None, body=None):
    """A plain TIFF by hand: the directory, then the pixels."""
    height, width, *channels = values.shape
    count = channels[0] if channels else 1
    body = packed(values, bits) if body is None else body
    tags = {
        256: (SHORT, [width]),
        257: (SHORT, [height]),
        258: (SHORT, [bits] * count),
        259: (SHORT, [1]),
        262: (SHORT, [photometric]),
    }
    tags |= {273: (LONG, [0]), 277: (SHORT, [count]), 278: (SHORT, [height]), 279: (LONG, [len(body)]), **(more or {})}
    tags[273] = LONG, [8 + len(tiff_directory(tags, 8))]
    return b"II*\0\x08\0\0\0" + tiff_directory(tags, 8) + body


def full_scale(values, bits):
    full = 255 if bits <= 8 else 65535
    return np.rint(values * (full / ((1 << bits) - 1))).astype(np.uint8 if bits <= 8 else np.uint16)


@pytest.mark.parametrize("photometric", [WHITE_IS_0, BLACK_IS_0])
@pytest.mark.parametrize("bits", [1, 2, 4, 6, 8, 10, 12, 14, 16])
def test_grey_of_every_depth_comes_out_on_the_full_scale(bits, photometric):
    if bits not in (1, 2, 4, 8, 16):
        pytest.importorskip("imagecodecs")
    values = np.random.default_rng(bits).integers(0, 1 << bits, (9, 13))
    body = values.astype("<u2").tobytes() if bits == 16 else None
    decoded = decode_photo(drawn(values, bits, photometric, body=body))
    expected = full_scale(values if photometric else (1 << bits) - 1 - values, bits)
    assert decoded.dtype == expected.dtype and decoded.flags.c_contiguous
    assert np.array_equal(decoded, np.repeat(expected[..., None], 3, axis=2))


def test_12_bit_grey_needs_nothing_special(monkeypatch):
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    values = np.random.default_rng(0).integers(0, 4096, (9, 13))
    assert np.array_equal(decode_photo(drawn(values, 12, BLACK_IS_0))[..., 1], full_scale(values, 12))
    assert (
        complaint(drawn(values, 10, BLACK_IS_0))
        == "TIFF needs tifffile and imagecodecs: pip install tifffile imagecodecs"
    )


@pytest.mark.parametrize("bits", [4, 10, 12, 14])
def test_colour_of_every_depth_comes_out_on_the_full_scale(bits):
    pytest.importorskip("imagecodecs")
    values = np.random.default_rng(bits).integers(0, 1 << bits, (9, 13, 3))
    assert np.array_equal(decode_photo(drawn(values, bits, RGB)), full_scale(values, bits))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_palette_of_8_bits_is_that_of_16(bits):
    rng = np.random.default_rng(bits)
    values, table = rng.integers(0, 1 << bits, (9, 13)), rng.integers(0, 256, (3, 1 << bits))
    for scale in (1, 257):
        decoded = decode_photo(drawn(values, bits, COLOUR_MAP, {320: (SHORT, (table * scale).ravel().tolist())}))
        assert np.array_equal(decoded, table.T[values])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bigtiff": True},
        {"byteorder": ">"},
        {"planarconfig": "separate"},
        {"compression": "zlib"},
        {"tile": (16, 16)},
    ],
    ids=str,
)
@pytest.mark.parametrize("alpha", [False, True])
def test_inks_of_16_bits_are_read_as_those_of_8(options, alpha, scene):
    pytest.importorskip("imagecodecs")
    inks = np.asarray(Image.fromarray(scene).convert("CMYK")).astype(np.uint16) * 257
    inks = np.dstack([inks, inks[..., 0]]) if alpha else inks
    array = np.ascontiguousarray(inks.transpose(2, 0, 1)) if "planarconfig" in options else inks
    decoded = decode_photo(
        tiff(array, photometric="separated", **({"extrasamples": ["unassalpha"]} if alpha else {}), **options)
    )
    assert decoded.dtype == np.uint16 and np.abs(decoded / 257 - scene).max() <= 1


def lab_of(rgb, bits, offset):
    """sRGB as the values of a Lab TIFF."""
    lab = cv2.cvtColor(np.float32(rgb) / 255, cv2.COLOR_RGB2Lab)
    full = (1 << bits) - 1
    colour = np.rint(lab[..., 1:] * (256 if bits == 16 else 1)).astype(int) + (offset if offset else 0)
    return np.dstack([np.rint(lab[..., 0] * (full / 100)).astype(int), colour]) & full


@pytest.mark.parametrize(("bits", "photometric"), [(8, LAB), (16, LAB), (8, ICC_LAB), (16, ICC_LAB)])
@pytest.mark.parametrize("alpha", [False, True])
def test_lab_comes_out_near_what_it_was_made_of(bits, photometric, alpha, scene):
    calm = cv2.GaussianBlur(scene, (0, 0), 5)
    values = lab_of(calm, bits, (1 << (bits - 1)) if photometric == ICC_LAB else 0)
    more = {}
    if alpha:
        values, more = np.dstack([values, values[..., 0]]), {338: (SHORT, [2])}
    body = values.astype("<u2" if bits == 16 else "u1").tobytes()
    decoded = decode_photo(drawn(values, bits, photometric, more, body))
    assert decoded.dtype == (np.uint16 if bits == 16 else np.uint8)
    assert np.abs(decoded / (257 if bits == 16 else 1) - calm).mean() < 4  # Pillow's white is another


def test_colours_multiplied_by_alpha_are_divided_again(deep):
    alpha = np.full(deep.shape[:2], 40000, np.uint16)
    alpha[:9] = 65535
    multiplied = np.rint(deep * (alpha[..., None] / 65535)).astype(np.uint16)
    for array, planes in (
        (np.dstack([multiplied, alpha]), "contig"),
        (np.concatenate([multiplied.transpose(2, 0, 1), alpha[None]]), "separate"),
    ):
        decoded = decode_photo(tiff(array, photometric="rgb", planarconfig=planes, extrasamples=["assocalpha"]))
        assert np.abs(decoded.astype(int) - deep).max() <= 1


@pytest.mark.parametrize("byteorder", "<>")
def test_bigtiff_is_read_as_any_other(byteorder, scene, deep):
    for array in (scene, deep, deep[..., 0], scene[..., 0]):
        decoded = decode_photo(tiff(array, bigtiff=True, byteorder=byteorder))
        assert np.array_equal(decoded, array if array.ndim == 3 else np.repeat(array[..., None], 3, axis=2))
    sharpness = np.random.default_rng(0).random((20, 30), np.float32)
    assert np.array_equal(maps.decode_map(tiff(sharpness, bigtiff=True, byteorder=byteorder)), sharpness)
    whole = tiff(scene, bigtiff=True, byteorder=byteorder)
    assert complaint(whole[:-1]) == complaint(whole[:400]) == "cannot decode TIFF: truncated"
    with pytest.raises(InputError, match="max_pixels"):
        decode_photo(whole, 10799)


@pytest.mark.parametrize("tile", [(16, 16), (32, 48), (256, 256)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("planes", ["contig", "separate"])
def test_whole_tiles_are_whole_whatever_goes_beyond_the_photo(tile, kind, planes, scene):
    photo = scene.astype(kind) * (257 if kind == np.uint16 else 1)
    array = photo if planes == "contig" else np.ascontiguousarray(photo.transpose(2, 0, 1))
    data = tiff(array, photometric="rgb", planarconfig=planes, tile=tile)
    assert np.array_equal(decode_photo(data), photo)


def test_a_smaller_copy_in_front_is_not_the_photo(scene, deep):
    """Whoever has written it, and wherever the photo stands."""
    for photo in (scene, deep):
        for maker in ([], [(271, "s", 6, "Maker", True)]):
            out = io.BytesIO()
            with tifffile.TiffWriter(out) as file:
                file.write(photo[::4, ::4], photometric="rgb", subfiletype=1, extratags=maker)
                file.write(photo, photometric="rgb", extratags=[(274, "H", 1, 6, True)])
            assert not raw.is_raw(out.getvalue())
            assert np.array_equal(decode_photo(out.getvalue()), upright(photo, 6))


@pytest.mark.parametrize(
    ("kind", "value", "turned"),
    [(BYTE, 6, 6), (SHORT, 6, 6), (LONG, 8, 8), (SHORT, 0, 1), (SHORT, 99, 1), (ASCII, b"6\0", 1)],
)
def test_an_orientation_counts_whatever_the_type_of_its_number_if_it_is_one(kind, value, turned, scene, deep):
    tags = {274: (kind, value if kind == ASCII else [value])}
    for photo in (scene, deep):
        body = photo.astype(f"<u{photo.itemsize}").tobytes()
        decoded = decode_photo(drawn(photo, 8 * photo.itemsize, RGB, tags, body))
        assert np.array_equal(decoded, upright(photo, turned))


@pytest.mark.parametrize("tag", [700, 33723, 34377, 34665, 34675, 34853, 37500, 50000])
@pytest.mark.parametrize("kind", [1, 4, 7, 99])
def test_metadata_that_leads_nowhere_costs_nothing(tag, kind, scene, deep):
    for photo in (scene, deep):
        data = drawn(photo, 8 * photo.itemsize, RGB, {tag: (LONG, [1])}, photo.tobytes())
        at = data.index(struct.pack("<HHI", tag, LONG, 1))
        for count, place in ((1, 0xFFFFFFF0), (1_000_000, len(data) - 5), (9, 3)):
            harmed = data[:at] + struct.pack("<HHII", tag, kind, count, place) + data[at + 12 :]
            assert np.array_equal(decode_photo(harmed), photo)


# ---- damage and kinds that are not read ---------------------------------------------


@pytest.fixture(scope="module")
def page():
    """Black and white, much of both: (200, 300) bool."""
    return cv2.GaussianBlur(np.random.default_rng(0).normal(0, 1, (200, 300)).astype(np.float32), (0, 0), 5) > 0


@pytest.mark.parametrize("form", ["group3", "group4", "tiff_ccitt"])
def test_damage_in_a_fax_is_an_error_also_in_many_threads(form, page, capfd):
    data = saved(Image.fromarray(page), "TIFF", compression=form)
    assert np.array_equal(decode_photo(data)[..., 0] > 0, page)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        start, size = file.pages[0].dataoffsets[0], file.pages[0].databytecounts[0]
    harmed = [bytes(b ^ 8 if i == start + size * n // 8 else b for i, b in enumerate(data)) for n in range(1, 8)]
    harmed += [data[: start + size // 2] + bytes(40) + data[start + size // 2 + 40 :]]

    def words(data):
        try:
            return decode_photo(data).shape
        except InputError as error:
            return str(error)[:32]

    with ThreadPoolExecutor(4) as pool:
        messages = list(pool.map(words, [data, *harmed] * 3))
    assert messages[:: len(harmed) + 1] == [(200, 300, 3)] * 3
    noticed = [message == "cannot decode TIFF: damaged: Fax" for message in messages]
    assert sum(noticed) >= 3 * (len(harmed) - 1)  # a flipped bit can make another sound page
    assert noticed == noticed[: len(harmed) + 1] * 3 and "Fax" not in capfd.readouterr().err


def test_damage_of_a_jpeg_in_a_tiff_is_an_error(scene):
    photo = cv2.resize(scene, (360, 270))
    data = saved(Image.fromarray(photo), "TIFF", compression="jpeg", quality=90)
    assert np.abs(decode_photo(data).astype(int) - photo).mean() < 5
    at = data.index(b"\xff\xda") + 3000
    assert complaint(data[:at] + b"\xff\xd9" + bytes(600) + data[at + 602 :]).startswith(
        "cannot decode TIFF: damaged: "
    )


def test_what_libtiff_warns_of_but_reads_is_no_damage(page):
    data = bytearray(saved(Image.fromarray(page), "TIFF", compression="group4", tiffinfo={65000: "of nobody's"}))
    assert np.array_equal(decode_photo(bytes(data))[..., 0] > 0, page)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.full((4, 5), -7, np.int16), "signed values, some below 0"),
        (np.full((4, 5), 70000, np.uint32), "32-bit values"),
        (np.full((4, 5), 7, np.uint64), "64-bit values"),
        (np.full((4, 5, 3), 7, np.int16), "signed 16-bit values"),
        (np.full((4, 5), 0.5, np.float16), "floating-point"),
        (np.full((4, 5), 0.5, np.float64), "floating-point"),
        (np.full((4, 5), 1j, np.complex64), "complex"),
    ],
)
def test_a_kind_that_no_photo_has_is_named(array, words):
    message = complaint(tiff(array, **({"photometric": "rgb"} if array.ndim == 3 else {})))
    assert words in message and "not supported" in message


def test_what_would_take_much_memory_is_refused_by_its_tags(scene):
    many = drawn(scene, 16, 5, {277: (SHORT, [60000]), 258: (SHORT, [16])}, bytes(100))
    assert complaint(many) == "photo has 60000 channels; at most 8 are supported"
    data = tiff(scene.astype(np.uint16), photometric="rgb", tile=(16, 16), compression="zlib")
    width = (
        data.index(struct.pack("<HHI", 322, 3, 1))
        if struct.pack("<HHI", 322, 3, 1) in data
        else data.index(struct.pack("<HHI", 322, 4, 1))
    )
    giant = struct.pack("<HHII", 322, 4, 1, 1 << 20) + struct.pack("<HHII", 323, 4, 1, 1 << 20)
    assert "its tiles are 1048576x1048576; max_pixels allows" in complaint(data[:width] + giant + data[width + 24 :])


def test_an_unknown_compression_is_named(scene):
    data = drawn(scene, 8, RGB, {259: (SHORT, [34712])}, scene.tobytes())
    assert complaint(data) == "cannot decode TIFF: compression 34712 is not supported"


def test_a_strip_that_unpacks_to_more_than_it_should_takes_no_memory_for_it():
    pytest.importorskip("imagecodecs")
    inks = np.zeros((8, 8, 4), np.uint16)
    bomb = zlib.compress(bytes(300 << 20), 9)
    data = drawn(inks, 16, 5, {259: (SHORT, [8])}, bomb)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with suppress(InputError):
        assert decode_photo(data).shape == (8, 8, 3)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 << 10
