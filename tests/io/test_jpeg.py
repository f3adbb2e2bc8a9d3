"""JPEG: broken metadata costs nothing, damaged pixels do, and both decoders see the same."""

import io
import re
import struct
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from blurkit.io import jpeg
from blurkit.io.photo import decode_photo
from blurkit.io.pixels import Wanted
from tests.files import complaint, saved

SUBSAMPLINGS = ("4:4:4", "4:2:2", "4:2:0")
EXIF = b"Exif\0\0"


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def tags(kind, value, order="<"):
    """EXIF whose orientation is one number of a type."""
    packed = struct.pack(order + {1: "B", 3: "H", 4: "I", 9: "i", 2: "c"}[kind], value).ljust(4, b"\0")
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return EXIF + start + struct.pack(order + "HHHI", 1, 0x0112, kind, 1) + packed + bytes(4)


@pytest.fixture(scope="module")
def plain(scene):
    return saved(Image.fromarray(scene), "JPEG", quality=90)


@pytest.fixture(scope="module")
def busy():
    """Noise, so that damage has much to hit: (240, 320, 3) uint8."""
    return cv2.GaussianBlur(np.random.default_rng(5).integers(0, 256, (240, 320, 3), np.uint8), (0, 0), 1)


BROKEN = {
    "zeroed EXIF": segment(0xE1, EXIF + bytes(100)),
    "garbage EXIF": segment(0xE1, EXIF + b"garbage!!"),
    "empty EXIF": segment(0xE1, EXIF),
    "EXIF that ends early": segment(0xE1, EXIF + b"II*\0\x08\0\0\0\xff\xff"),
    "EXIF whose directory lies far off": segment(0xE1, EXIF + b"II*\0\xff\xff\xff\xff"),
    "profile in too few parts": segment(0xE2, b"ICC_PROFILE\0\1\7words"),
    "profile of a few bytes": segment(0xE2, b"ICC_PROFILE\0"),
    "Photoshop": segment(0xED, b"Photoshop 3.0\x008BIM\x03\xed\0"),
    "pictures that are not there": segment(0xE2, b"MPF\0II*\0\xff\xff\xff\xff"),
    "short Adobe": segment(0xEE, b"Adobe"),
    "comment": segment(0xFE, b"\xff\xd9\xff\xda words"),
    "XMP": segment(0xE1, jpeg.XMP + b"\xff\xfe<<<"),
    "bytes before a marker": b"\0\1\2",
    "a marker filled up": b"\xff\xff\xff",
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("dpi", [None, (300, 300)])
def test_broken_metadata_leaves_the_pixels_as_they_are(name, dpi, scene):
    data = saved(Image.fromarray(scene), "JPEG", quality=90, **({"dpi": dpi} if dpi else {}))
    expected = decode_photo(data)
    for at in (2, 20) if BROKEN[name].startswith(b"\xff") else (20,):  # before and behind JFIF
        assert np.array_equal(decode_photo(data[:at] + BROKEN[name] + data[at:]), expected)


@pytest.mark.parametrize("length", range(2, 16))
def test_a_short_jfif_segment_is_passed_over(length, plain):
    body = plain[6:20][: length - 2]
    assert np.array_equal(decode_photo(plain[:2] + segment(0xE0, body) + plain[20:]), decode_photo(plain))


@pytest.mark.parametrize(
    ("kind", "value", "turned"),
    [(1, 6, 6), (3, 6, 6), (4, 8, 8), (9, 3, 3), (3, 0, 1), (3, 9, 1), (4, 65542, 1), (2, b"6", 1)],
)
@pytest.mark.parametrize("order", "<>")
def test_an_orientation_counts_whatever_the_type_of_its_number_if_it_is_one(kind, value, turned, order, plain):
    from blurkit.io.pixels import upright

    data = plain[:2] + segment(0xE1, tags(kind, value, order)) + plain[2:]
    assert np.array_equal(decode_photo(data), upright(decode_photo(plain), turned))


def entropy(data):
    """Where the coded pixels of a JPEG begin and end."""
    at = data.index(b"\xff\xda")
    return at + 2 + int.from_bytes(data[at + 2 : at + 4]), len(data) - 2


HURT = {
    "cut out": lambda data, start, size: data[:start] + data[start + size :],
    "cut off, with an end": lambda data, start, size: data[:start] + b"\xff\xd9",
}


@pytest.fixture(params=["simplejpeg", "Pillow"])
def decoder(request, monkeypatch):
    """Each of the two that there may be."""
    if request.param == "Pillow":
        monkeypatch.setitem(sys.modules, "simplejpeg", None)
    else:
        pytest.importorskip("simplejpeg")


@pytest.mark.parametrize("how", HURT)
@pytest.mark.parametrize("options", [{}, {"subsampling": "4:4:4"}, {"progressive": True}], ids=str)
def test_damage_that_libjpeg_tells_of_is_an_error(decoder, how, options, busy):
    data = saved(Image.fromarray(busy), "JPEG", quality=90, **options)
    start, end = entropy(data)
    harmed = HURT[how](data, (start + end) // 2, (end - start) // 4)
    for more in ({}, {"luma": True}, {"side": 40}):
        assert complaint(harmed, **more).startswith("cannot decode JPEG: damaged: ")


def test_a_lost_part_between_restarts_is_an_error(busy):
    pytest.importorskip("simplejpeg")  # Pillow passes over it
    data = saved(Image.fromarray(busy), "JPEG", quality=90, restart_marker_rows=1)
    assert decode_photo(data).shape == busy.shape
    first, second = [match.start() for match in re.finditer(rb"\xff[\xd0-\xd7]", data)][2:4]
    assert "damaged" in complaint(data[:first] + data[second:])


def test_a_file_that_ends_early_is_truncated_by_either_decoder(busy, monkeypatch):
    data = saved(Image.fromarray(busy), "JPEG")
    for left in (3, 15, 200, len(data) // 2, len(data) - 300):
        assert complaint(data[:left]) == "cannot decode JPEG: truncated"
    monkeypatch.setitem(sys.modules, "simplejpeg", None)
    assert complaint(data[: len(data) // 2]) == "cannot decode JPEG: truncated"


def test_a_photo_that_ends_in_one_colour_is_no_damage(decoder, busy):
    flat = busy.copy()
    flat[-20:] = 128
    for options in ({}, {"progressive": True}):
        assert decode_photo(saved(Image.fromarray(flat), "JPEG", **options)).shape == busy.shape


def test_bytes_left_over_before_the_end_are_no_damage(decoder, plain):
    assert np.array_equal(decode_photo(plain[:-2] + bytes(7) + plain[-2:]), decode_photo(plain))
    assert np.array_equal(decode_photo(plain + b"\0" * 1000 + plain), decode_photo(plain))


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize(
    "options", [*({"subsampling": s} for s in SUBSAMPLINGS), {"progressive": True}, {"quality": 30}], ids=str
)
def test_both_decoders_see_the_same(mode, options, busy, monkeypatch):
    pytest.importorskip("simplejpeg")
    data = saved(Image.fromarray(busy[:-3, :-5]).convert(mode), "JPEG", **options)
    wanted = (
        {},
        {"luma": True},
        *({"side": side, "luma": luma} for side in (79, 36, 15) for luma in (False, True)),
    )
    one = [decode_photo(data, **more) for more in wanted]
    monkeypatch.setitem(sys.modules, "simplejpeg", None)
    assert all(np.array_equal(a, decode_photo(data, **more)) for a, more in zip(one, wanted, strict=True))
    with Image.open(io.BytesIO(data)) as picture:
        assert np.array_equal(one[0], np.asarray(picture.convert("RGB")))


@pytest.mark.parametrize("luma", [False, True])
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@pytest.mark.parametrize("size", [(251, 403), (240, 321), (249, 400), (255, 415)])
def test_what_fills_up_the_last_blocks_does_not_go_into_a_reduced_photo(size, subsampling, luma):
    height, width = size
    rng = np.random.default_rng(3)
    soft = cv2.normalize(
        cv2.GaussianBlur(rng.normal(0, 1, (height, width, 3)), (0, 0), 14), None, 120, 220, cv2.NORM_MINMAX
    )
    padded = np.zeros((-(-height // 16) * 16, -(-width // 16) * 16, 3), np.uint8)
    padded[:height, :width] = soft
    data = saved(Image.fromarray(padded), "JPEG", quality=95, subsampling=subsampling)
    at = data.index(b"\xff\xc0")
    data = data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]  # the black is no part of the photo
    whole = decode_photo(data, luma=luma)
    assert whole.shape[:2] == size
    for by in (2, 4, 8):
        decoded = decode_photo(data, side=int((width - 16) // by / 1.9), luma=luma)
        down, right = decoded.shape[0] * by, decoded.shape[1] * by
        assert height - 16 < down <= height and width - 16 < right <= width
        expected = cv2.resize(whole[:down, :right], decoded.shape[1::-1], interpolation=cv2.INTER_AREA)
        assert np.abs(decoded.astype(int) - expected).max() < 30  # black would be 60 and more apart


@pytest.mark.parametrize("scale", jpeg.SCALES)
def test_a_reduced_photo_gives_by_areas_what_the_whole_would(scale, monkeypatch):
    noise = np.random.default_rng(0).normal(0, 1, (192 * scale, 240 * scale))
    detail = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), scale), None, 0, 255, cv2.NORM_MINMAX, cv2.CV_8U)
    data, shape = saved(Image.fromarray(detail), "JPEG", quality=95), (121, 97)
    expected = cv2.resize(decode_photo(data), shape, interpolation=cv2.INTER_AREA).astype(float)

    def apart():
        decoded = decode_photo(data, side=max(shape))
        assert max(decoded.shape) == 240
        return np.abs(cv2.resize(decoded, shape, interpolation=cv2.INTER_AREA) - expected).mean()

    sharpened = apart()
    monkeypatch.setattr(jpeg, "SHARPENING", dict.fromkeys(jpeg.SCALES, 0))
    assert sharpened < 0.75 * apart()


def test_only_pixels_that_are_cut_up_by_areas_are_sharpened():
    ramp = np.add.outer(np.arange(60), np.arange(80)).astype(np.uint8)
    assert np.array_equal(jpeg.for_area_reduction(ramp, 2, 33)[1:-1, 1:-1], ramp[1:-1, 1:-1])  # nothing to sharpen
    point = np.zeros((60, 80), np.uint8)
    point[30, 40] = 100
    assert np.array_equal(jpeg.for_area_reduction(point, 2, 40), point)  # two pixels make one
    cut = jpeg.for_area_reduction(point, 2, 41)
    assert cut[30, 40] == round(100 * 1.134**2) and cut.sum() == cut[30, 40]  # below 0 is cut off


def test_the_shape_of_the_whole_is_that_of_the_photo_upright(scene):
    for orientation in (*range(1, 9), None):
        tags_of = Image.Exif()
        if orientation:
            tags_of[0x0112] = orientation
        data = saved(Image.fromarray(scene), "JPEG", exif=tags_of)
        for turned in (1, 6):
            assert jpeg.whole_shape(data, turned) == jpeg.decode(data, Wanted(), turned).shape[:2]


def test_a_narrow_photo_is_not_reduced_where_that_would_cost_much_of_it():
    strip = np.random.default_rng(0).integers(0, 256, (31, 900, 3), np.uint8)
    assert decode_photo(saved(Image.fromarray(strip), "JPEG"), side=50).shape == strip.shape


def test_lossless_jpeg_comes_out_as_it_is_whatever_size_is_asked_for(scene):
    codecs = pytest.importorskip("imagecodecs")
    data = codecs.jpeg8_encode(scene, lossless=True)
    for wanted in ({}, {"side": 10}, {"side": 10, "luma": True}):
        assert np.array_equal(decode_photo(bytes(data), **wanted), scene)


def test_more_than_8_bits_are_told_as_such(plain):
    at = plain.index(b"\xff\xc0") + 4
    assert (
        complaint(plain[:at] + b"\x0c" + plain[at + 1 :])
        == "cannot decode JPEG: it has 12 bits per channel; 8 are supported"
    )


def test_a_reduced_score_is_that_of_the_whole(run, tmp_path):
    rng = np.random.default_rng(0)
    height, width = 1187, 2208
    soft = cv2.normalize(
        cv2.GaussianBlur(rng.normal(0, 1, (height, width, 3)).astype(np.float32), (0, 0), 14),
        None,
        40,
        240,
        cv2.NORM_MINMAX,
    )
    padded = np.zeros((1200, width, 3), np.uint8)
    padded[:height] = soft
    data = saved(Image.fromarray(padded), "JPEG", quality=60, subsampling="4:2:0")
    at = data.index(b"\xff\xc0")
    data = data[: at + 5] + struct.pack(">H", height) + data[at + 7 :]
    (tmp_path / "soft.jpg").write_bytes(data)
    cv2.imwrite(str(tmp_path / "soft.ppm"), cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))
    for size in (1024, 580, 500):
        done = run("blur-score", "--max-size", size, tmp_path / "soft.jpg", tmp_path / "soft.ppm")
        reduced, whole = (float(line.split()[0]) for line in done.stdout.splitlines())
        assert reduced == pytest.approx(whole, abs=0.01)
