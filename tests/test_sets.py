"""Bursts, brackets, panoramas and focus stacks made of photos of known content."""

import cv2
import numpy as np
import pytest

from blurkit import sets
from blurkit.sets import Exposure, kind, look, shift

PLAIN = Exposure(0.0, 10.0, False)


@pytest.fixture(scope="module")
def world(discs):
    """A scene larger than its photos, (300, 800, 3) uint8."""
    return discs(np.random.default_rng(3), 300, 800)


def noisy(photos, seed=1):
    """Photos with noise of their own, uint8."""
    rng = np.random.default_rng(seed)
    return [np.clip(np.rint(photo + rng.normal(0, 2, photo.shape)), 0, 255).astype(np.uint8) for photo in photos]


def kind_of(photos, exposures=None):
    return kind([look(photo) for photo in noisy(photos)], exposures or [PLAIN] * len(photos))


def at(world, row, column):
    """A photo of the world, (240, 320, 3)."""
    return world[row : row + 240, column : column + 320]


def stacked(world, count):
    """Frames of a focus stack: strips of the scene at ten depths, each blurred by its distance from the focus."""
    scene = at(world, 20, 200).astype(np.float32)
    blurs = [scene] + [cv2.GaussianBlur(scene, (0, 0), 0.5 * step) for step in range(1, 10)]
    depth = np.repeat(np.arange(10), 32)
    frames = []
    for focus in np.linspace(0, 9, count):
        steps = np.rint(np.abs(depth - focus)).astype(int)
        frames.append(np.concatenate([blurs[s][:, 32 * n : 32 * n + 32] for n, s in enumerate(steps[::32])], axis=1))
    return frames


def test_frames_from_one_hand_are_a_burst(world):
    frames = [at(world, 20 + move, 200 - move) for move in (0, 3, 5, 2, 8)]
    assert kind_of(frames) == "burst"
    blurred = [cv2.GaussianBlur(frame, (0, 0), 0.3 + n % 3) for n, frame in enumerate(frames)]
    assert kind_of(blurred) == "burst"  # one frame is sharper than the others, everywhere
    shaken = [cv2.blur(frame, (1 + 2 * n, 1)) for n, frame in enumerate(frames)]
    assert kind_of(shaken) == "burst"


def test_a_thing_that_moves_makes_no_set(world):
    frames = []
    for n in range(6):
        frame = at(world, 20, 200).copy()
        frame[100:160, 30 * n : 30 * n + 60] = world[:60, 700:760]
        frames.append(frame)
    assert kind_of(frames) == "burst"


@pytest.mark.parametrize("count", [2, 3, 5, 10, 40])
def test_a_focus_stack_is_one_by_where_it_is_sharp(world, count):
    assert kind_of(stacked(world, count)) == "stack"


@pytest.mark.parametrize("step", [(0, 96), (0, -128), (0, 200), (60, 0)])
def test_a_panorama_moves_on_in_one_direction(world, step):
    down, right = step
    count = 3 if right else 2
    start = 480 if right < 0 else 0
    frames = [at(world, n * down, start + n * right) * (0.9 + 0.1 * n) for n in range(count)]
    assert kind_of(frames) == "panorama"
    moved = shift(*(look(frame).thumbnail for frame in noisy(frames[:2])))
    assert moved == pytest.approx((down / 240, right / 320), abs=0.02)


def test_frames_to_and_fro_or_of_nothing_in_common_are_no_panorama(world, discs):
    to_and_fro = [at(world, 20, column) for column in (0, 120, 0, 120, 0)]
    assert kind_of(to_and_fro) == "burst"
    others = [discs(np.random.default_rng(seed), 240, 320) for seed in (11, 12, 13)]
    assert kind_of(others) != "panorama" and shift(*(look(photo).thumbnail for photo in others[:2])) is None


def test_a_bracket_is_one_by_its_bias_by_the_camera_or_by_its_light(world):
    frames = [at(world, 20, 200) * 0.5] * 3
    assert kind_of(frames, [Exposure(bias, 10.0, False) for bias in (-0.3, 0.0, 0.3)]) == "bracket"
    assert kind_of(frames, [Exposure(None, None, True)] * 3) == "bracket"
    by_hand = [frames[0] * 2 ** (stops / sets.GAMMA) for stops in (-1, 0, 1)]
    assert kind_of(by_hand, [Exposure(0.0, 10.0 - stops, False) for stops in (-1, 0, 1)]) == "bracket"


def test_a_meter_that_follows_the_light_makes_no_bracket(world):
    frames = [at(world, 20, 200) * 0.8] * 3
    assert kind_of(frames, [Exposure(0.0, value, False) for value in (9.0, 10.0, 11.0)]) == "burst"
    assert kind_of(frames, [Exposure(None, None, False)] * 3) == "burst"


def test_turned_walls_and_dots_are_no_sets(world):
    assert kind_of([at(world, 20, 200), at(world, 20, 200).swapaxes(0, 1)]) == "burst"
    assert kind_of([np.full((240, 320, 3), 127)] * 3) == "burst"
    for shape in ((1, 1), (1, 500), (500, 3), (20, 300), (2, 2)):
        assert kind_of([world[: shape[0], : shape[1]]] * 3) == "burst"
