"""RAW files made by hand: distinguished from plain TIFF, with a known preview and a known development."""

import io
import os
import sys

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from blurkit.errors import InputError
from blurkit.io import jpeg as jpeg_module
from blurkit.io import raw
from blurkit.io.exif import capture
from blurkit.io.photo import decode_photo, whole_shape
from blurkit.io.pixels import upright
from blurkit.io.tags import directories as tags_of
from tests.files import camera_file, complaint, jpeg

pytest.importorskip("rawpy")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, on damaged files


@pytest.fixture(scope="module")
def large(scene):
    """The scene twice as large, smooth enough for a mosaic to hold it: (180, 240, 3) uint8."""
    return cv2.GaussianBlur(cv2.resize(scene, (240, 180), interpolation=cv2.INTER_CUBIC), None, 2)


@pytest.fixture(scope="module")
def mosaic(large):
    """What a sensor with the pattern RGGB sees of it, (180, 240) uint16."""
    linear = ((large / 255) ** 2.2 * 60000).astype(np.uint16)
    seen = linear[..., 1].copy()
    seen[::2, ::2], seen[1::2, 1::2] = linear[::2, ::2, 0], linear[1::2, 1::2, 2]
    return seen


@pytest.fixture(scope="module")
def dng(mosaic, scene):
    """DNG of 240x180 pixels with a preview of 120x90, as camera_file has it."""
    usual = jpeg(scene)

    def dng(orientation=1, preview=usual, **more):
        return camera_file(mosaic, preview, orientation, **more)

    return dng


# ---- the preview ------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_preview_is_turned_once_as_the_raw_file_says(orientation, dng, scene):
    expected = upright(decode_photo(jpeg(scene)), orientation)
    assert np.array_equal(decode_photo(dng(orientation)), expected)
    assert np.array_equal(decode_photo(dng(orientation, jpeg(scene, software="no word of orientation"))), expected)


@pytest.mark.parametrize("orientation", [1, 6, 8])
def test_the_preview_knows_its_orientation_better_than_the_raw_file(orientation, dng, scene):
    expected = upright(decode_photo(jpeg(scene)), orientation)
    assert np.array_equal(decode_photo(dng(3, jpeg(scene, orientation))), expected)


def test_a_preview_of_plain_pixels_is_turned_too(dng, scene, monkeypatch):
    monkeypatch.setattr(raw, "preview", lambda data: (scene, 6, 240))
    assert np.array_equal(decode_photo(dng()), np.rot90(scene, -1))


def test_the_preview_can_be_reduced_by_its_decoder(dng, scene, monkeypatch):
    preview = jpeg(cv2.resize(scene, (1600, 1200)))
    scales, by_pillow = [], jpeg_module.by_pillow
    monkeypatch.setitem(sys.modules, "simplejpeg", None)
    monkeypatch.setattr(
        jpeg_module, "by_pillow", lambda whole, luma, scale: scales.append(scale) or by_pillow(whole, luma, scale)
    )
    assert decode_photo(dng(6, preview), side=200).shape == (400, 300, 3) and scales == [4]
    decoded = decode_photo(dng(6, preview), side=200)
    assert whole_shape(dng(6, preview), decoded) == (1600, 1200)


def test_the_shape_of_the_whole_is_that_of_what_is_decoded(dng):
    for orientation in (1, 6):
        for develop in (False, True):
            photo = decode_photo(dng(orientation), develop=develop)
            assert whole_shape(dng(orientation), photo, develop) == photo.shape[:2]


def test_a_raw_file_without_a_preview_asks_to_be_developed(dng):
    assert complaint(dng(preview=None)) == "RAW without a preview that can be read; develop_raw develops it"


def test_a_tiny_preview_is_no_photo(dng, scene):
    tiny = jpeg(np.ascontiguousarray(scene[:80, :119]))
    assert complaint(dng(preview=tiny)) == "its preview: has 119x80 pixels only; develop_raw develops it"


def test_a_damaged_preview_is_told_as_such(dng, scene):
    assert complaint(dng(preview=jpeg(scene)[:3000])) == "its preview: cannot decode JPEG: truncated"


# ---- developed --------------------------------------------------------------


def test_the_development_shows_what_the_sensor_saw_in_16_bits(dng, large):
    decoded = decode_photo(dng(), develop=True)
    assert decoded.dtype == np.uint16 and decoded.shape == large.shape and decoded.flags.c_contiguous
    assert len(np.unique(decoded)) > 2000
    for channel in range(3):
        assert np.corrcoef(decoded[4:-4, 4:-4, channel].ravel(), large[4:-4, 4:-4, channel].ravel())[0, 1] > 0.97
        assert np.corrcoef(decoded[4:-4, 4:-4, channel].ravel(), large[4:-4, 4:-4, channel - 1].ravel())[0, 1] < 0.9


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_development_is_turned_once(orientation, dng):
    expected = upright(decode_photo(dng(), develop=True), orientation)
    assert np.array_equal(decode_photo(dng(orientation, preview=None), develop=True), expected)


def test_developing_changes_nothing_for_other_photos(photos):
    data = (photos / "photo.jpg").read_bytes()
    assert np.array_equal(decode_photo(data, develop=True), decode_photo(data))


# ---- what is RAW and what is not ----------------------------------------------


def test_a_camera_file_is_told_by_its_sensor_without_the_marks_of_dng(dng, scene):
    for options in ({"marks": {}}, {"marks": {}, "photometric": 34892}):
        assert raw.is_raw(dng(**options))
    assert np.array_equal(
        decode_photo(dng(marks={})), decode_photo(jpeg(scene))
    )  # not the pixels of the first directory


def test_a_camera_file_is_told_by_the_reduced_copy_it_begins_with(dng):
    assert raw.is_raw(dng(marks={}, photometric=1)) and not raw.is_raw(dng(preview=None, marks={}, photometric=1))


def test_a_plain_tiff_stays_a_plain_tiff(scene):
    tiffs = []
    for options in ({}, {"byteorder": ">"}, {"tile": (16, 16)}, {"extratags": [(271, "s", 6, "Maker", True)]}):
        tiffs.append(io.BytesIO())
        tifffile.imwrite(tiffs[-1], scene, photometric="rgb", **options)
    tiffs.append(io.BytesIO())
    with tifffile.TiffWriter(tiffs[-1]) as file:
        file.write(scene, photometric="rgb", subifds=1)
        file.write(scene[::2, ::2], photometric="rgb", subfiletype=1)
    for out in tiffs:
        assert not raw.is_raw(out.getvalue()) and np.array_equal(decode_photo(out.getvalue()), scene)


@pytest.mark.parametrize(
    "start",
    [
        b"FUJIFILMCCD-RAW 0201",
        b"IIRO\x08\0\0\0",
        b"IIU\0\x18\0\0\0",
        b"II*\0\x10\0\0\0CR\x02\0",
        b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom",
        b"\0MRM",
        b"II\x1a\0\0\0HEAPCCDR",
    ],
)
def test_other_makers_files_are_told_by_their_first_bytes(start):
    assert raw.is_raw(start + bytes(200))
    assert complaint(start + bytes(200)).startswith("cannot decode RAW: ")
    assert complaint(start + bytes(200), develop=True).startswith("cannot decode RAW: ")


def test_directories_that_go_round_in_circles_are_left(dng):
    data = bytearray(dng(marks={}, photometric=1, preview=None))
    number = int.from_bytes(data[8:10], "little")
    data[10 + 12 * number : 14 + 12 * number] = (8).to_bytes(4, "little")  # the next directory is the first again
    assert [tags.start for tags in tags_of(bytes(data))] == [
        tags.start for tags in tags_of(dng(marks={}, photometric=1, preview=None))
    ]


# ---- bad files ----------------------------------------------------------------


@pytest.mark.parametrize("develop", [False, True])
@pytest.mark.parametrize("with_preview", [False, True])
def test_a_file_cut_anywhere_is_an_error(develop, with_preview, dng, scene):
    data = dng(preview=jpeg(scene) if with_preview else None)
    for length in (*range(8, 800, 61), *range(800, len(data), 4999), len(data) - 1):
        assert "cannot decode" in complaint(data[:length], develop=develop)


def test_a_file_cut_among_the_values_of_the_sensor_costs_one_line(run, dng, tmp_path):
    (tmp_path / "cut.dng").write_bytes(dng()[:-1])
    for words in ((), ("--raw-develop",)):
        assert run("blur-map", *words, "cut.dng", cwd=tmp_path) == (
            2,
            b"",
            b"blur-map: cut.dng: cannot decode RAW: truncated\n",
        )


@given(st.integers(0, 10**6), st.integers(1, 255), st.booleans(), st.booleans())
def test_a_damaged_file_is_an_error_or_a_picture_never_a_crash(place, change, early, develop):
    rng = np.random.default_rng(0)
    data = bytearray(
        camera_file(rng.integers(0, 65536, (32, 48), np.uint16), jpeg(rng.integers(0, 256, (32, 48, 3), np.uint8)))
    )
    data[place % (900 if early else len(data))] ^= change
    try:
        decoded = decode_photo(bytes(data), 100_000, develop=develop)
    except InputError as complaint:
        assert str(complaint) and "\n" not in str(complaint)
    else:
        assert decoded.ndim == 3 and decoded.shape[2] == 3


@pytest.mark.parametrize(("develop", "pixels", "size"), [(False, 10800, "120x90"), (True, 43200, "240x180")])
def test_too_many_pixels_are_refused_before_they_are_decoded(develop, pixels, size, dng, monkeypatch):
    assert decode_photo(dng(), pixels, develop=develop).shape[2] == 3
    monkeypatch.setattr(jpeg_module, "by_simplejpeg", None)  # nothing is decoded
    assert f"{size} = {pixels} pixels; max_pixels allows {pixels - 1}" in complaint(
        dng(), max_pixels=pixels - 1, develop=develop
    )


def test_a_missing_package_is_named(dng, monkeypatch):
    monkeypatch.setitem(sys.modules, "rawpy", None)
    assert complaint(dng()) == complaint(dng(), develop=True) == "RAW needs rawpy: pip install rawpy"


def test_a_missing_package_costs_one_line(run, dng, tmp_path):
    (tmp_path / "rawpy.py").write_text("raise ImportError('not here')\n")
    (tmp_path / "photo.tif").write_bytes(dng())
    done = run("blur-score", "photo.tif", cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert done == (2, b"", b"blur-score: photo.tif: RAW needs rawpy: pip install rawpy\n")


# ---- the commands -------------------------------------------------------------


def test_the_time_of_capture_is_that_of_the_file_or_of_its_preview(dng, scene, monkeypatch):
    assert capture(dng())[0] == capture(dng(preview=None))[0] == 60
    exif = Image.Exif()
    exif[0x0132] = "1970:01:01 00:02:00"
    out = io.BytesIO()
    Image.fromarray(scene).save(out, "JPEG", exif=exif)
    monkeypatch.setattr(raw, "preview", lambda data: (out.getvalue(), 1, 120))
    assert capture(b"FUJIFILMCCD-RAW 0201" + bytes(200))[0] == 120


@pytest.mark.parametrize(("words", "size"), [((), (90, 120)), (("--raw-develop",), (180, 240))])
def test_every_command_takes_the_same_picture_of_a_raw_file(run, dng, tmp_path, words, size):
    (tmp_path / "photo.dng").write_bytes(dng(6))
    maps = run("blur-map", *words, "photo.dng", cwd=tmp_path).stdout
    halves = run("blur-map", "--raw", *words, "photo.dng", cwd=tmp_path).stdout
    assert maps and run("blur-refine", *words, "--guide", "photo.dng", stdin=halves, cwd=tmp_path) == (0, maps, b"")
    cut = run("blur-mask", *words, "--cut", "photo.dng", stdin=maps, cwd=tmp_path)
    assert cut.status == 0 and Image.open(io.BytesIO(cut.stdout)).size == size
    score = run("blur-score", *words, "photo.dng", cwd=tmp_path)
    assert score.status == 0 and score.stdout.endswith(b"\tphoto.dng\n")
    patches = run("blur-patches", "--method", "park", "--copies", "1", *words, "photo.dng", cwd=tmp_path)
    assert patches.status == 0, patches.stderr


def test_below_a_folder_a_raw_file_beside_its_picture_is_left_out(run, dng, scene, tmp_path):
    for name in ("both.dng", "alone.NEF", "other.dng"):
        (tmp_path / name).write_bytes(dng())
    (tmp_path / "both.JPG").write_bytes(jpeg(scene))
    (tmp_path / "other.mask.png").write_bytes(b"not a photo")
    assert run("blur-map", "-r", tmp_path, "-o", f"{tmp_path}/out/") == (0, b"", b"")
    assert sorted(os.listdir(tmp_path / "out")) == ["alone.npy", "both.npy", "other.npy"]
