"""Bars and frames: found to the pixel where saved losslessly, with what JPEG spoils beside them, and not in photos."""

import cv2
import numpy as np
import pytest

from blurkit.ops import bars

COLOURS = [(0, 0, 0), (255, 255, 255), (128, 128, 128), (20, 40, 160)]


@pytest.fixture(scope="module")
def soft():
    """A photo, (240, 320, 3) uint8, of soft blobs in all colours, nowhere flat."""
    noise = np.random.default_rng(3).normal(0, 1, (240, 320, 3)).astype(np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 4)
    return np.clip(128 + 65 * blurred / blurred.std(), 0, 255).astype(np.uint8)


def padded(photo, top, bottom, left, right, colour=(0, 0, 0)):
    return cv2.copyMakeBorder(photo, top, bottom, left, right, cv2.BORDER_CONSTANT, value=colour)


def as_jpeg(photo, quality):
    _, data = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize(
    "widths", [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (2, 3, 5, 7), (40, 0, 0, 25), (80, 80, 0, 0)]
)
def test_bars_are_found_to_the_pixel(soft, widths, colour):
    top, bottom, left, right = widths
    photo = padded(soft, *widths, colour)
    assert bars.content_box(photo) == (top, photo.shape[0] - bottom, left, photo.shape[1] - right)
    assert bars.content_box(photo.astype(np.uint16) * 257) == bars.content_box(photo)
    assert bars.content_box(photo[..., 1]) == bars.content_box(photo)


def test_a_frame_in_a_frame_is_left_out_with_it(soft):
    photo = padded(padded(soft, 3, 3, 3, 3), 20, 20, 20, 20, (255, 255, 255))
    assert bars.content_box(photo) == (23, 263, 23, 343)


@pytest.mark.parametrize("colour", COLOURS[:2])
@pytest.mark.parametrize("quality", [75, 95])
@pytest.mark.parametrize("width", [1, 2, 12, 28])
def test_the_block_that_the_edge_of_a_bar_crosses_is_left_out(soft, width, quality, colour):
    top, bottom, left, right = bars.content_box(as_jpeg(padded(soft, width, 0, 0, 0, colour), quality))
    assert -(-width // 8) * 8 - 1 <= top <= width + 8 and (bottom, left, right) == (240 + width, 0, 320)


def test_a_mixture_of_bar_and_content_is_left_out(soft):
    photo = padded(soft, 10, 0, 0, 0)
    photo[10] //= 2
    assert bars.content_box(photo) == (11, 250, 0, 320)


def test_text_in_a_bar_belongs_to_it(soft):
    photo = padded(soft, 28, 0, 0, 0, (245, 245, 245))
    cv2.putText(photo, "12:36  87%", (10, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 1)
    assert bars.content_box(photo) == (28, 268, 0, 320)


def faded(soft):
    """A bright sky that fades into the photo over 20 pixels."""
    weight = np.clip((np.arange(240) - 60) / 20, 0, 1)[:, None, None]
    return np.uint8(255 * (1 - weight) + weight * soft)


def ragged(soft):
    """A white sky over a skyline of towers."""
    photo = soft.copy()
    for column, height in enumerate(np.random.default_rng(0).integers(20, 110, 16)):
        photo[:height, 20 * column : 20 * column + 20] = 255
    return photo


def tower(soft):
    """A straight, hard edge along half of a white sky."""
    photo = soft.copy()
    photo[:100] = photo[100:180, :80] = photo[100:180, 240:] = 255
    return photo


def noisy_night(soft):
    """Dark at the sides, up to noise."""
    return np.uint8(np.abs(np.random.default_rng(1).normal(0, 3, soft.shape)))


def plain(soft):
    return soft


def blank(soft):
    return np.full_like(soft, 200)


@pytest.mark.parametrize("make", [plain, faded, ragged, tower, noisy_night, blank])
def test_what_no_bar_ends_is_the_photo(soft, make):
    photo = make(soft)
    assert bars.content_box(photo) == (0, 240, 0, 320)
    assert bars.content_box(photo[:1]) == (0, 1, 0, 320)


def test_little_between_bars_is_no_photo(soft):
    assert bars.content_box(padded(soft[:15], 100, 100, 0, 0)) == (0, 215, 0, 320)
    assert bars.content_box(padded(soft[:16], 100, 100, 0, 0)) == (100, 116, 0, 320)


def test_a_photo_without_bars_is_looked_at_along_its_sides_alone(soft, monkeypatch):
    seen = []
    original = bars.levels
    monkeypatch.setattr(bars, "levels", lambda lines: seen.append(len(lines)) or original(lines))
    bars.content_box(np.tile(soft, (4, 4, 1)))
    assert sum(seen) <= 20
    seen.clear()
    bars.content_box(np.uint8(120 + np.tile(soft, (4, 4, 1)) // 8))  # fog, flat up to ripples
    assert sum(seen) <= 500
