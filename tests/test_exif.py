"""When photos were taken."""

import io

import pytest
from PIL import Image

from blurkit.exif import capture_time


def dated(tags, inner=None, form="JPEG"):
    exif = Image.Exif()
    for tag, value in tags.items():
        exif[tag] = value
    for tag, value in (inner or {}).items():
        exif.get_ifd(0x8769)[tag] = value
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, form, exif=exif.tobytes())
    return out.getvalue()


def test_the_time_of_capture_comes_from_exif():
    taken, changed, fraction = 0x9003, 0x0132, 0x9291
    assert capture_time(dated({}, {taken: "1970:01:02 00:00:03"})) == 86403
    assert capture_time(dated({}, {taken: "1970:01:02 00:00:03", fraction: "25"})) == 86403.25
    assert capture_time(dated({changed: "1970:01:01 00:01:00"})) == 60
    assert capture_time(dated({changed: "1970:01:01 00:01:00"}, {taken: "1970:01:01 00:02:00"})) == 120


@pytest.mark.parametrize("text", ["", "yesterday", "0000:00:00 00:00:00", "2020:13:01 00:00:00", "    :  :     :  :  "])
def test_a_photo_that_does_not_say_when_has_no_time_of_capture(text, photos):
    assert capture_time(dated({}, {0x9003: text})) is None
    assert capture_time((photos / "photo.png").read_bytes()) is None
    assert capture_time(b"no photo") is None


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP", "AVIF", "HEIF"])
def test_other_formats_tell_their_time_of_capture_too(form):
    if form == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    assert capture_time(dated({0x0132: "1970:01:01 00:01:00"}, {0x9003: "1970:01:01 00:02:00"}, form)) == 120
