"""Second routes: Pillow's and tifffile's own reading, and pictures with known pixels."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn
from PIL import Image, ImageCms, ImageOps

from blurkit import encode, image
from blurkit.colour import grey
from blurkit.errors import InputError
from tests.files import complaint, saved, tiff

ORIENTATION = 0x0112  # EXIF and TIFF tag
maps = hn.arrays(np.float32, hn.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.floats(0, 1, width=32))


def joined(pieces):
    return b"".join(bytes(piece) for piece in pieces)


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


@pytest.fixture
def deep(scene):
    """The scene in 16 bits, with values that 8 bits cannot hold."""
    return scene.astype(np.uint16) * 257 - (np.arange(120, dtype=np.uint16) % 5)[None, :, None] * (scene > 0)


# ---- photos ---------------------------------------------------------------


def test_a_colour_png_comes_out_pixel_by_pixel(photos, scene):
    found = image.decode_photo((photos / "photo.png").read_bytes())
    assert found.dtype == np.uint8 and found.flags.c_contiguous and np.array_equal(found, scene)


@pytest.mark.parametrize("form", ["BMP", "PPM", "TIFF", "WEBP"])
def test_other_lossless_formats_come_out_pixel_by_pixel(form, scene):
    options = {"lossless": True} if form == "WEBP" else {}
    assert np.array_equal(image.decode_photo(saved(Image.fromarray(scene), form, **options)), scene)


def test_a_jpeg_comes_close(photos, scene):
    found = image.decode_photo((photos / "photo.jpg").read_bytes())
    assert found.shape == scene.shape and np.abs(found.astype(int) - scene).mean() < 5


def test_a_grey_photo_becomes_three_equal_channels(photos, scene):
    found = image.decode_photo((photos / "grey.png").read_bytes())
    assert np.array_equal(found, np.repeat(np.asarray(Image.fromarray(scene).convert("L"))[..., None], 3, axis=2))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_jpeg_can_be_decoded_at_a_reduced_size(scene, form, orientation):
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    large = cv2.resize(scene, (1200, 901), interpolation=cv2.INTER_CUBIC)
    data = saved(Image.fromarray(large), form, exif=tags, **({"quality": 95} if form == "JPEG" else {}))
    whole = image.decode_photo(data)
    for least, by in ((150, 8), (151, 4), (599, 2), (601, 1), (5000, 1)):
        found, by = image.decode_photo(data, least=least), by if form == "JPEG" else 1
        assert found.shape[:2] == tuple(-(-n // by) for n in ((901, 1200) if orientation == 1 else (1200, 901))) and found.flags.c_contiguous
        reduced = cv2.resize(whole, found.shape[1::-1], interpolation=cv2.INTER_AREA)
        assert np.abs(found.astype(int) - reduced).mean() < (4 if by > 1 else 1e-9)


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_luma_of_a_jpeg_can_be_decoded_alone(scene, orientation):
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    data = saved(Image.fromarray(scene), "JPEG", quality=95, exif=tags)
    found = image.decode_photo(data, least=90, luma=True)
    assert found.dtype == np.uint8 and found.flags.c_contiguous and found.shape == ((90, 120) if orientation == 1 else (120, 90))
    apart = np.abs(grey(found) - grey(image.decode_photo(data)))
    assert np.median(apart) < 0.5 / 255 and (apart < 2 / 255).mean() > 0.95  # elsewhere a colour was cut off
    assert np.array_equal(image.decode_photo(data, luma=True), found)
    assert image.decode_photo(saved(Image.fromarray(scene), "PNG"), least=90, luma=True).shape == scene.shape
    assert image.decode_photo(saved(Image.fromarray(scene).convert("CMYK"), "JPEG"), least=90, luma=True).shape == scene.shape


def test_a_jpeg_is_reduced_by_its_decoder(scene, monkeypatch):
    data = saved(Image.fromarray(cv2.resize(scene, (1600, 1200))), "JPEG")
    sizes = []
    monkeypatch.setattr(image, "as_rgb", lambda picture, as_rgb=image.as_rgb: sizes.append(picture.size) or as_rgb(picture))
    for least in (1600, 801, 800, 390, 100):
        image.decode_photo(data, least=least)
    assert sizes == [(1600, 1200), (1600, 1200), (800, 600), (400, 300), (200, 150)]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK"])
@pytest.mark.parametrize("size", [(300, 211), (20_000, 3), (1, 1)])
def test_every_mode_comes_out_as_pillow_turns_it_to_rgb(mode, size):
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    data = saved(Image.fromarray(values).convert(mode), "TIFF")
    assert np.array_equal(image.decode_photo(data), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


def test_a_16_bit_grey_photo_keeps_its_bits(photos, scene):
    found = image.decode_photo((photos / "deep_grey.png").read_bytes())
    assert found.dtype == np.uint16 and np.array_equal(found, np.repeat(scene[..., 1:2].astype(np.uint16) * 257, 3, axis=2))


def test_16_bit_colour_keeps_its_bits_and_the_order_of_its_channels(deep):
    done, png = cv2.imencode(".png", deep[..., ::-1])
    ppm = b"P6\n# made by hand\n120 90\n65535\n" + deep.astype(">u2").tobytes()
    for data in (png.tobytes(), tiff(deep), tiff(deep, byteorder=">"), ppm):
        found = image.decode_photo(data)
        assert found.dtype == np.uint16 and np.array_equal(found, deep)


def test_16_bit_grey_comes_whole_out_of_tiff_and_pgm(deep):
    plane = deep[..., 0]
    pgm = b"P5\n120 90\n65535\n" + plane.astype(">u2").tobytes()
    for data in (tiff(plane), tiff(plane, byteorder=">"), pgm):
        found = image.decode_photo(data)
        assert found.dtype == np.uint16 and np.array_equal(found, np.repeat(plane[..., None], 3, axis=2))


def test_alpha_is_dropped_in_8_and_16_bits(photos, scene, deep):
    assert np.array_equal(image.decode_photo((photos / "rgba.png").read_bytes()), scene)
    alpha = np.full((90, 120), 1234, np.uint16)
    _, data = cv2.imencode(".png", np.dstack([deep[..., ::-1], alpha]))
    assert np.array_equal(image.decode_photo(data.tobytes()), deep)


def test_grey_with_alpha_and_black_and_white_become_colour(scene):
    grey = Image.fromarray(scene).convert("L")
    assert np.array_equal(image.decode_photo(saved(grey.convert("LA"), "PNG"))[..., 2], np.asarray(grey))
    bits = image.decode_photo(saved(grey.convert("1"), "PNG"))
    assert bits.shape == scene.shape and set(np.unique(bits)) == {0, 255}


def test_a_palette_is_looked_up(photos):
    with Image.open(photos / "palette.png") as picture:
        expected = np.asarray(picture.convert("RGB"))
    assert np.array_equal(image.decode_photo((photos / "palette.png").read_bytes()), expected)


def test_cmyk_becomes_rgb(photos, scene):
    found = image.decode_photo((photos / "cmyk.jpg").read_bytes())
    assert found.shape == scene.shape and np.abs(found.astype(int) - scene).mean() < 8


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_the_orientation_is_applied_once_as_pillow_does(form, orientation, scene):
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    data = saved(Image.fromarray(scene), form, exif=tags)
    found = image.decode_photo(data)
    assert found.shape == ((120, 90, 3) if orientation > 4 else (90, 120, 3))
    assert np.array_equal(found, np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data)))))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_applied_once_to_16_bit_colour(orientation, deep):
    undone = {1: deep, 2: deep[:, ::-1], 3: deep[::-1, ::-1], 4: deep[::-1], 5: deep.swapaxes(0, 1)}
    undone |= {6: np.rot90(deep, -1), 7: np.rot90(deep, 2).swapaxes(0, 1), 8: np.rot90(deep)}
    for data in (tiff(deep, extratags=[(ORIENTATION, "H", 1, orientation, True)]), png_with_exif(deep, orientation)):
        found = image.decode_photo(data)
        assert found.dtype == np.uint16 and np.array_equal(found, undone[orientation])


def test_a_photo_stored_turned_comes_out_upright(photos, scene):
    found = image.decode_photo((photos / "turned.jpg").read_bytes())
    assert found.shape == scene.shape and np.abs(found.astype(int) - scene).mean() < 5


def test_an_animation_and_a_file_of_many_pages_give_their_first_picture(scene):
    first, second = Image.fromarray(scene).quantize(32), Image.new("P", (120, 90))
    for form in ("GIF", "TIFF"):
        data = saved(first, form, save_all=True, append_images=[second])
        assert np.array_equal(image.decode_photo(data), np.asarray(first.convert("RGB")))


def test_a_pnm_of_16_bits_keeps_them_however_long_its_comment_and_holds_nothing_above_its_maximum(deep):
    twelve, head = deep >> 4, b"P6 # 1 2 3\n#" + 300 * b"x" + b"\r120\n#\n# 90\n90 "
    assert np.array_equal(image.decode_photo(head + b"65535\n" + deep.astype(">u2").tobytes()), deep)
    assert np.array_equal(image.decode_photo(head + b"4095\n" + twelve.astype(">u2").tobytes()), np.rint(twelve * (65535 / 4095)))
    assert "too long" in complaint(head.replace(b"\n", b"\n" + 70_000 * b"#\n", 1) + b"65535\n" + deep.astype(">u2").tobytes())
    assert "values up to 4095, and declares 1023" in complaint(head + b"1023\n" + np.maximum(twelve, 4095).astype(">u2").tobytes())


def test_16_bit_grey_whose_white_is_0_comes_out_as_8_bits_do(deep):
    grey = deep[..., 1]
    for bits in (grey, (grey >> 8).astype(np.uint8)):
        assert np.array_equal(image.decode_photo(tiff(bits, photometric="miniswhite")), image.decode_photo(tiff(~bits)))


@pytest.mark.parametrize("tile", [None, (32, 48)], ids=["strips", "tiles"])
def test_channels_in_planes_of_their_own_come_out_or_are_refused(deep, scene, tile):
    def apart(photo):
        return tiff(np.ascontiguousarray(photo.transpose(2, 0, 1)), photometric="rgb", planarconfig="separate", tile=tile)

    assert np.array_equal(image.decode_photo(apart(scene)), scene)
    assert "planes of their own" in complaint(apart(deep))


@pytest.mark.parametrize("kind", [np.float32, np.uint32, np.int16])
def test_a_kind_of_tiff_that_is_not_read_is_not_called_damaged_alone(deep, kind):
    assert "not supported" in complaint(tiff(deep.astype(kind), photometric="rgb"))


def test_the_first_of_many_pages_keeps_its_16_bits(deep):
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        for page in (deep, deep[::-1], deep[..., 0]):
            file.write(page)
    assert np.array_equal(image.decode_photo(out.getvalue()), deep)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_colour_profile_changes_nothing(form, scene, profile):
    data = saved(Image.fromarray(scene), form, icc_profile=profile)
    assert Image.open(io.BytesIO(data)).info["icc_profile"] == profile
    assert np.array_equal(image.decode_photo(data), image.decode_photo(saved(Image.fromarray(scene), form)))


def test_a_colour_profile_changes_nothing_in_16_bits(deep, profile):
    for data in (tiff(deep, iccprofile=profile), png_with(deep, b"iCCPprofile\0\0" + zlib.compress(profile))):
        assert Image.open(io.BytesIO(data)).info["icc_profile"] == profile
        assert np.array_equal(image.decode_photo(data), deep)


def test_too_many_pixels_are_refused_with_both_numbers(photos):
    data = (photos / "photo.png").read_bytes()
    assert image.decode_photo(data, 10800).shape == (90, 120, 3)
    with pytest.raises(InputError, match="120x90 = 10800 pixels; --max-pixels allows 10799"):
        image.decode_photo(data, 10799)


def test_a_giant_is_refused_by_its_header_before_it_is_decoded():
    giant = b"P5\n1000000 1000000\n255\n"
    with pytest.raises(InputError, match="1000000x1000000"):
        image.decode_photo(giant)


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
        image.decode_photo(data)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "deep_rgb.png", "palette.png", "cmyk.jpg"])
def test_a_photo_cut_in_the_middle_is_an_error_that_says_truncated(photos, name):
    data = (photos / name).read_bytes()
    with pytest.raises(InputError, match="truncated"):
        image.decode_photo(data[: len(data) // 2])


@pytest.mark.parametrize(
    "make", [lambda s: saved(Image.fromarray(s), "TIFF"), lambda s: tiff(s.astype(np.uint16) * 257), lambda s: saved(Image.fromarray(s), "WEBP")]
)
def test_a_tiff_or_webp_cut_in_the_middle_is_an_error(make, scene):
    data = make(scene)
    with pytest.raises(InputError):
        image.decode_photo(data[: len(data) // 2])


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's
@given(st.sampled_from(["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "PPM"]), st.integers(0, 10**6), st.integers(0, 255), st.booleans())
def test_a_damaged_photo_is_an_error_or_a_picture_never_a_crash(form, place, value, cut):
    data = bytearray(saved(Image.fromarray(np.random.default_rng(0).integers(0, 256, (16, 20, 3), np.uint8)), form))
    place %= len(data)
    data[place] = value
    data = bytes(data[:place] if cut else data)
    try:
        found = image.decode_photo(data, 100_000)
    except InputError as error:
        assert "\n" not in str(error) and str(error)
    else:
        assert found.ndim == 3 and found.shape[2] == 3 and found.dtype in (np.uint8, np.uint16)


def rechunked(data, change):
    """A PNG whose chunks went through `change`, a function of dict kind -> body, and have right checksums again."""
    found = {}
    at = 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        kind = data[at + 4 : at + 8]
        found[kind] = found.get(kind, b"") + data[at + 8 : at + 8 + size]
        at += 12 + size
    change(found)
    return data[:8] + b"".join(struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in found.items())


@pytest.mark.parametrize("read", [image.decode_photo, image.decode_map])
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
    assert image.decode_photo(rechunked(data, dict)).shape == scene.shape
    assert "palette is missing" in complaint(rechunked(data, lambda chunks: chunks.pop(b"PLTE")))


def interlaced(array):
    """A grey PNG of 8 bits in seven passes."""
    starts = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    rows = b"".join(b"\0" + row.tobytes() for r, c, down, right in starts for row in array[r::down, c::right] if row.size)
    head = struct.pack(">IIBBBBB", *array.shape[::-1], 8, 0, 0, 0, 1)
    plain = cv2.imencode(".png", array)[1].tobytes()
    return rechunked(plain, lambda chunks: chunks.update({b"IHDR": head, b"IDAT": zlib.compress(rows)}))


@pytest.mark.parametrize("size", [(16, 12), (5, 3), (1, 1), (9, 1), (1, 7)])
@pytest.mark.parametrize("value", [0, 99])
def test_a_png_with_fewer_rows_than_it_tells_is_truncated(size, value):
    plain = np.full(size, value, np.uint8)
    for data in (cv2.imencode(".png", plain)[1].tobytes(), interlaced(plain), saved(Image.fromarray(plain), "PNG", bits=8)):
        assert np.array_equal(image.decode_photo(data)[..., 0], plain)
        for more in (1, 8, 100):
            taller = rechunked(data, lambda chunks: chunks.update({b"IHDR": struct.pack(">II", size[1], size[0] + more) + chunks[b"IHDR"][8:]}))  # noqa: B023
            with pytest.raises(InputError):
                image.decode_photo(taller)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_a_black_palette_of_few_bits_is_whole(bits):
    picture = Image.new("P", (13, 5))
    picture.putpalette([7, 8, 9, 200, 100, 50])
    assert np.array_equal(image.decode_photo(saved(picture, "PNG", bits=bits)), np.full((5, 13, 3), (7, 8, 9)))


@pytest.mark.parametrize("options", [{"rowsperstrip": 8}, {"tile": (16, 16)}, {"planarconfig": "separate"}, {"rowsperstrip": 32}], ids=str)
@pytest.mark.parametrize("tag", [256, 257])
def test_a_tiff_whose_strips_or_tiles_do_not_cover_it_is_truncated(options, tag):
    array = np.random.default_rng(0).integers(0, 256, (3, 32, 48) if "planarconfig" in options else (32, 48, 3), np.uint8)
    data = tiff(array, photometric="rgb", **options)
    assert image.decode_photo(data).shape == (32, 48, 3)
    at = next(at for at in range(10, 200, 12) if struct.unpack("<H", data[at : at + 2]) == (tag,))
    lie = data[: at + 2] + struct.pack("<HII", 4, 1, 400) + data[at + 12 :]
    with pytest.raises(InputError, match="truncated"):
        image.decode_photo(lie)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's
@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
@pytest.mark.parametrize("mode", ["L", "RGB", "F"])
def test_a_tiff_cut_at_its_end_is_truncated(compression, mode, scene):
    data = saved(Image.fromarray(scene).convert(mode), "TIFF", compression=compression)
    for left in range(len(data) - 40, len(data)):
        with pytest.raises(InputError):
            (image.decode_map if mode == "F" else image.decode_photo)(data[:left])


def test_16_bit_colour_wider_than_opencv_reads_is_refused():
    with pytest.raises(InputError, match="too wide"):
        image.decode_photo(tiff(np.zeros((1, (1 << 20) + 1, 3), np.uint16), photometric="rgb", compression="zlib"))


def test_32_bit_and_floating_point_pixels_are_refused_as_photos():
    with pytest.raises(InputError, match="floating-point"):
        image.decode_photo(tiff(np.zeros((4, 5), np.float32)))
    with pytest.raises(InputError, match="32-bit"):
        image.decode_photo(tiff(np.full((4, 5), 70000, np.int32)))


# ---- truths and segmentations -----------------------------------------------


def test_white_means_what_the_user_says():
    data = saved(Image.fromarray(np.uint8([[0, 100, 255]])), "PNG")
    assert image.decode_truth(data).tolist() == [[0, 100, 255]]
    assert image.decode_truth(data, truth_is="blurred").tolist() == [[255, 155, 0]]


def test_a_16_bit_truth_has_the_same_meaning():
    _, data = cv2.imencode(".png", np.uint16([[0, 257 * 128, 65535]]))
    assert image.decode_truth(data.tobytes()).tolist() == [[0, 128, 255]]


@given(hn.arrays(np.uint8, (5, 6, 3), elements=st.integers(0, 2)))
def test_regions_are_distinct_where_their_colours_are_and_survive_single_precision(colours):
    numbers = image.decode_segments(saved(Image.fromarray(colours), "PNG")).astype(np.float32).ravel()
    flat = colours.reshape(-1, 3)
    same_colour = (flat[:, None] == flat[None]).all(axis=2)
    assert np.array_equal(numbers[:, None] == numbers[None], same_colour)


def test_region_numbers_of_16_bits_stay_distinct():
    _, data = cv2.imencode(".png", np.uint16([[300, 301], [44, 65535]]))
    assert len(np.unique(image.decode_segments(data.tobytes()))) == 4


# ---- maps in ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([[False, True]]), [[0, 1]]),
        (np.uint8([[0, 51, 255]]), [[0, 0.2, 1]]),
        (np.uint16([[0, 13107, 65535]]), [[0, 0.2, 1]]),
        (np.float64([[0, 0.2, 1]]), [[0, 0.2, 1]]),
        (np.array([[0, 0.25, 1]], ">f4"), [[0, 0.25, 1]]),
        (np.float16([[[0.25], [1]]]), [[0.25, 1]]),
    ],
)
def test_arrays_of_any_numeric_type_become_maps(array, expected):
    found = image.as_map(array)
    assert found.dtype == np.float32 and found.dtype.isnative and np.allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("array", "complaint"),
    [
        (np.zeros((2, 3, 4)), r"shape \(2, 3, 4\)"),
        (np.zeros(5), r"shape \(5,\)"),
        (np.zeros((0, 5)), r"shape \(0, 5\)"),
        (np.float32([[0, np.nan]]), "NaN"),
        (np.float32([[0, np.inf]]), "infinite"),
        (np.float32([[0, 1.5]]), "from 0 to 1.5"),
        (np.float32([[-0.25, 1]]), "from -0.25 to 1"),
        (np.int32([[0, 1]]), "int32"),
        (np.array([["a"]]), "type"),
        (np.array([[1j]]), "complex"),
        (np.zeros((1, 1), "M8[s]"), "type"),
        (np.zeros((1, 1), [("a", "f4")]), "type"),
    ],
)
def test_arrays_that_are_no_maps_are_refused_in_plain_words(array, complaint):
    with pytest.raises(InputError, match=complaint):
        image.as_map(array)


# ---- maps out and in again ----------------------------------------------------


@given(maps)
def test_npy_holds_a_map_exactly(sharpness):
    assert np.array_equal(np.load(io.BytesIO(joined(encode.encode_map(sharpness, "npy")))), sharpness)


@pytest.mark.parametrize("form", ["tiff", "pfm"])
@given(sharpness=maps)
def test_tiff_and_pfm_hold_a_map_exactly(form, sharpness):
    assert np.array_equal(image.decode_map(joined(encode.encode_map(sharpness, form))), sharpness)


@given(maps)
def test_png_holds_a_map_to_half_a_16_bit_step(sharpness):
    found = image.decode_map(joined(encode.encode_map(sharpness, "png")))
    assert np.abs(found - sharpness).max() <= 0.5 / 65535 + 1e-7


def test_png_has_a_fixed_scale_unless_stretching_is_asked_for():
    dim = np.float32([[0.25, 0.5]])
    assert np.asarray(Image.open(io.BytesIO(joined(encode.encode_map(dim, "png"))))).tolist() == [[16384, 32768]]
    assert np.asarray(Image.open(io.BytesIO(joined(encode.encode_map(dim, "png", stretch=True))))).tolist() == [[0, 65535]]
    flat = joined(encode.encode_map(np.full((2, 2), 0.5, np.float32), "png", stretch=True))
    assert not np.asarray(Image.open(io.BytesIO(flat))).any()


def test_a_colour_map_runs_from_violet_to_yellow_in_rgb():
    data = joined(encode.encode_map(np.float32([[0, 1]]), "png", palette="viridis"))
    ends = np.asarray(Image.open(io.BytesIO(data))).astype(int)
    assert np.abs(ends - [[[68, 1, 84], [253, 231, 37]]]).max() <= 3
    with pytest.raises(InputError, match="colour"):
        image.decode_map(data)


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
    assert np.array_equal(image.decode_map(theirs), sharpness)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"Pf\nx y\n-1\n", "header"),
        (b"Pf\n2 2\n-1\n1234", "4 of 16 bytes"),
        (b"PF\n1 1\n-1\n" + bytes(12), "one channel"),
        (b"Pf\n-1 -1\n-1\n1234", "one channel"),
        (b"Pf\n99999999 99999999\n-1\n", "at most"),
        (b"Pf\n2", "header"),
    ],
)
def test_damaged_pfm_is_an_error_in_plain_words(data, complaint):
    with pytest.raises(InputError, match=complaint):
        image.decode_map(data)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's
@given(st.integers(0, 10**6))
def test_a_truncated_float_tiff_is_an_error(length):
    data = joined(encode.encode_map(np.random.default_rng(0).random((40, 40), dtype=np.float32), "tiff"))
    with pytest.raises(InputError):
        image.decode_map(data[: length % len(data)])


def test_an_8_bit_grey_png_is_a_map_of_255ths():
    assert np.allclose(image.decode_map(saved(Image.fromarray(np.uint8([[0, 51, 255]])), "PNG")), [[0, 0.2, 1]])


# ---- masks --------------------------------------------------------------------


def test_a_mask_is_a_grey_png_of_0_and_255():
    chosen = np.uint8([[0, 255], [255, 0]])
    with Image.open(io.BytesIO(joined(encode.encode_mask(chosen, "png")))) as picture:
        assert picture.format == "PNG" and picture.mode == "L" and np.array_equal(np.asarray(picture), chosen)
    assert np.array_equal(np.load(io.BytesIO(joined(encode.encode_mask(chosen, "npy")))), chosen)


def test_a_cut_carries_the_mask_as_alpha_and_leaves_the_colours(scene, deep):
    chosen = np.where(np.arange(120) < 60, 255, 0).astype(np.uint8) * np.ones((90, 1), np.uint8)
    found = np.asarray(Image.open(io.BytesIO(joined(encode.encode_cut(scene, chosen)))))
    assert np.array_equal(found[..., :3], scene) and np.array_equal(found[..., 3], chosen)
    data = np.frombuffer(joined(encode.encode_cut(deep, chosen)), np.uint8)
    found = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    assert np.array_equal(found[..., 2::-1], deep) and np.array_equal(found[..., 3], chosen.astype(np.uint16) * 257)
