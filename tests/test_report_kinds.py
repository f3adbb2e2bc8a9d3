"""What the page of a report says of the kind of blur, the arrow along a motion, and groups."""

import base64
import re

import numpy as np
import pytest

from blurkit.motion import KINDS
from tests.files import made
from tests.test_report import HOSTILE, NAN, Page, row


def moved(length, angle, name="photo.jpg"):
    """The record of a photo that moved."""
    return row(name, kind="motion", motion=length, angle=angle)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "motion"])
def test_a_kind_of_blur_is_a_word_whatever_length_and_angle_come_with_it(kind):
    page = Page(made([row(kind=kind, motion=7.0, angle=45.0)]))
    assert f"kind{kind}judged" in page.photos[0]["caption"] and page.all("path") == []


@pytest.mark.parametrize(
    ("length", "angle", "shown", "said"),
    [
        (14.2, 30.4, "motion 14 px", "motion 14 pixels at 30 degrees"),
        (1.0, 1.0, "motion 1 px", "motion 1 pixel at 1 degree"),
        (0.2, 0.0, "motion 0 px", "motion 0 pixels at 0 degrees"),
        (3.0, 179.6, "motion 3 px", "motion 3 pixels at 0 degrees"),
    ],
)
def test_a_motion_is_told_in_words_for_eyes_and_for_those_who_cannot_see_its_arrow(length, angle, shown, said):
    page = Page(made([moved(length, angle)]))
    (arrow,) = (attributes for attributes in page.all("svg") if attributes.get("class") == "arrow")
    assert arrow["role"] == "img" and f"kind{shown}{said}judged" in page.photos[0]["caption"]
    assert {"aria-hidden": "true"} in page.all("span")  # or it would be told twice


@pytest.mark.parametrize("angle", [0, 30, 45, 90, 135, 179])
def test_an_arrow_points_along_the_motion_counter_clockwise_from_the_right(angle):
    (path,) = Page(made([moved(14.0, float(angle))])).all("path")
    turn, *centre = map(float, re.fullmatch(r"rotate\((\S+) (\S+) (\S+)\)", path["transform"]).groups())
    left, right = re.match(r"M([\d.]+) [\d.]+H([\d.]+)", path["d"]).groups()
    assert centre == [12, 12] and float(left) + float(right) == 24
    sine, cosine = np.sin(np.radians(turn)), np.cos(np.radians(turn))
    right_end = 10 * cosine, 10 * sine  # as SVG turns a point beside the centre: y grows downwards
    assert np.allclose(right_end, (10 * np.cos(np.radians(angle)), -10 * np.sin(np.radians(angle))))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_kind_is_text(name):
    assert [tag for tag, _ in Page(made([row(kind=name)])).elements] == [tag for tag, _ in Page(made([row()])).elements]


def member(path, score, group, best):
    return row(path, score, group=group, best=best)


def test_groups_stand_side_by_side_the_best_first_and_those_that_are_alone_last():
    rows = [
        member("b1", 0.3, ("b", "x"), False),
        member("a", 0.9, None, True),
        member("c2", NAN, 7, False),
        member("b2", 0.6, ("b", "x"), True),
        member("c1", 0.1, 7, True),
        member("d", 0.2, None, True),
    ]
    page = Page(data := made(rows))
    assert page.names() == ["b2", "b1", "c1", "c2", "d", "a"]
    assert [photo["item"]["data-path"] for photo in page.photos if "data-best" in photo["item"]] == [
        base64.b64encode(name).decode() for name in (b"b2", b"c1", b"d", b"a")
    ]
    heads = re.findall(r"<h2>(.*?)</h2><span>(.*?)</span>", data.decode())
    assert heads == [("Group b x", "2 photos"), ("Group 7", "2 photos"), ("Alone", "2 photos")]
    assert ("value", "0.00") in page.all("input")[0].items() and "The best of each group first" in page.texts["p"]
