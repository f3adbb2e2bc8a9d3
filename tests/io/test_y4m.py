"""YUV4MPEG2: luma and colours of known frames, and of frames that ffmpeg makes."""

import shutil
import subprocess

import cv2
import numpy as np
import pytest
from PIL import Image

from blurkit.errors import InputError
from blurkit.io.photo import decode_photo
from tests.files import saved

KINDS = ("yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv411p", "gray", "yuv420p10le", "yuv444p10le", "gray10le")
NEAR = {"yuv444p": 0.6, "yuv444p10le": 0.6}  # 8-bit steps; those whose colours are reduced are interpolated otherwise


def frame(words, *planes):
    """One frame as a Y4M; the planes are bytes."""
    return b"YUV4MPEG2 " + words + b"\nFRAME\n" + b"".join(planes)


def test_limited_range_goes_to_full_range_and_what_lies_beyond_is_cut():
    photo = decode_photo(frame(b"W4 H1 Cmono", bytes([16, 235, 0, 255])))
    assert photo[0, :, 0].tolist() == [0, 255, 0, 255] and photo.shape == (1, 4, 3) and photo.dtype == np.uint8
    assert decode_photo(frame(b"W1 H1 Cmono XCOLORRANGE=LIMITED", b"\x7e"))[0, 0, 0] == round(110 / 219 * 255)


def test_full_range_stays():
    data = frame(b"W4 H1 Cmono XCOLORRANGE=FULL", bytes([0, 16, 235, 255]))
    assert decode_photo(data)[0, :, 1].tolist() == [0, 16, 235, 255]


@pytest.mark.parametrize(("words", "values", "expected"), [
    (b"Cmono10", [64, 940, 0, 1023], [0, 65535, 0, 65535]),
    (b"Cmono10 XCOLORRANGE=FULL", [0, 1023, 512, 65535], [0, 65535, 32800, 65535]),
    (b"Cmono16", [4096, 60160, 0, 65535], [0, 65535, 0, 65535]),
])  # fmt: skip
def test_more_than_8_bits_become_16(words, values, expected):
    photo = decode_photo(frame(b"W4 H1 " + words, np.array(values, "<u2").tobytes()))
    assert photo.dtype == np.uint16 and photo[0, :, 2].tolist() == expected


@pytest.mark.parametrize(("size", "weights"), [((2, 2), (0.299, 0.114)), ((2, 600), (0.2126, 0.0722))])
def test_small_frames_have_the_matrix_of_601_and_large_ones_that_of_709(size, weights):
    count = size[0] * size[1]
    red = 16 + 219 * weights[0], 128 - 112 * weights[0] / (1 - weights[1]), 240
    planes = [bytes([round(value)]) * count for value in red]
    photo = decode_photo(frame(b"W%d H%d C444" % size, *planes))
    assert np.abs(photo[0, 0].astype(int) - (255, 0, 0)).max() <= 2


def test_luma_alone_is_that_of_the_frame_and_no_colour_is_made():
    rng = np.random.default_rng(0)
    luma = rng.integers(0, 256, (3, 5), np.uint8)
    data = frame(b"W5 H3 C420jpeg XCOLORRANGE=FULL", luma.tobytes(), bytes(12))
    assert np.array_equal(decode_photo(data, luma=True), luma) and decode_photo(data, luma=True).flags.writeable
    assert decode_photo(data).shape == (3, 5, 3)


def test_a_width_that_is_odd_has_one_more_colour():
    data = frame(b"W3 H3 C420", bytes(9), bytes(4), bytes(4))
    assert decode_photo(data).shape == (3, 3, 3)
    with pytest.raises(InputError, match="truncated"):
        decode_photo(data[:-1])


def test_a_frame_is_refused_if_it_has_too_many_pixels():
    with pytest.raises(InputError, match="max_pixels"):
        decode_photo(frame(b"W300 H300 Cmono", bytes(90_000)), max_pixels=80_000)


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
@pytest.mark.parametrize("kind", KINDS)
def test_ffmpeg_and_we_agree_on_the_colours(kind, discs):
    photo = cv2.GaussianBlur(discs(np.random.default_rng(1), 96, 160), (0, 0), 3)

    def ffmpeg(data, *words):
        command = ["ffmpeg", "-v", "error", "-f", *words, "-"]
        return subprocess.run(command, input=data, capture_output=True, check=True, timeout=60).stdout

    png = saved(Image.fromarray(photo), "PNG")
    video = ffmpeg(png, "image2pipe", "-i", "-", "-pix_fmt", kind, "-strict", "-1", "-f", "yuv4mpegpipe")
    exact = "-sws_flags", "bilinear+accurate_rnd+full_chroma_int"
    theirs = ffmpeg(video, "yuv4mpegpipe", "-i", "-", *exact, "-pix_fmt", "rgb24", "-c:v", "png", "-f", "image2pipe")
    ours = decode_photo(video)
    steps = ours.astype(float) * (255 / np.iinfo(ours.dtype).max)
    assert np.abs(steps - decode_photo(theirs)).mean() < NEAR.get(kind, 2.5)
