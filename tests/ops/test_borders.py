"""The content of a picture: cut out, filled, put back, and how much is left out."""

import numpy as np
import pytest

from blurkit.ops import borders


@pytest.fixture
def framed(scene):
    """The scene, (90, 120), in a frame of 10 black rows above and below and 20 columns on the left."""
    return np.pad(scene, ((10, 10), (20, 0), (0, 0)))


@pytest.fixture
def grounded():
    """Content of 20 rows and 30 columns, the first 5 columns ground, in a picture of 24 x 30."""
    ground = np.zeros((20, 30), bool)
    ground[:, :5] = True
    return borders.Content((24, 30), (4, 24, 0, 30), ground)


def test_an_ordinary_photo_is_content_throughout(scene):
    for content in (borders.content(scene), borders.whole(scene)):
        assert content == ((90, 120), (0, 90, 0, 120), None) and content.is_whole and content.left_out == 0.0
        assert np.array_equal(content.cut(scene), scene) and content.filled(scene) is scene
        assert content.region() is None and content.put_back(scene[..., 0]) is not None


def test_content_within_a_frame_is_cut_out_and_put_back(scene, framed):
    content = borders.content(framed)
    assert not content.is_whole and content.left_out == pytest.approx(1 - 90 * 120 / (110 * 140))
    assert np.array_equal(content.cut(framed), scene)
    planes = np.ones((2, 90, 120), np.float32)
    whole = content.put_back(planes)
    assert whole.shape == (2, 110, 140) and whole.sum() == planes.sum() and whole.dtype == np.float32
    assert np.array_equal(content.taken_out(whole), planes) and whole[:, 10:100, 20:].all()


def test_a_picture_of_another_size_is_cut_alike(framed):
    content = borders.content(framed)
    assert content.cut(framed[::2, ::2]).shape == (45, 60, 3)
    region = np.zeros((110, 140), bool)
    region[50:] = True
    assert np.array_equal(content.region(region), region[10:100, 20:])


def test_ground_and_what_its_outline_spoils_is_not_judged(grounded):
    assert grounded.left_out == pytest.approx(1 - 20 * 25 / (24 * 30))
    outside = grounded.outside((20, 30))
    assert outside[:, :13].all() and not outside[:, 13:].any()  # 8 pixels beside it
    assert grounded.outside((5, 15))[:, :7].all() and not grounded.outside((5, 15))[:, 7:].any()
    region = np.ones((24, 30), bool)
    region[:, 20:] = False
    assert np.array_equal(grounded.region(region), ~outside & region[4:])
    assert np.array_equal(grounded.region(), ~outside)


def test_ground_is_0_in_a_map_and_filled_before_its_refinement(grounded):
    values = np.random.default_rng(0).random((2, 20, 30)).astype(np.float32) + 1
    whole = grounded.put_back(values)
    assert not whole[:, :4].any() and not whole[:, :, :5].any() and np.array_equal(whole[:, 4:, 5:], values[..., 5:])
    for planes, expected in ((whole, values), (whole[0], values[0])):
        part = grounded.taken_out(planes)
        assert np.array_equal(part[..., 5:], expected[..., 5:]) and part.min() >= 1 and part.shape == expected.shape
    assert (grounded.filled(values[0])[:, :13] != values[0][:, :13]).any()
    assert np.array_equal(grounded.filled(values[0])[:, 13:], values[0][:, 13:])


def test_content_that_is_spoiled_throughout_is_left_as_it_is(grounded):
    part = np.ones((3, 3), np.float32)
    nearly_all = grounded._replace(ground=np.arange(30)[None].repeat(20, axis=0) < 25)
    assert nearly_all.filled(part) is part


def test_cells_of_the_content_lie_where_they_are_in_the_picture(framed):
    content = borders.content(framed)
    cells = np.random.default_rng(0).random((45, 60)).astype(np.float32)
    around = content.around(cells)
    assert around.shape == (55, 70) and np.array_equal(around[5:50, 10:], cells)
    assert np.isnan(around).sum() == around.size - cells.size
    assert borders.whole(framed).around(cells) is cells
