"""Scores from tiles of a large photo: known places, known answers, and small differences of blur."""

import math

import cv2
import numpy as np
import pytest

import blurkit
from blurkit import detail, score
from blurkit.errors import InputError, UsageError


@pytest.fixture(scope="module", params=["joint", "park", "zeng"])
def model(request):
    return blurkit.load(request.param, device="cpu")


@pytest.fixture(scope="module")
def large(discs):
    """(1536, 2304, 3): blurred by 6 pixels but for one place of 512 x 512 pixels, at row 512 and column 1280."""
    photo = np.vstack(
        [np.hstack([discs(np.random.default_rng(3 * i + j), 512, 768) for j in range(3)]) for i in range(3)]
    )
    soft = cv2.GaussianBlur(photo, (0, 0), 6)
    soft[512:1024, 1280:1792] = photo[512:1024, 1280:1792]
    return soft


def test_of_photos_that_differ_by_half_a_pixel_the_sharper_wins(model, large):
    copies = [large, *(cv2.GaussianBlur(large, (0, 0), sigma) for sigma in (0.5, 1, 1.5))]
    results = [model.score(copy, detail=True) for copy in copies]
    scores = [result.score for result in results]
    assert all(above > below + 0.01 for above, below in zip(scores, scores[1:], strict=False))
    assert {result.working_size for result in results} == {2304}
    assert 1.2 < results[3].sigma < 2.4  # pixels of the photo, lens and sampling included


def test_tiles_lie_where_the_photo_is_sharpest_and_within_the_region(model, large):
    found = model.measure_detail(large)
    overview, tiles = found.overview.picture, found.tiles.picture
    corners = detail.sharpest_corners(found.overview.blur, large.shape)
    row, column = corners[0]
    assert 512 - 256 < row < 1024 and 1280 - 256 < column < 1792
    assert max(overview.shape) <= 1024 and tiles.shape == (256 * len(corners), 256, 3)
    assert found.overview.scale == 3 and found.tiles.scale == 1
    assert np.array_equal(tiles[:256], large[row : row + 256, column : column + 256])
    region = np.zeros(large.shape[:2], bool)
    region[:, :768] = True
    inside = model.measure_detail(large, region=region)
    assert inside.region.any() and inside.region.shape == inside.tiles.picture.shape[:2]
    elsewhere = model.score(large, mask=region, detail=True).score
    assert math.isnan(elsewhere) or elsewhere < model.score(large, detail=True).score - 0.1


def test_the_blur_of_the_tiles_is_that_of_each_alone(model, large):
    found = model.measure_detail(large)
    column, count = found.tiles.picture, len(found.tiles.picture) // 256
    for number in range(count):
        alone = model.measure_blur(column[256 * number :][:256], working_size=0).blur
        for planes, expected in zip(found.tiles.blur, alone, strict=True):
            rows = planes.shape[2] // count
            assert np.array_equal(planes[:, :, rows * number :][:, :, :rows], expected)


@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (100, 90), (256, 256), (300, 700), (1025, 1025)])
def test_a_photo_of_any_shape_has_tiles_that_lie_in_it(shape):
    photo = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    model = blurkit.load(device="cpu")
    found = model.measure_detail(photo)
    column = found.tiles.picture
    assert column.shape[1] == min(256, shape[1]) and len(column) % min(256, shape[0]) == 0
    assert model.score(photo, detail=True).working_size == max(shape)


def test_corners_spread_over_all_of_the_photo_without_overlap():
    blur = np.stack([np.full((170, 256), 0.5), np.full((170, 256), 0.1)]).astype(np.float32)
    corners = detail.sharpest_corners([blur[None]], (1000, 1500))
    assert len(corners) == detail.TILES == len(set(corners))
    for row, column in corners:
        assert 0 <= row <= 744 and 0 <= column <= 1244
        others = [(abs(row - r), abs(column - c)) for r, c in corners if (r, c) != (row, column)]
        assert all(max(apart) >= 248 - 256 // 4 for apart in others)
    assert [detail.corner_of(index, 3, 1000) for index in range(3)] == [0, 372, 744]
    assert (detail.corner_of(0, 1, 300), detail.corner_of(0, 1, 100)) == (22, 0)


def test_only_the_sharpest_tenth_that_can_be_judged_counts():
    sigma = np.linspace(0.4, 3, 200, dtype=np.float32).reshape(10, 20)
    deviation = np.full_like(sigma, 0.2)
    deviation[0, :5] = score.MOST_DEVIATION + 0.1  # sharpest, but uncertain
    everywhere = np.ones(sigma.shape, bool)
    amounts = detail.sharpest_precision([np.stack([sigma, deviation])[None]], everywhere)
    assert 19 <= (amounts > 0).sum() <= 21 and (amounts[0, :5] == 0).all() and (amounts[0, 5:] > 0).all()
    assert amounts[0, 5] == pytest.approx(25)
    assert not detail.sharpest_precision([np.stack([sigma, np.full_like(sigma, np.inf)])[None]]).any()


def test_a_blank_wall_has_no_detail():
    result = blurkit.score_photo(np.full((1200, 1600, 3), 127, np.uint8), detail=True)
    assert math.isnan(result.score) and result.coverage == 0


def test_what_does_not_go_with_detail_is_told(large):
    with pytest.raises(UsageError, match="working_size does not go with it"):
        blurkit.load(working_size=512).score(large, detail=True)
    with pytest.raises(InputError, match="mask"):
        blurkit.score_photo(large, detail=True, mask=np.ones((9, 9), bool))
