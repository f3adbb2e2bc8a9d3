"""Look-alikes: copies are found, strangers are not, and a group holds what looks like its first photo."""

import cv2
import numpy as np
import pytest

from blurkit import sets, similar


@pytest.fixture(scope="module")
def worlds(discs):
    """Forty scenes, (300, 400, 3)."""
    return [discs(np.random.default_rng(seed), 300, 400) for seed in range(40)]


def prints(*pictures):
    return [similar.fingerprint(sets.look(picture).thumbnail) for picture in pictures]


def test_copies_are_alike_and_strangers_are_not(worlds):
    darker = [np.rint(0.5 * world).astype(np.uint8) for world in worlds]
    smaller = [cv2.resize(world, (100, 75), interpolation=cv2.INTER_AREA) for world in worlds]
    soft = [cv2.GaussianBlur(world, (0, 0), 3) for world in worlds]
    moved = [world[6:, 8:] for world in worlds]
    found = similar.groups(prints(*worlds, *darker, *smaller, *soft, *moved))
    assert found == 5 * list(range(40))


def test_what_shows_nothing_is_alone(worlds):
    wall, dark = np.full((300, 400, 3), 127, np.uint8), np.zeros((300, 400, 3), np.uint8)
    assert similar.groups(prints(wall, worlds[0], dark, wall, worlds[0], worlds[0][:2])) == [
        None,
        1,
        None,
        None,
        1,
        None,
    ]
    assert similar.groups([]) == [] and similar.groups([None]) == [None]


def test_a_group_is_around_its_first_photo_and_no_chain(discs):
    """A camera that pans slowly: neighbours are alike, the ends are not, and the whole is no group."""
    world = discs(np.random.default_rng(3), 300, 2000)
    frames = prints(*(world[:, 8 * step : 8 * step + 400] for step in range(60)))
    found = similar.groups(frames)
    assert len(set(found)) > 5 and found == sorted(found)
    for i, first in enumerate(found):
        assert first == i or similar.groups([frames[first], frames[i]]) == [0, 0]


def test_blocks_make_no_difference(monkeypatch):
    rng = np.random.default_rng(5)
    some = rng.choice(np.array([-1, 1], np.int8), (50, 9, 143))
    some[30:, 4] = some[:20, 4]
    some[30:, 4, :10] *= -1
    wanted = similar.groups(list(some))
    assert wanted == [*range(30), *range(20)]
    monkeypatch.setattr(similar, "BLOCK", 7)
    assert similar.groups(list(some)) == wanted


def test_the_distance_is_that_of_bits_by_a_second_route():
    rng = np.random.default_rng(6)
    one, other = rng.choice(np.array([-1, 1], np.int8), (2, 9, 143))
    other[2] = one[4]
    other[2, :17] *= -1
    assert list(similar.neighbours(np.stack([other, one]))) == [[], [(17.0, 0)]]
