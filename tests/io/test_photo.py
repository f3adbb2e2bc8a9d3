"""Photos come out whole. Second routes: Pillow's own reading, and pictures with known pixels."""

import io
import struct
import sys
import zlib

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, ImageOps

from blurkit.io import jpeg
from blurkit.io.photo import decode_photo
from blurkit.ops.colour import grey
from tests.files import complaint, saved, tiff

ORIENTATION = 0x0112  # EXIF and TIFF tag


def png_with_exif(array, orientation):
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    return png_with(array, b"eXIf" + tags.tobytes().removeprefix(b"Exif\0\0"))


def png_with(array, body):
    """A PNG with one more chunk, its name and content given."""
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    data = cv2.imencode(".png", array[..., ::-1])[1].tobytes()
    return data[:33] + chunk + data[33:]  # after signature and IHDR


@pytest.fixture
def profile():
    """An ICC profile that would change every pixel."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


def test_a_colour_png_comes_out_pixel_by_pixel(photos, scene):
    decoded = decode_photo((photos / "photo.png").read_bytes())
    assert decoded.dtype == np.uint8 and decoded.flags.c_contiguous and np.array_equal(decoded, scene)


@pytest.mark.parametrize("form", ["BMP", "PPM", "TIFF", "WEBP"])
def test_other_lossless_formats_come_out_pixel_by_pixel(form, scene):
    options = {"lossless": True} if form == "WEBP" else {}
    assert np.array_equal(decode_photo(saved(Image.fromarray(scene), form, **options)), scene)


def test_a_jpeg_comes_close(photos, scene):
    decoded = decode_photo((photos / "photo.jpg").read_bytes())
    assert decoded.shape == scene.shape and np.abs(decoded.astype(int) - scene).mean() < 5


def test_a_grey_photo_becomes_three_equal_channels(photos, scene):
    decoded = decode_photo((photos / "grey.png").read_bytes())
    assert np.array_equal(decoded, np.repeat(np.asarray(Image.fromarray(scene).convert("L"))[..., None], 3, axis=2))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_jpeg_can_be_decoded_at_a_reduced_size(scene, form, orientation):
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    large = cv2.resize(scene, (1200, 901), interpolation=cv2.INTER_CUBIC)
    data = saved(Image.fromarray(large), form, exif=tags, **({"quality": 95} if form == "JPEG" else {}))
    whole = decode_photo(data)
    for side, by in ((78, 8), (79, 4), (315, 2), (316, 1), (5000, 1)):
        decoded, by = decode_photo(data, side=side), by if form == "JPEG" else 1
        height, width = (896, 1200) if by > 1 else (901, 1200)  # a block of 16 x 16 goes beyond the photo
        assert (
            decoded.shape[:2] == ((height // by, width // by) if orientation == 1 else (width // by, height // by))
            and decoded.flags.c_contiguous
        )
        inside = whole[:height, :width] if orientation == 1 else whole[:width, -height:]
        reduced = cv2.resize(inside, decoded.shape[1::-1], interpolation=cv2.INTER_AREA)
        assert np.abs(decoded.astype(int) - reduced).mean() < (4 if by > 1 else 1e-9)


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_luma_of_a_jpeg_can_be_decoded_alone(scene, orientation):
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    data = saved(Image.fromarray(scene), "JPEG", quality=95, exif=tags)
    decoded = decode_photo(data, side=90, luma=True)
    assert (
        decoded.dtype == np.uint8
        and decoded.flags.c_contiguous
        and decoded.shape == ((90, 120) if orientation == 1 else (120, 90))
    )
    apart = np.abs(grey(decoded) - grey(decode_photo(data)))
    assert np.median(apart) < 0.5 / 255 and (apart < 2 / 255).mean() > 0.95  # elsewhere a colour was cut off
    assert np.array_equal(decode_photo(data, luma=True), decoded)
    assert decode_photo(saved(Image.fromarray(scene), "PNG"), side=90, luma=True).shape == scene.shape
    assert decode_photo(saved(Image.fromarray(scene).convert("CMYK"), "JPEG"), side=90, luma=True).shape == scene.shape


def test_a_jpeg_is_reduced_by_its_decoder(scene, monkeypatch):
    data = saved(Image.fromarray(cv2.resize(scene, (1600, 1200))), "JPEG")
    sizes = []
    monkeypatch.setitem(sys.modules, "simplejpeg", None)
    monkeypatch.setattr(
        jpeg, "as_rgb", lambda picture, as_rgb=jpeg.as_rgb: sizes.append(picture.size) or as_rgb(picture)
    )
    for side in (1600, 422, 421, 205, 52):
        decode_photo(data, side=side)
    assert sizes == [(1600, 1200), (1600, 1200), (800, 600), (400, 300), (200, 150)]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK"])
@pytest.mark.parametrize("size", [(300, 211), (20_000, 3), (1, 1)])
def test_every_mode_comes_out_as_pillow_turns_it_to_rgb(mode, size):
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    data = saved(Image.fromarray(values).convert(mode), "TIFF")
    assert np.array_equal(decode_photo(data), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


def test_a_16_bit_grey_photo_keeps_its_bits(photos, scene):
    decoded = decode_photo((photos / "deep_grey.png").read_bytes())
    assert decoded.dtype == np.uint16 and np.array_equal(
        decoded, np.repeat(scene[..., 1:2].astype(np.uint16) * 257, 3, axis=2)
    )


def test_16_bit_colour_keeps_its_bits_and_the_order_of_its_channels(deep):
    done, png = cv2.imencode(".png", deep[..., ::-1])
    ppm = b"P6\n# made by hand\n120 90\n65535\n" + deep.astype(">u2").tobytes()
    for data in (png.tobytes(), tiff(deep), tiff(deep, byteorder=">"), ppm):
        decoded = decode_photo(data)
        assert decoded.dtype == np.uint16 and np.array_equal(decoded, deep)


def test_16_bit_grey_comes_whole_out_of_tiff_and_pgm(deep):
    plane = deep[..., 0]
    pgm = b"P5\n120 90\n65535\n" + plane.astype(">u2").tobytes()
    for data in (tiff(plane), tiff(plane, byteorder=">"), pgm):
        decoded = decode_photo(data)
        assert decoded.dtype == np.uint16 and np.array_equal(decoded, np.repeat(plane[..., None], 3, axis=2))


def test_alpha_is_dropped_in_8_and_16_bits(photos, scene, deep):
    assert np.array_equal(decode_photo((photos / "rgba.png").read_bytes()), scene)
    alpha = np.full((90, 120), 1234, np.uint16)
    _, data = cv2.imencode(".png", np.dstack([deep[..., ::-1], alpha]))
    assert np.array_equal(decode_photo(data.tobytes()), deep)


def test_grey_with_alpha_and_black_and_white_become_colour(scene):
    grey = Image.fromarray(scene).convert("L")
    assert np.array_equal(decode_photo(saved(grey.convert("LA"), "PNG"))[..., 2], np.asarray(grey))
    bits = decode_photo(saved(grey.convert("1"), "PNG"))
    assert bits.shape == scene.shape and set(np.unique(bits)) == {0, 255}


def test_a_palette_is_looked_up(photos):
    with Image.open(photos / "palette.png") as picture:
        expected = np.asarray(picture.convert("RGB"))
    assert np.array_equal(decode_photo((photos / "palette.png").read_bytes()), expected)


def test_cmyk_becomes_rgb(photos, scene):
    decoded = decode_photo((photos / "cmyk.jpg").read_bytes())
    assert decoded.shape == scene.shape and np.abs(decoded.astype(int) - scene).mean() < 8


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_the_orientation_is_applied_once_as_pillow_does(form, orientation, scene):
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    data = saved(Image.fromarray(scene), form, exif=tags)
    decoded = decode_photo(data)
    assert decoded.shape == ((120, 90, 3) if orientation > 4 else (90, 120, 3))
    assert np.array_equal(decoded, np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data)))))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_applied_once_to_16_bit_colour(orientation, deep):
    undone = {1: deep, 2: deep[:, ::-1], 3: deep[::-1, ::-1], 4: deep[::-1], 5: deep.swapaxes(0, 1)}
    undone |= {6: np.rot90(deep, -1), 7: np.rot90(deep, 2).swapaxes(0, 1), 8: np.rot90(deep)}
    for data in (tiff(deep, extratags=[(ORIENTATION, "H", 1, orientation, True)]), png_with_exif(deep, orientation)):
        decoded = decode_photo(data)
        assert decoded.dtype == np.uint16 and np.array_equal(decoded, undone[orientation])


def test_a_photo_stored_turned_comes_out_upright(photos, scene):
    decoded = decode_photo((photos / "turned.jpg").read_bytes())
    assert decoded.shape == scene.shape and np.abs(decoded.astype(int) - scene).mean() < 5


def test_an_animation_and_a_file_of_many_pages_give_their_first_picture(scene):
    first, second = Image.fromarray(scene).quantize(32), Image.new("P", (120, 90))
    for form in ("GIF", "TIFF"):
        data = saved(first, form, save_all=True, append_images=[second])
        assert np.array_equal(decode_photo(data), np.asarray(first.convert("RGB")))


def test_a_pnm_of_16_bits_keeps_them_however_long_its_comment_and_holds_nothing_above_its_maximum(deep):
    twelve, head = deep >> 4, b"P6 # 1 2 3\n#" + 300 * b"x" + b"\r120\n#\n# 90\n90 "
    assert np.array_equal(decode_photo(head + b"65535\n" + deep.astype(">u2").tobytes()), deep)
    assert np.array_equal(
        decode_photo(head + b"4095\n" + twelve.astype(">u2").tobytes()), np.rint(twelve * (65535 / 4095))
    )
    assert "too long" in complaint(
        head.replace(b"\n", b"\n" + 70_000 * b"#\n", 1) + b"65535\n" + deep.astype(">u2").tobytes()
    )
    assert "values up to 4095, and declares 1023" in complaint(
        head + b"1023\n" + np.maximum(twelve, 4095).astype(">u2").tobytes()
    )


def test_16_bit_grey_whose_white_is_0_comes_out_as_8_bits_do(deep):
    grey = deep[..., 1]
    for bits in (grey, (grey >> 8).astype(np.uint8)):
        assert np.array_equal(decode_photo(tiff(bits, photometric="miniswhite")), decode_photo(tiff(~bits)))


@pytest.mark.parametrize("tile", [None, (32, 48)], ids=["strips", "tiles"])
def test_channels_in_planes_of_their_own_come_out(deep, scene, tile):
    def apart(photo):
        return tiff(
            np.ascontiguousarray(photo.transpose(2, 0, 1)), photometric="rgb", planarconfig="separate", tile=tile
        )

    assert np.array_equal(decode_photo(apart(scene)), scene)
    assert np.array_equal(decode_photo(apart(deep)), deep)


@pytest.mark.parametrize("kind", [np.float32, np.uint32, np.int16])
def test_a_kind_of_tiff_that_is_not_read_is_not_called_damaged_alone(deep, kind):
    assert "not supported" in complaint(tiff(deep.astype(kind), photometric="rgb"))


def test_the_first_of_many_pages_keeps_its_16_bits(deep):
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        for page in (deep, deep[::-1], deep[..., 0]):
            file.write(page)
    assert np.array_equal(decode_photo(out.getvalue()), deep)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_colour_profile_changes_nothing(form, scene, profile):
    data = saved(Image.fromarray(scene), form, icc_profile=profile)
    assert Image.open(io.BytesIO(data)).info["icc_profile"] == profile
    assert np.array_equal(decode_photo(data), decode_photo(saved(Image.fromarray(scene), form)))


def test_a_colour_profile_changes_nothing_in_16_bits(deep, profile):
    for data in (tiff(deep, iccprofile=profile), png_with(deep, b"iCCPprofile\0\0" + zlib.compress(profile))):
        assert Image.open(io.BytesIO(data)).info["icc_profile"] == profile
        assert np.array_equal(decode_photo(data), deep)
