"""When photos were taken, and by which camera."""

import io

import pytest
from PIL import Image

from blurkit.io.exif import capture


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
    assert capture(dated({}, {taken: "1970:01:02 00:00:03"}))[0] == 86403
    assert capture(dated({}, {taken: "1970:01:02 00:00:03", fraction: "25"}))[0] == 86403.25
    assert capture(dated({changed: "1970:01:01 00:01:00"}))[0] == 60
    assert capture(dated({changed: "1970:01:01 00:01:00"}, {taken: "1970:01:01 00:02:00"}))[0] == 120


@pytest.mark.parametrize("text", ["", "yesterday", "0000:00:00 00:00:00", "2020:13:01 00:00:00", "    :  :     :  :  "])
def test_a_photo_that_does_not_say_when_has_no_time_of_capture(text, photos):
    assert capture(dated({}, {0x9003: text}))[0] is None
    assert capture((photos / "photo.png").read_bytes())[0] is None
    assert capture(b"no photo")[0] is None


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP", "AVIF", "HEIF"])
def test_other_formats_tell_their_time_of_capture_too(form):
    if form == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    assert capture(dated({0x0132: "1970:01:01 00:01:00"}, {0x9003: "1970:01:01 00:02:00"}, form))[0] == 120


def test_a_camera_goes_by_maker_model_and_serial_number(photos):
    maker, model, serial = 0x010F, 0x0110, 0xA431
    one, other = (capture(dated({maker: "Maker", model: "Model"}, {serial: number}))[1] for number in ("1", "2"))
    assert one == ("Maker", "Model", "1") and other == ("Maker", "Model", "2")
    assert (
        capture(dated({model: "Model"}))[1]
        == ("", "Model", "")
        == capture(dated({model: "Model"}, {0x9003: "1970:01:01 00:00:00"}))[1]
    )
    assert capture((photos / "photo.png").read_bytes())[1] == capture(b"no photo")[1] == ("", "", "")
