"""HEIC and AVIF: what was encoded comes out, upright and within the error of a codec; damage is reported."""

import io
import struct
import sys

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from blurkit.errors import InputError
from blurkit.io import heif
from blurkit.io.photo import decode_photo
from blurkit.io.pixels import upright
from tests.files import complaint

pillow_heif = pytest.importorskip("pillow_heif")
pillow_heif.register_heif_opener()  # for saving
ORIENTATION = 0x0112  # EXIF tag
BEST = {"HEIF": {"quality": -1, "chroma": 444}, "AVIF": {"quality": 100, "subsampling": "4:4:4"}}
MOST_ERROR = 3  # of 255, by the turn to YCbCr and back


def saved(array, form, orientation=None, **options):
    if orientation:
        tags = Image.Exif()
        tags[ORIENTATION] = orientation
        options["exif"] = tags.tobytes()
    out = io.BytesIO()
    Image.fromarray(array).save(out, form, **{**BEST[form], **options})
    return out.getvalue()


def differ(photo, other):
    assert photo.shape == other.shape
    return np.abs(photo.astype(int) - other).max()


@pytest.fixture(scope="module")
def grid(scene):
    """HEIC made of tiles, as telephones write it."""
    return saved(cv2.resize(scene, (700, 500)), "HEIF", quality=60, tile_size=256)


def relabelled(data, width, height):
    """The same file, whose pictures say that they are of another size."""
    return heif.SIZE.sub(lambda match: match[0][:-8] + struct.pack(">II", width, height), data)


@pytest.mark.parametrize("form", BEST)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_comes_out_upright_and_close_to_what_was_encoded(form, orientation, scene):
    decoded = decode_photo(saved(scene, form, orientation))
    assert decoded.dtype == np.uint8 and decoded.flags.c_contiguous
    assert differ(decoded, upright(scene, orientation)) <= MOST_ERROR


def test_exif_does_not_turn_heic_that_its_container_has_turned(scene):
    data = saved(scene, "HEIF", 6)
    exif = Image.Exif()
    exif.load(pillow_heif.open_heif(data).info["exif"])
    assert b"irot" in data and exif[ORIENTATION] == 6  # both say so
    assert differ(decode_photo(data), np.rot90(scene, -1)) <= MOST_ERROR


@pytest.mark.parametrize("form", BEST)
@pytest.mark.parametrize("mode", ["L", "LA", "RGBA"])
def test_grey_and_alpha_become_rgb(form, mode, scene):
    picture = Image.fromarray(scene).convert(mode)
    assert differ(decode_photo(saved(np.asarray(picture), form)), np.asarray(picture.convert("RGB"))) <= MOST_ERROR


@pytest.mark.parametrize("bits", [10, 12])
def test_heic_of_more_than_8_bits_keeps_them(bits):
    ramp = np.repeat(np.linspace(0, 65535, 1024).astype(np.uint16).reshape(8, 128, 1), 3, axis=2)
    out = io.BytesIO()
    pillow_heif.options.SAVE_HDR_TO_12_BIT = bits == 12
    try:
        pillow_heif.from_bytes("RGB;16", (128, 8), ramp.tobytes()).save(out, quality=-1, chroma=444)
    finally:
        pillow_heif.options.SAVE_HDR_TO_12_BIT = False
    decoded = decode_photo(out.getvalue())
    assert decoded.dtype == np.uint16 and len(np.unique(decoded)) > 900  # 8 bits have 256
    assert differ(decoded, ramp) <= 2.5 * 65536 / 2**bits


def test_the_primary_picture_of_several_is_taken(scene):
    out = io.BytesIO()
    Image.fromarray(255 - scene).save(
        out, "HEIF", save_all=True, append_images=[Image.fromarray(scene)], primary_index=1, **BEST["HEIF"]
    )
    assert differ(decode_photo(out.getvalue()), scene) <= MOST_ERROR


@pytest.mark.parametrize("form", BEST)
def test_a_colour_profile_changes_nothing(form, scene):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    data = saved(scene, form, icc_profile=profile)
    assert profile in data and np.array_equal(decode_photo(data), decode_photo(saved(scene, form)))


def test_content_counts_not_the_name(run, scene, tmp_path):
    (tmp_path / "photo.jpg").write_bytes(saved(scene, "HEIF"))
    (tmp_path / "photo.heic").write_bytes(saved(scene, "AVIF"))
    (tmp_path / "jpeg.heic").write_bytes(cv2.imencode(".jpg", scene)[1].tobytes())
    done = run("blur-score", "photo.jpg", "photo.heic", "jpeg.heic", cwd=tmp_path)
    assert done.status == 0 and done.stdout.count(b"\n") == 3 and done.stderr == b""


def test_a_folder_is_searched_for_them(run, scene, tmp_path):
    (tmp_path / "a.HEIC").write_bytes(saved(scene, "HEIF"))
    (tmp_path / "b.avif").write_bytes(saved(scene, "AVIF"))
    done = run("blur-score", "-r", tmp_path)
    assert [line.rpartition(b"/")[2] for line in done.stdout.splitlines()] == [b"a.HEIC", b"b.avif"]


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "grid"])
def test_a_file_cut_anywhere_is_an_error(kind, scene, grid):
    data = grid if kind == "grid" else saved(scene, kind)
    assert decode_photo(data).ndim == 3
    for length in range(16, len(data), 97):
        assert complaint(data[:length]).startswith("cannot decode")
    assert "truncated" in complaint(data[:-1])


def test_what_is_said_of_a_damaged_file_is_not_about_indices(scene):
    data = saved(scene, "HEIF")
    at = data.index(b"ipco") - 1
    said = complaint(data[:at] + bytes([data[at] ^ 64]) + data[at + 1 :])
    assert said.startswith("cannot decode HEIC: ") and "index" not in said


def test_what_follows_the_boxes_is_no_damage(grid):
    assert decode_photo(grid + b"SEFT and other words of a maker").shape == (500, 700, 3)


@given(st.sampled_from(["HEIF", "AVIF"]), st.integers(0, 10**6), st.integers(1, 255), st.booleans())
def test_a_damaged_file_is_an_error_or_a_picture_never_a_crash(form, place, change, early):
    data = bytearray(saved(np.random.default_rng(0).integers(0, 256, (32, 48, 3), np.uint8), form))
    data[place % (400 if early else len(data))] ^= change
    try:
        assert decode_photo(bytes(data), 100_000).shape[2] == 3
    except InputError as error:
        assert str(error) and "\n" not in str(error)


@pytest.mark.parametrize("form", BEST)
def test_too_many_pixels_are_refused_by_the_header(form, scene, monkeypatch):
    data = saved(scene, form)
    assert decode_photo(data, max_pixels=10800).shape == scene.shape
    monkeypatch.setattr(heif, "as_rgb", None)  # nothing is decoded
    monkeypatch.setattr(heif.np, "asarray", None)
    assert "120x90 = 10800 pixels; max_pixels allows 10799" in complaint(data, max_pixels=10799)
    assert "60000x50000" in complaint(relabelled(data, 60000, 50000))
    box = b"\0\0\0\x14ispe\0\0\0\0"
    assert "60000x50000" in complaint(
        relabelled(data, 60000, 50000).replace(box, box[:-1] + b"\1")
    )  # flags, which decoders pass over
    longer = relabelled(data, 60000, 50000).replace(box, b"\0\0\0\1ispe" + (28).to_bytes(8) + box[8:])
    assert "pixels" in complaint(longer)  # a size of 64 bits


def test_a_picture_is_not_larger_than_it_says(scene):
    assert "cannot decode HEIC" in complaint(
        relabelled(saved(cv2.resize(scene, (1200, 900)), "HEIF"), 120, 90), max_pixels=20_000
    )


def test_the_boxes_of_a_film_are_no_photo():
    assert "not a photo" in complaint(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom")


@pytest.mark.parametrize(
    ("form", "module", "said"),
    [
        ("HEIF", "pillow_heif", "HEIC needs pillow-heif: pip install pillow-heif"),
        ("AVIF", "PIL._avif", "AVIF needs pillow>=11.3: pip install 'pillow>=11.3'"),
    ],
)
def test_a_missing_package_is_named(form, module, said, scene, monkeypatch):
    data = saved(scene, form)
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delattr("PIL._avif", raising=False)
    assert complaint(data) == said


def test_a_missing_package_costs_one_line(run, scene, tmp_path):
    (tmp_path / "pillow_heif.py").write_text("raise ImportError('not here')\n")
    (tmp_path / "photo.jpg").write_bytes(saved(scene, "HEIF"))
    done = run("blur-map", "photo.jpg", cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert done == (2, b"", b"blur-map: photo.jpg: HEIC needs pillow-heif: pip install pillow-heif\n")
