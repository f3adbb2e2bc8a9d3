"""PNG: only what makes its pixels must be whole, and it is they that are read."""

import struct
import zlib

import numpy as np
import pytest

from blurkit.io import png
from blurkit.io.photo import decode_photo
from blurkit.io.pixels import upright
from tests.files import complaint

BOMB = zlib.compress(bytes(50_000_000), 9)
TURNED_EXIF = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"


def chunk(kind, body, wrong=0):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body) ^ wrong)


def packed(picture):
    return zlib.compress(b"".join(b"\0" + row.astype(f">u{picture.itemsize}").tobytes() for row in picture))


def drawn(picture, before=b"", after=b"", pieces=1):
    """A PNG of RGB pixels with chunks before and after them."""
    header = struct.pack(">IIBBBBB", picture.shape[1], picture.shape[0], 8 * picture.itemsize, 2, 0, 0, 0)
    body = packed(picture)
    size = -(-len(body) // pieces)
    data = b"".join(chunk(b"IDAT", body[at : at + size]) for at in range(0, len(body), size))
    return png.START + chunk(b"IHDR", header) + before + data + after + chunk(b"IEND", b"")


def control(number, picture):
    return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, picture.shape[1], picture.shape[0], 0, 0, 1, 10, 0, 0))


HARMLESS = {
    "garbage EXIF": chunk(b"eXIf", b"garbage!!"),
    "empty EXIF": chunk(b"eXIf", b""),
    "EXIF of a wrong checksum": chunk(b"eXIf", TURNED_EXIF, wrong=1),
    "2 MB of text": chunk(b"iTXt", b"workflow\0\1\0\0\0" + zlib.compress(b'{"n":1}' * 300_000)),
    "a bomb of text": chunk(b"zTXt", b"words\0\0" + BOMB),
    "a bomb of EXIF": chunk(b"zTXt", b"Raw profile type exif\0\0" + BOMB),
    "a bomb of XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + BOMB),
    "2 MB of plain text": chunk(b"tEXt", b"words\0" + b"x" * 2_000_000),
    "text without a name": chunk(b"tEXt", b"") + chunk(b"zTXt", b"") + chunk(b"iTXt", b""),
    "packed text that is none": chunk(b"zTXt", b"XML:com.adobe.xmp\0\0words")
    + chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0words"),
    "a bomb of a profile": chunk(b"iCCP", b"icc\0\0" + BOMB),
    "a profile that is none": chunk(b"iCCP", b"icc\0\0words") + chunk(b"iCCP", b""),
    "wrong checksums": chunk(b"tEXt", b"a\0b", wrong=1)
    + chunk(b"gAMA", b"\0\0\0\1", wrong=1)
    + chunk(b"pHYs", b"", wrong=7),
    "short chunks": chunk(b"gAMA", b"\0")
    + chunk(b"cHRM", b"")
    + chunk(b"pHYs", b"1")
    + chunk(b"sRGB", b"")
    + chunk(b"tRNS", b"1"),
    "stray frames": chunk(b"fcTL", b"") + chunk(b"fdAT", b"\0\0\0\1words") + chunk(b"acTL", b""),
    "an animation without frames": chunk(b"acTL", struct.pack(">II", 0, 0)),
    "an animation that is not there": chunk(b"acTL", struct.pack(">II", 9, 0)),
    "a chunk of nobody": chunk(b"xyZw", b"words"),
}


@pytest.mark.parametrize("name", HARMLESS)
@pytest.mark.parametrize("bits", [8, 16])
def test_what_is_not_pixels_may_be_broken_and_is_not_unpacked(name, bits, scene, deep):
    picture = scene if bits == 8 else deep
    for options in ({"before": HARMLESS[name]}, {"after": HARMLESS[name]}):
        assert np.array_equal(decode_photo(drawn(picture, **options)), picture)


@pytest.mark.parametrize("bits", [8, 16])
def test_the_still_picture_of_an_animation_is_read(bits, scene, deep):
    picture = scene if bits == 8 else deep
    black = packed(np.zeros_like(picture))
    still = control(0, picture)
    frames = [control(n, picture) + chunk(b"fdAT", struct.pack(">I", n + 1) + black) for n in (0, 2)]
    counted = chunk(b"acTL", struct.pack(">II", 2, 0))
    for hidden in (
        drawn(picture, counted, b"".join(frames)),
        drawn(picture, counted + still, frames[1].replace(b"\0\0\0\2", b"\0\0\0\1")),
    ):
        assert np.array_equal(decode_photo(hidden), picture)


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT", b"IEND"])
def test_a_wrong_checksum_of_what_makes_pixels_is_an_error(kind, scene):
    data = bytearray(drawn(scene, pieces=3))
    at = data.index(kind)
    end = at + 4 + int.from_bytes(data[at - 4 : at])
    data[end] ^= 1
    assert complaint(bytes(data)) == f"cannot decode PNG: wrong checksum of {kind.decode()}"


def test_a_piece_of_the_pixels_that_is_named_otherwise_is_missed(scene):
    data = drawn(scene, pieces=5)
    at = data.index(b"IDAT", data.index(b"IDAT") + 1)
    assert "cannot decode PNG" in complaint(data[:at] + b"iDAT" + data[at + 4 :])
    assert complaint(png.START + data[8:33] + chunk(b"IEND", b"")) == "cannot decode PNG: it has no pixels"


XMP = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
RAW = b"\nexif\n      26\n" + TURNED_EXIF.hex().encode() + b"\n"


@pytest.mark.parametrize(
    "said",
    [
        chunk(b"eXIf", TURNED_EXIF),
        chunk(b"tEXt", b"Raw profile type exif\0" + RAW),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(RAW)),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0en\0words\0" + zlib.compress(XMP)),
    ],
    ids=["eXIf", "tEXt", "zTXt", "iTXt", "packed iTXt"],
)
def test_every_way_to_say_how_it_is_turned_is_heard(said, scene, deep):
    for picture in (scene, deep):
        for options in ({"before": said}, {"after": said}):
            assert np.array_equal(decode_photo(drawn(picture, **options)), upright(picture, 6))
