"""A flat ground: where a picture was cut out, cut round or turned; and how it is filled."""

import cv2
import numpy as np
import pytest

from blurkit.ops import ground


@pytest.fixture(scope="module")
def soft():
    """A photo, (240, 320, 3) uint8, of soft blobs in all colours, nowhere flat."""
    noise = np.random.default_rng(3).normal(0, 1, (240, 320, 3)).astype(np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 4)
    return np.clip(128 + 50 * blurred / blurred.std(), 0, 255).astype(np.uint8)


def oval(shape, smooth=False):
    """An ellipse, float in [0, 1]: 1 inside, its outline smoothed by half a pixel or not at all."""
    mask = np.zeros((4 * shape[0], 4 * shape[1]), np.float32)
    cv2.ellipse(mask, (2 * shape[1], 2 * shape[0]), (int(1.7 * shape[1]), int(1.7 * shape[0])), 0, 0, 360, 1, -1)
    small = cv2.resize(mask, shape[1::-1], interpolation=cv2.INTER_AREA)
    return small if smooth else np.float32(small > 0.5)


def on(photo, mask, value):
    return np.uint8(np.rint(photo * mask[..., None] + value * (1 - mask[..., None])))


def as_jpeg(photo, quality):
    return cv2.imdecode(cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


@pytest.mark.parametrize("value", [0, 255])
def test_a_cut_out_is_told_from_its_ground_to_the_pixel(soft, value):
    mask = oval(soft.shape)
    found = ground.ground(on(soft, mask, value))
    assert found.dtype == bool and (found != (mask == 0)).mean() < 0.002  # content of the colour of the ground
    assert np.array_equal(ground.ground(on(soft, mask, value).astype(np.uint16) * 257), found)


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("quality", [None, 75, 95])
def test_a_smooth_outline_and_jpeg_hide_no_cut_out(soft, value, quality):
    mask = oval(soft.shape, smooth=True)
    photo = on(soft, mask, value)
    found = ground.ground(photo if quality is None else as_jpeg(photo, quality))
    assert (found != (mask < 0.5)).mean() < 0.03


def test_round_corners_and_turned_photos_have_a_ground(soft):
    disc = np.zeros((240, 320), np.float32)
    disc[30:-30] = disc[:, 30:-30] = 1
    for row in (30, 209):
        for column in (30, 289):
            cv2.circle(disc, (column, row), 30, 1, -1)
    assert (ground.ground(on(soft, disc, 255)) != (disc == 0)).mean() < 0.002
    turn = cv2.getRotationMatrix2D((160, 120), 8, 1)
    turned = cv2.warpAffine(soft, turn, (320, 240))
    outside = cv2.warpAffine(np.full((240, 320), 255, np.uint8), turn, (320, 240)) == 0
    assert (ground.ground(turned) != outside).mean() < 0.01


def test_a_thing_before_a_bright_ground_ends_in_the_blur_of_the_lens(soft):
    photo = cv2.GaussianBlur(on(soft, oval(soft.shape), 255), (0, 0), 1.2)
    assert ground.ground(photo) is None


def test_a_ground_that_is_not_of_one_value_is_part_of_the_photo(soft):
    mask = oval(soft.shape)
    grainy = on(soft, mask, 248) + np.uint8(np.random.default_rng(0).integers(0, 5, soft.shape[:2])[..., None])
    assert ground.ground(np.where(mask[..., None] > 0, soft, grainy)) is None
    assert ground.ground(soft) is None and ground.ground(np.full_like(soft, 255)) is None
    assert ground.ground(soft[:5, :5]) is None


def test_one_flat_corner_is_a_thing_in_the_photo(soft):
    photo = soft.copy()
    photo[:40, :60] = 255
    assert ground.ground(photo) is None
    photo[:40, -60:] = 255
    assert np.array_equal(ground.ground(photo), (photo == 255).all(axis=2))


def page(height=700, width=500):
    """Lines of text under a title on white paper, (height, width, 3) uint8."""
    paper = np.full((height, width, 3), 255, np.uint8)
    cv2.putText(paper, "A TITLE", (40, 90), cv2.FONT_HERSHEY_SIMPLEX, 2.5, (0, 0, 0), 9, cv2.LINE_AA)
    for y in range(140, height - 30, 18):
        cv2.putText(paper, f"line {y} of a page with words", (40, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (20, 20, 20), 1)
    return paper


def test_the_paper_under_text_is_part_of_the_picture(soft):
    paper = page()
    assert ground.ground(paper) is None and ground.ground(as_jpeg(paper, 85)) is None
    paper[200:440, 100:420] = soft  # but a photo on it is one
    found = ground.ground(paper)
    assert found[10, 10] and found[200:440, 100:420].mean() < 0.002


def test_things_cut_out_side_by_side_have_a_ground(soft):
    mask = np.zeros(soft.shape[:2], np.float32)
    for x in (60, 160, 260):
        cv2.circle(mask, (x, 120), 30, 1, -1)
    assert ((ground.ground(on(soft, mask, 255))) != (mask == 0)).mean() < 0.002


def test_the_filling_is_that_of_the_next_content_and_leaves_the_content_alone():
    array = np.zeros((60, 80), np.float32)
    array[:, :40] = np.linspace(0, 1, 60, dtype=np.float32)[:, None]
    outside = np.zeros((60, 80), bool)
    outside[:, 40:] = True
    filled = ground.fill(array, outside)
    assert np.array_equal(filled[:, :40], array[:, :40])
    assert np.array_equal(filled[:, 40], array[:, 39])  # at its outline as it is, farther away smoothed
    assert np.abs(filled[20:40, 41:] - array[20:40, 39:40]).max() < 0.01
    rough = np.random.default_rng(0).random((60, 80)).astype(np.float32)
    filled = ground.fill(rough, outside)
    far, near = filled[:, 70:].std(), filled[:, 40].std()
    assert far < 0.4 * near
    colours = np.uint8(255 * np.stack([rough] * 3, axis=2))
    assert ground.fill(colours, outside).dtype == np.uint8 and ground.fill(colours, outside).shape == colours.shape
