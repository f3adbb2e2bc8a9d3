"""Scores of what lies in boxes: of the photo's own pixels, of the box alone, and words where there are none."""

import cv2
import numpy as np
import pytest

import blurkit
from blurkit.arrays import as_box, as_boxes
from blurkit.boxes import MARGIN, measure_boxes
from blurkit.errors import InputError, UsageError
from blurkit.noscore import reason_in_box
from blurkit.ops import borders
from blurkit.weights import default_weights


@pytest.fixture(scope="module")
def model():
    return blurkit.load("joint")


@pytest.fixture(scope="module")
def photo(discs):
    """Sharp in its left half, blurred by 3 pixels in the right one: (300, 800, 3)."""
    sharp = discs(np.random.default_rng(4), 300, 800)
    soft = cv2.GaussianBlur(sharp, (0, 0), 3)
    soft[:, :400] = sharp[:, :400]
    return soft


LEFT, RIGHT = (96, 64, 200, 150), (504, 64, 200, 150)


def test_each_box_is_judged_by_itself_and_in_order(model, photo):
    sharp, soft, again = model.score(photo, boxes=[LEFT, RIGHT, LEFT])
    assert sharp == again and sharp.score > soft.score + 0.2
    assert soft.sigma == pytest.approx(3, rel=0.35) and soft.sigma_photo == soft.sigma
    assert blurkit.score_photo(photo, boxes=np.array([LEFT, RIGHT], float)) == [sharp, soft]
    assert model.score(photo, boxes=[]) == []


def test_a_box_is_measured_as_a_mask_of_it_is_where_the_photo_is_not_reduced(model, photo):
    for left, top, width, height in (LEFT, RIGHT):
        mask = np.zeros(photo.shape[:2], bool)
        mask[top : top + height, left : left + width] = True
        boxed = model.score(photo, boxes=[(left, top, width, height)])[0]
        assert boxed.score == pytest.approx(model.score(photo, mask=mask).score, abs=0.02)
        assert boxed.working_size == 800


def test_a_small_box_in_a_large_photo_is_judged_at_its_own_pixels(model, photo):
    """A blur of 3 pixels vanishes where 24 megapixels are reduced to the working size."""
    large = np.tile(cv2.GaussianBlur(photo, (0, 0), 20), (14, 8, 1))[:4000, :6000]
    large[2000:2300, 3000:3800] = photo
    boxes = [(3000 + LEFT[0], 2000 + LEFT[1], *LEFT[2:]), (3000 + RIGHT[0], 2000 + RIGHT[1], *RIGHT[2:])]
    scores = model.score(large, boxes=boxes)
    assert [score.sigma for score in scores] == pytest.approx(
        [score.sigma for score in model.score(photo, boxes=[LEFT, RIGHT])], rel=0.05
    )
    assert {score.working_size for score in scores} == {6000}


def test_a_large_box_is_measured_by_tiles_of_its_own_pixels(model, photo):
    large = np.tile(photo, (4, 2, 1))  # sharp and soft, twice
    boxed = next(model.measure_boxes(large, [(0, 0, 1600, 1200)]))
    assert boxed.measured.picture.shape[1] == 256 and boxed.region.all()
    whole, soft = model.score(large, boxes=[(0, 0, 1600, 1200), (400, 0, 400, 1200)])
    assert whole.score > soft.score + 0.2


def test_what_lies_beside_a_box_does_not_count(model, photo):
    beside = photo.copy()
    beside[:, :400] = cv2.GaussianBlur(photo, (0, 0), 4)[:, :400]
    scores = [model.score(one, boxes=[(430, 64, 200, 150)])[0].score for one in (photo, beside)]
    assert scores[0] == pytest.approx(scores[1], abs=0.01)


def test_boxes_are_told_of_the_photo_with_its_bars_and_those_are_not_judged(model, photo):
    framed = np.zeros((400, 900, 3), np.uint8)
    framed[50:350, 50:850] = photo
    moved = [(left + 50, top + 50, width, height) for left, top, width, height in (LEFT, RIGHT)]
    scores = model.score(framed, boxes=[*moved, (0, 0, 900, 49)])
    assert [score.score for score in scores[:2]] == pytest.approx(
        [score.score for score in model.score(photo, boxes=[LEFT, RIGHT])], abs=0.01
    )
    assert np.isnan(scores[2].score) and scores[0].cropped == pytest.approx(borders.content(framed).left_out)
    (boxed,) = model.measure_boxes(framed, [(0, 0, 900, 49)])
    assert reason_in_box(boxed) == "it lies in bars, a frame or flat ground, which are left out"


def test_a_box_without_a_score_says_why(model, photo):
    flat = photo.copy()
    flat[100:200, 100:200] = 90
    boxes = {(120, 120, 60, 60): "it shows no edge that can be measured"}
    boxes |= {(10, 10, 20, 40): "it is 20x40 pixels, too small to be measured"}
    for box, why in boxes.items():
        (boxed,) = model.measure_boxes(flat, [box])
        assert np.isnan(model.score_of_box(boxed).score) and reason_in_box(boxed) == why


@pytest.mark.parametrize("box", [(0, 0, 40, 40), (760, 260, 40, 40), (0, 0, 1, 1), (799, 299, 1, 1), (0, 0, 800, 300)])
@pytest.mark.parametrize("method", ["joint", "park", "zeng"])
def test_a_box_may_lie_at_the_border_and_be_of_any_size(photo, method, box):
    boxed = next(blurkit.load(method).measure_boxes(photo, [box]))
    assert np.count_nonzero(boxed.region) == box[2] * box[3]
    assert boxed.region.shape <= (box[3] + 2 * MARGIN, box[2] + 2 * MARGIN)


def test_a_box_begins_with_a_cell(photo):
    """Cells of 8 pixels: the same box at any place in the photo has the same cells."""
    weights, _ = default_weights("joint", "score")
    flat = np.full((300, 800), 127, np.uint8)
    for left, top in ((3, 5), (64, 64), (101, 77)):
        boxed = next(measure_boxes(flat, [(left, top, 64, 64)], weights, "joint"))
        rows, columns = np.nonzero(boxed.region)
        assert rows[0] % 8 == columns[0] % 8 == 0


def test_boxes_are_rounded_to_whole_pixels_and_cut_at_the_border():
    assert as_box((10.2, 5.0, 3.0, 4.9), (50, 60)) == (10, 5, 4, 5)
    assert as_box((-5, 40, 1e9, 20), (50, 60)) == (0, 40, 60, 10)
    assert as_box((0.1 * 60, 0.3 * 50, 0.2 * 60, 0.6 * 50), (50, 60)) == (6, 15, 12, 30)  # rounding errors are no pixel


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        ([(0, 0, 10, 10), (60, 0, 10, 10)], "box 2: 60,0,10,10 lies outside of the photo, which is 60x50 pixels"),
        ([(0, -10, 10, 10)], "lies outside"),
        ([(0, 0, 0, 10)], "box 1: is 0 wide and 10 high"),
        ([(0, 0, np.nan, 10)], "are not all numbers"),
        ([(0, 0, np.inf, 10)], "are not all numbers"),
        ([(0, 0, 10)], r"numbers of shape \(n, 4\) are needed"),
        (["face"], "are needed"),
        ([[0, 0, 1, 1], [1, 2]], "boxes is no array"),
    ],
)
def test_boxes_that_are_none_are_refused(boxes, words):
    with pytest.raises(InputError, match=words):
        as_boxes(boxes, (50, 60, 3))


def test_what_does_not_go_with_boxes_is_refused(model, photo):
    for more in ({"softest": True}, {"detail": True}, {"mask": np.ones(photo.shape[:2], bool)}):
        with pytest.raises(UsageError, match="boxes go with neither"):
            model.score(photo, boxes=[LEFT], **more)
    with pytest.raises(UsageError, match="working_size does not go with them"):
        blurkit.load(working_size=512).score(photo, boxes=[LEFT])
