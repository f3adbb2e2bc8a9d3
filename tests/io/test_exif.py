"""When photos were taken, and by which camera."""

import io
import math

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from blurkit.io.exif import capture, exposure


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


def test_the_exposure_comes_in_stops():
    time, aperture, sensitivity, bias, mode = 0x829A, 0x829D, 0x8827, 0x9204, 0xA402
    known = {
        time: IFDRational(1, 125),
        aperture: IFDRational(8, 1),
        sensitivity: 200,
        bias: IFDRational(-2, 3),
        mode: 2,
    }
    stops, value, is_bracket = exposure(dated({}, known))
    assert stops == pytest.approx(-2 / 3) and value == pytest.approx(6 + math.log2(125) - 1) and is_bracket
    assert exposure(dated({}, {**known, sensitivity: 0, mode: 0}))[1:] == (None, False)
    assert exposure(dated({}, {bias: IFDRational(0, 1)})) == (0.0, None, False)


def test_a_photo_that_does_not_say_how_it_was_exposed_has_no_exposure(photos):
    for data in (b"no photo", (photos / "photo.png").read_bytes(), dated({0x0132: "1970:01:01 00:01:00"})):
        assert exposure(data) == (None, None, False)
    words = dated({}, {0x829A: "soon", 0x829D: 8, 0x8827: 100, 0x9204: "none"})  # of other types
    assert exposure(words) == (None, None, False)
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9204] = IFDRational(1, 3)
    data = exif.tobytes()
    cut = io.BytesIO()
    Image.new("RGB", (8, 8)).save(cut, "JPEG", exif=data[:-8])  # the fraction is missing
    assert exposure(cut.getvalue()) == (None, None, False)
    nothing = data[:-8] + bytes(8)  # 0 / 0
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=nothing)
    assert exposure(out.getvalue()) == (None, None, False)
