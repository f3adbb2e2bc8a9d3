"""Streams of pictures: every picture comes out with its own bytes, and what is no picture is told."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from blurkit.errors import InputError
from blurkit.io.photo import decode_photo
from blurkit.io.pictures import pictures
from tests.files import saved, tiff

FORMS = (
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("JPEG", {"comment": b"\xff\xd9 is not the end"}),
    ("PNG", {}),
    ("BMP", {}),
    ("WEBP", {}),
)
KINDS = {  # of PNM: how a picture of 7 x 5 is written
    b"P1": lambda p: b"P1\n# 1\n7 5\n" + b"".join(b"%d" % (v > 127) for v in p[..., 0].ravel()) + b"\n",
    b"P2": lambda p: b"P2 7\n5 255\n" + b" # 9 9\n".join(b"%d" % v for v in p[..., 0].ravel()) + b"\n",
    b"P3": lambda p: b"P3\n7 5\n#P3\n255\n" + b"\n".join(b"%d" % v for v in p.ravel()) + b"\n",
    b"P4": lambda p: b"P4 7 5\n" + np.packbits(p[..., 0] > 127, axis=1).tobytes(),
    b"P5": lambda p: b"P5\n7 5 255\n" + p[..., 0].tobytes(),
    b"P6": lambda p: b"P6\n7 5 65535\n" + p.astype(">u2").tobytes(),
    b"P7": lambda p: b"P7\nWIDTH 7\nHEIGHT 5\nDEPTH 3\nMAXVAL 255\nENDHDR\n" + p.tobytes(),
}
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\1\0mdat" + bytes(range(200))
SAMSUNG = b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_Data" + MP4 + b"SEFH" + bytes(20) + b"SEFT"
XMP = b"http://ns.adobe.com/xap/1.0/\0"


class Drip:
    """A stream that gives a few bytes at a time, as a slow writer does."""

    def __init__(self, data, step):
        self.data, self.step = io.BytesIO(data), step

    def read1(self, _):
        return self.data.read(self.step)


def split(data, step=0, **options):
    """The bytes of the pictures in a stream."""
    return [picture.data for picture in pictures(Drip(data, step) if step else io.BytesIO(data), **options)]


def several(form, options, count=3):
    """Different pictures of one format."""
    rng = np.random.default_rng(3)
    return [saved(Image.fromarray(rng.integers(0, 256, (20, 30, 3), np.uint8)), form, **options) for _ in range(count)]


@pytest.fixture(scope="module")
def jpegs():
    return several("JPEG", {})


def with_segment(jpeg, marker, body):
    """A JPEG with one more segment behind its start."""
    return jpeg[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def multi_picture(first, *others, extra=0):
    """An MPO by CIPA DC-007: the index, in the first picture, says where the others are."""
    count = 1 + len(others)
    size = 4 + 8 + 2 + 2 * 12 + 4 + 16 * count
    whole = len(first) + 4 + size
    entries, at = struct.pack("<IIIHH", 0x030000, whole, 0, 0, 0), whole - (2 + 4 + 4)
    for other in others:
        entries += struct.pack("<IIIHH", 0, len(other) + extra, at, 0, 0)
        at += len(other)
    directory = struct.pack("<H", 2) + struct.pack("<HHII", 0xB001, 4, 1, count)
    directory += struct.pack("<HHII", 0xB002, 7, 16 * count, 8 + 2 + 24 + 4) + bytes(4)
    return with_segment(first, 0xE2, b"MPF\0II*\0" + struct.pack("<I", 8) + directory + entries) + b"".join(others)


def container(first, *others):
    """A photo whose XMP says how long what follows is, as Ultra HDR and motion photos have it."""
    items = "".join(f'<rdf:li><Container:Item Item:Mime="a/b" Item:Length="{len(o)}"/></rdf:li>' for o in others)
    return with_segment(first, 0xE1, XMP + f"<Container:Directory>{items}".encode()) + b"".join(others)


# ---- every format ---------------------------------------------------------------


@pytest.mark.parametrize("step", [0, 1, 7, 100])
@pytest.mark.parametrize(("form", "options"), FORMS)
def test_pictures_one_after_the_other_come_out_with_their_own_bytes(form, options, step):
    given = several(form, options)
    assert split(b"".join(given), step) == given


@pytest.mark.parametrize("step", [0, 1, 5])
@pytest.mark.parametrize("kind", KINDS)
def test_every_pnm_ends_where_its_header_says(kind, step):
    rng = np.random.default_rng(1)
    given = [rng.integers(0, 256, (5, 7, 3), np.uint8) for _ in range(3)]
    parts = split(b"".join(KINDS[kind](pixels) for pixels in given), step)
    assert len(parts) == 3
    for part, pixels in zip(parts, given, strict=True):
        assert np.array_equal(decode_photo(part), decode_photo(KINDS[kind](pixels)))


def test_formats_may_change_within_a_stream_and_have_blanks_between(jpegs):
    given = [jpegs[0], several("PNG", {})[0], KINDS[b"P2"](np.zeros((5, 7, 3), np.uint8)).rstrip(), jpegs[1]]
    assert split(b"\n\n".join(given) + b"\0\n") == given


def test_a_stream_is_read_no_further_than_its_pictures_are_taken(jpegs):
    stream = Drip(b"".join(jpegs), 50)
    walk = pictures(stream)
    assert next(walk).data == jpegs[0]
    assert stream.data.tell() < len(jpegs[0]) + 50


@pytest.mark.parametrize("kind", [b"P1", b"P2", b"P4", b"P6", b"P7"])
def test_a_picture_is_there_as_soon_as_its_last_byte_is(kind):
    data = KINDS[kind](np.full((5, 7, 3), 200, np.uint8))
    read = io.BytesIO(data)
    assert next(pictures(Drip(data, 1))).data and read.tell() == 0

    class Open(Drip):  # a writer that waits for an answer
        def read1(self, size):
            piece = super().read1(size)
            assert piece, "waits for what will not come"
            return piece

    assert next(pictures(Open(data, 1))).data


def test_a_bmp_whose_header_names_no_size_ends_behind_its_pixels():
    first, second, _ = several("BMP", {})
    nameless = first[:2] + bytes(4) + first[6:]
    assert split(nameless + second) == [nameless, second] and split(nameless) == [nameless]
    unknown = nameless[:30] + b"\1\0\0\0" + nameless[34:]  # run lengths, whose size nobody knows
    assert split(unknown) == [unknown]


def test_an_empty_stream_is_an_empty_picture():
    assert split(b"") == [b""]


# ---- one photo of several parts -------------------------------------------------


@pytest.mark.parametrize("step", [0, 9])
@pytest.mark.parametrize("photo", ["mpo", "ultra hdr", "motion"])
def test_a_photo_of_several_parts_is_one_picture_alone_and_among_others(jpegs, photo, step):
    first, second, third = jpegs
    whole = {
        "mpo": lambda: multi_picture(first, second, third),
        "ultra hdr": lambda: container(first, second, MP4),
        "motion": lambda: container(first, MP4),
    }[photo]()
    assert split(whole, step) == [whole]
    assert split(whole + whole + second, step) == [whole, whole, second]
    assert np.array_equal(decode_photo(whole), decode_photo(first))


def test_an_mpo_of_pillow_is_one_picture(tmp_path):
    frames = [Image.fromarray(np.full((20, 30, 3), value, np.uint8)) for value in (10, 200)]
    frames[0].save(tmp_path / "a.mpo", "MPO", save_all=True, append_images=frames[1:])
    whole = (tmp_path / "a.mpo").read_bytes()
    assert whole.count(b"\xff\xd8\xff") == 2 and split(whole + whole) == [whole, whole]


@pytest.mark.parametrize("trailer", [MP4, SAMSUNG, bytes(5000), b"\xab\xcd" * 50, b"BRCM" + bytes(range(256))])
def test_what_stands_behind_a_single_photo_belongs_to_it(jpegs, trailer):
    assert split(jpegs[0] + trailer) == [jpegs[0]]


def test_an_index_of_parts_that_are_not_there_hides_no_picture(jpegs):
    first, second, third = jpegs
    alone, png = multi_picture(first, second)[: -len(second)], several("PNG", {})[0]
    assert split(alone + png + third) == [alone, png, third]
    alone = multi_picture(first, second, extra=10**6)[: -len(second)]
    assert split(alone + second + third) == [alone, second, third]
    stale = container(first, bytes(10**6))[: -(10**6)]
    assert split(stale + second + third) == [stale, second, third]


def test_old_and_new_words_on_one_motion_are_not_counted_twice(jpegs):
    body = XMP + f'GCamera:MicroVideoOffset="{len(MP4)}" Item:Length="{len(MP4)}"'.encode()
    whole = with_segment(jpegs[0], 0xE1, body) + MP4
    assert split(whole + jpegs[1]) == [whole, jpegs[1]]


# ---- what is refused ------------------------------------------------------------


def told(data, **options):
    """(number of pictures before the error, its words)."""
    count = 0
    with pytest.raises(InputError) as caught:
        for _ in pictures(io.BytesIO(data), **options):
            count += 1
    return count, str(caught.value)


@pytest.mark.parametrize("before", [1, 2])
def test_junk_between_pictures_is_told(jpegs, before):
    stream = b"".join(jpegs[:before]) + b"junk" * 1000 + b"".join(jpegs)
    assert told(stream) == (before, "what follows the picture before is no picture")


def test_junk_behind_several_pictures_is_told(jpegs):
    assert told(b"".join(jpegs) + b"junk") == (3, "what follows the picture before is no picture")


@pytest.mark.parametrize(("form", "name"), [("TIFF", "TIFF"), ("GIF", "GIF"), ("AVIF", "AVIF")])
def test_a_picture_that_does_not_tell_its_end_must_be_alone(jpegs, form, name):
    whole = saved(Image.new("RGB", (8, 8)), form)
    count, words = told(jpegs[0] + whole)
    assert count == 1 and words.startswith(f"{name} cannot follow another picture")
    assert split(whole) == [whole]
    assert told(whole + whole) == (1, words)  # the first is read, and that there is another is told


@pytest.mark.parametrize("options", [{"rowsperstrip": 3}, {"tile": (16, 16)}, {"bigtiff": True}, {"byteorder": ">"}])
def test_tiffs_one_after_the_other_are_told_whatever_their_layout(options):
    whole = tiff(np.random.default_rng(0).integers(0, 256, (21, 33, 3), np.uint8), photometric="rgb", **options)
    assert told(whole + whole)[0] == 1
    for size in (*range(4, 40), len(whole) // 2, len(whole)):  # what is cut short is one picture
        assert split(whole[:size]) == [whole[:size]]


def test_a_picture_cut_short_is_the_last_and_its_decoder_says_so(jpegs):
    for given in (jpegs, several("PNG", {}), [KINDS[b"P6"](np.zeros((5, 7, 3), np.uint8))] * 3):
        *whole, cut = split(b"".join(given)[:-9])
        assert whole == given[:2] and cut == given[2][:-9]
        with pytest.raises(InputError, match="truncated"):
            decode_photo(cut)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"P6 100000 100000 255\n", "100000x100000"),
        (b"P7\nWIDTH 99999\nHEIGHT 99999\nDEPTH 1\nMAXVAL 1\nENDHDR\n", "99999x99999"),
        (b"YUV4MPEG2 W90000 H90000 F1:1\nFRAME\n", "90000x90000"),
        (b"BM" + bytes(12) + struct.pack("<IiiHHI", 40, 90_000, -90_000, 1, 24, 0) + bytes(30), "90000x90000"),
        (b"P5 " + b"#" * 100_000, "header is too long"),
        (b"P7\n" + b"# \n" * 50_000, "no end"),
        (b"P2 9 9 255\n" + b" " * 100_000, "too long"),
        (b"YUV4MPEG2 " + b"W" * 100_000, "header has no end"),
        (b"YUV4MPEG2 W2 H2 Cmono\nFRAME " + b"I" * 100_000, "header of a frame has no end"),
        (b"YUV4MPEG2 W2 H2 Cmono\nFRAME\n1234FRAMED\n12", "truncated"),
        (b"YUV4MPEG2 W2 H2 Cmono\n", "no frame"),
        (b"YUV4MPEG2 W2\nFRAME\n", "lacks width or height"),
        (b"YUV4MPEG2 W2 H2 Crgb\nFRAME\n", "colours of the kind rgb"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\1????12345", "damaged between its chunks"),
    ],
)
def test_headers_that_lie_or_never_end_are_refused_before_memory_is_taken(data, words):
    assert words in told(data)[1]


@pytest.mark.parametrize("start", [MP4[:24], b"\x1a\x45\xdf\xa3", b"RIFF\1\2\3\4AVI LIST"])
def test_a_video_is_called_one_before_all_of_it_is_read(start):
    stream = io.BytesIO(start + bytes(9_000_000))
    with pytest.raises(InputError, match="is a video, not a photo; ffmpeg gives its frames"):
        next(pictures(stream))
    assert stream.tell() < 1_000_000
    with pytest.raises(InputError, match="is a video"):
        decode_photo(start + bytes(99))


def test_a_picture_of_too_many_bytes_is_refused():
    assert "has more than 3000000 bytes" in told(b"\xff\xd8\xff\xda\0\2" + bytes(5_000_000), most=3_000_000)[1]
