"""Boxes that detectors and exiftool tell: known answers for each format, words for what is none of them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from blurkit.errors import InputError
from blurkit.io.boxes import TURNED, Box, Table, placed
from blurkit.io.detections import read_boxes
from tests.files import SHAPE, places, table

ORIENTATION = 0x0112  # EXIF tag


# ---- detectors ---------------------------------------------------------------


def test_megadetector():
    told = table(
        {
            "images": [
                {"file": "a.jpg", "detections": [{"category": "2", "conf": 0.9, "bbox": [0.1, 0.5, 0.2, 0.25]}]},
                {"file": "b.jpg", "detections": []},
                {"file": "c.jpg", "failure": "Failure image access", "detections": None},
                {"detections": []},
            ],
            "detection_categories": {"1": "animal", "2": "person"},
            "info": {"format_version": "1.4"},
        }
    )
    assert places(told) == [((40, 100, 80, 50), "person", 0.9)] and told.is_whole and told.boxes["b.jpg"] == []
    assert str(told.boxes["c.jpg"][0]) == "the detector failed: 'Failure image access'"
    assert told.errors == ("image 4 has no file",)


def test_a_coco_data_set_tells_the_size_of_its_pictures():
    told = table(
        {
            "images": [
                {"id": 7, "file_name": "a.jpg", "width": 400, "height": 200},
                {"id": "8", "file_name": "half.jpg", "width": 200, "height": 100},
                {"id": 9, "file_name": "other.jpg", "width": 300, "height": 100},
            ],
            "annotations": [
                {"image_id": 7, "category_id": 3, "bbox": [40, 100, 80, 50]},
                {"image_id": "8", "category_id": 4, "bbox": [20, 50, 40, 25], "score": 0.5},
                {"image_id": 9, "category_id": 3, "bbox": [1, 2, 3, 4]},
                {"image_id": 10, "category_id": 3, "bbox": [1, 2, 3, 4]},
            ],
            "categories": [{"id": 3, "name": "bird"}],
        }
    )
    assert places(told) == [((40, 100, 80, 50), "bird", None)]
    assert places(told, "half.jpg") == [((40, 100, 80, 50), "4", 0.5)]
    with pytest.raises(InputError, match="a picture of 300x100 pixels; the photo, 400x200, has another shape"):
        places(told, "other.jpg")
    assert told.errors == ("annotation 4 is of no image that is listed",)


def test_coco_results_name_photos_by_numbers_or_names():
    one = {"category_id": 1, "bbox": [40, 100, 80, 50], "score": 0.25}
    told = table([{"image_id": 42, **one}, {"image_id": "a", **one}])
    assert told.names == "number" and not told.is_whole and set(told.boxes) == {"42", "a"}
    assert places(told, "42") == [((40, 100, 80, 50), "1", 0.25)]
    told = table([{"image_id": 1, "file_name": "a.jpg", **one}])
    assert told.names == "path" and set(told.boxes) == {"a.jpg"}
    assert table([]) == Table({}, "number", False)


def test_yolo_text():
    told = read_boxes(b"1 0.2 0.5 0.2 0.25\n\n0 0.5 0.5 1 1 0.75\r\n1 0.5 0.5 0.1\n", ("cat", "dog"))
    assert told.names == "none"
    assert places(Table({"a.jpg": told.boxes[""][:2]})) == [
        ((40, 75, 80, 50), "dog", None),
        ((0, 0, 400, 200), "cat", 0.75),
    ]
    assert str(told.boxes[""][2]).startswith("line 4 of YOLO text has 4 numbers")
    assert read_boxes(b"7 .5 .5 1 1").boxes[""][0].label == "7" and read_boxes(b"").boxes == {"": []}


# ---- where boxes lie ---------------------------------------------------------


def turned(picture, turn):
    """A stored picture, (h, w), upright, by Pillow."""
    image = Image.fromarray(picture)
    image.getexif()[ORIENTATION] = turn
    return np.asarray(ImageOps.exif_transpose(image))


@pytest.mark.parametrize("turn", range(1, 9))
def test_boxes_of_the_stored_picture_turn_with_it(turn):
    stored = np.zeros((20, 40), np.uint8)
    stored[4:10, 6:16] = 1
    upright = turned(stored, turn)
    box = Box((6 / 40, 4 / 20, 16 / 40, 10 / 20), is_stored=True)
    left, top, width, height = map(round, placed(box, upright.shape, turn))
    wanted = np.zeros_like(upright)
    wanted[top : top + height, left : left + width] = 1
    assert np.array_equal(upright, wanted)
    pixels = Box((6, 4, 16, 10), in_shares=False, is_stored=True)
    assert placed(pixels, upright.shape, turn) == pytest.approx((left, top, width, height))
    assert placed(box._replace(is_stored=False), upright.shape, turn)[0] == pytest.approx(upright.shape[1] * 6 / 40)


def test_the_size_of_a_picture_tells_which_way_it_was_seen():
    upright = (400, 200)  # stored 400 wide, 200 high, orientation 6
    box = Box((100, 50, 140, 80), frame=(400, 200), in_shares=False)
    assert placed(box, upright, 6) == pytest.approx((200 - 80, 100, 30, 40))  # as it is stored, whatever the format
    seen = box._replace(frame=(200, 400), is_stored=True)
    assert placed(seen, upright, 6) == pytest.approx((100, 50, 40, 30))
    assert set(TURNED) == set(range(1, 9))


# ---- what is none ------------------------------------------------------------


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ([0.1, 0.1, 40, 50], "look like pixels, where shares"),
        ([0, 0, 0, 0.1], "is 0 wide"),
        ([0, 0, -0.1, 0.1], "is -0.1 wide"),
        ([0, 0, math.nan, 0.1], "one of its numbers is nan"),
        ([0, 0, 10**400, 0.1], "which is no number"),
        ([0, 0, True, 0.1], "one of its numbers is True"),
        ([0, 0, [], 0.1], "which is no number"),
        ([0, 0, 0.1], "are not the four numbers of a box"),
        ("face", "are not the four numbers"),
        (None, "None are not the four numbers"),
    ],
)
def test_a_box_that_is_none_stands_among_the_others_as_an_error(box, words):
    good = {"category": "1", "bbox": [0, 0, 0.5, 0.5]}
    told = table({"images": [{"file": "a.jpg", "detections": [{"bbox": box}, good, 5]}], "detection_categories": {}})
    bad, fine, number = told.boxes["a.jpg"]
    assert isinstance(bad, InputError) and words in str(bad) and isinstance(fine, Box)
    assert str(number) == "5 is no detection"


def test_pixels_and_shares_are_told_apart_in_coco():
    (error,) = table([{"image_id": 1, "bbox": [0.1, 0.2, 0.3, 0.4]}]).boxes["1"]
    assert "look like shares of the photo, where pixels are wanted" in str(error)


@pytest.mark.parametrize(
    "data",
    [
        *(b"{", b"{}", b"[1]", b"nothing", b"\x89PNG\r\n", b"[" * 100_000, b'{"images": 5}', b'[{"bbox": []}]'),
        *(b'{"images": [{"file": "a.jpg"}]}', b"-1 0 0 1 1", b"a b c", b"\xff\xfe", b'[{"SourceFile": null}]'),
        *(b"[" + b"1" * 5000 + b"]", b'{"images": [], "annotations": {}}'),
    ],
)
def test_what_holds_no_boxes_is_refused(data):
    with pytest.raises(InputError, match="is no JSON|is neither|is no SourceFile"):
        read_boxes(data)


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("file", "detections", "failure", "id", "file_name", "width", "image_id", "bbox", "score", "category_id")
TAGS = (
    *("RegionInfo", "RegionAreaX", "RegionAreaW", "RegionName", "RegionRectangle", "RegionInfoMP", "SubjectArea"),
    *("AFAreaXPositions", "AFPointsInFocus", "Model", "AFImageWidth", "AFAreas", "FocusLocation", "FocusPixel"),
)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES), VALUES, st.dictionaries(st.sampled_from(TAGS), VALUES))
def test_any_json_gives_boxes_or_words(entry, value, tags):
    contents = (
        {"images": [entry, value], "detection_categories": value},
        {"images": [{"file": "a.jpg", "detections": [entry, value, {"bbox": value}]}], "detection_categories": {}},
        {"images": [entry, {"id": 1, "file_name": "a"}], "annotations": [entry, value, {"image_id": 1, "bbox": value}]},
        [{**entry, "image_id": value}],
        [{"SourceFile": "a.jpg", **tags}],
        [{"SourceFile": "a.jpg", "RegionInfo": {"RegionList": value, "AppliedToDimensions": value}}],
        [{"SourceFile": "a.jpg", "RegionInfo": {"RegionList": [{"Area": value}, {"Area": entry, "Name": value}]}}],
    )
    for content in contents:
        try:
            told = table(content)
        except InputError:
            continue
        for box in (box for boxes in told.boxes.values() for box in boxes if isinstance(box, Box)):
            assert all(map(math.isfinite, box.sides))
            try:
                assert all(map(math.isfinite, placed(box, SHAPE, 6)))
            except InputError as error:
                assert "has another shape" in str(error)
