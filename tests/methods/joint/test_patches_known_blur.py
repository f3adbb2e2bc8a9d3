"""Stage 2: which tiles have cells of known blur, and from which part of a tile."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from blurkit.defaults import WORKING_SIDE
from blurkit.methods.joint import evidence, method, patches

CELL, PART = evidence.CELL, patches.PART


def cut(picture, truth, copy=0, sigma=np.nan, count=10**6, seed=0):
    at = method.centres(picture, truth, copy, count, np.random.default_rng(seed))
    return at, method.cut(picture, truth, at, sigma)


def bare(records):
    """All but the cells of known blur, as bytes."""
    return [
        records[name].tobytes() for name in patches.RECORD.names if name not in ("samples", "samples_whole", "blur")
    ]


@pytest.fixture(scope="module")
def wide(discs):
    """(340, 700, 3) uint8: two rows of three tiles that overlap."""
    return discs(np.random.default_rng(2), 340, 700)


@pytest.mark.parametrize("copy, sigma, known", [(0, np.nan, True), (1, 2.5, True), (0, 2.5, True), (2, np.nan, False)])
def test_photos_themselves_and_compositions_have_cells_of_known_blur_and_degraded_copies_none(wide, copy, sigma, known):
    truth = np.full(wide.shape[:2], 255, np.uint8)
    truth[:, 600:] = 0
    at, tiles = cut(wide, truth, copy, sigma)
    plain = patches.cut(wide, truth, at[:, :2], sigma)
    assert len(tiles) == 6 and np.isnan(plain["blur"]).all() and not plain["samples"].any()
    assert bare(tiles) == bare(plain)
    assert (np.isfinite(tiles["blur"]) == known).all()
    assert tiles["samples"].any(axis=(1, 2)).tolist() == tiles["samples_whole"].any(axis=1).tolist() == [known] * 6
    assert not known or (tiles["blur"] >= 0).all()


def test_every_tile_has_a_seed_of_its_own_that_goes_with_it_wherever_it_is_cut(wide):
    truth = np.full(wide.shape[:2], 255, np.uint8)
    at, tiles = cut(wide, truth)
    assert at.shape == (6, 4) and at.dtype == np.int64 and len(np.unique(at[:, 2])) == 6 and (at[:, 3] == 1).all()
    assert (at[:, :2] == patches.corners(wide, 10**6, np.random.default_rng(0))).all()
    assert (cut(wide, truth, copy=3)[0][:, 3] == 0).all()
    assert tiles.tobytes() == cut(wide, truth)[1].tobytes() != cut(wide, truth, seed=1)[1].tobytes()
    backwards = method.cut(wide, truth, at[::-1], np.nan)
    assert backwards[::-1].tobytes() == tiles.tobytes()
    alone = method.cut(wide, truth, at[4:5], np.nan)
    assert alone.tobytes() == tiles[4:5].tobytes()


def test_a_tile_with_too_little_in_focus_has_no_known_blur(wide):
    truth = np.zeros(wide.shape[:2], np.uint8)
    truth[:, 390:] = 255
    for value in (0, 128, 254):  # out of focus, unknown, unknown
        truth[:, :390] = value
        _, tiles = cut(wide, truth, count=10**6)
        left = tiles["col"] == 0
        assert left.sum() == 2 and np.isnan(tiles["blur"][left]).all()
        assert not tiles["samples"][left].any() and not tiles["samples_whole"][left].any()
        assert np.isfinite(tiles["blur"][tiles["col"] * 4 > 370]).all()


def coordinates(height, width):
    """A picture whose pixels hold their row and column."""
    row, column = np.indices((height, width))
    return np.stack([row % 256, column % 256, row // 256 * 16 + column // 256], axis=2).astype(np.uint8)


@given(st.integers(1, 900), st.integers(1, 900), st.integers(0, 10**6))
@example(PART, PART, 0)
@example(PART - 1, PART + 1, 0)
@example(320, 321, 0)
@example(1, 900, 0)
def test_a_part_lies_within_its_tile_and_the_photo_its_truth_with_it(height, width, seed):
    rng = np.random.default_rng(seed)
    picture, truth = coordinates(height, width), rng.choice(np.uint8([0, 128, 254, 255]), (height, width))
    at = method.centres(picture, truth, 0, 3, rng)
    pixel, truth_pixel = np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1), np.uint8)
    records, seen = patches.cut(pixel, truth_pixel, np.zeros((len(at), 2), int), np.nan), []
    records["row"], records["col"] = at[:, :2].T
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(patches, "samples", lambda *given: seen.append(given))
        patches.add_samples(records, picture, truth, at[:, 2])
    assert np.isnan(records["blur"]).all() and len(seen) == len(at)
    for (row, column), (part, sharp, _) in zip(at[:, :2] * CELL, seen, strict=True):
        red, green, blue = (int(value) for value in part[0, 0])
        top, left = red + 256 * (blue // 16), green + 256 * (blue % 16)
        assert part.shape == (min(PART, height), min(PART, width), 3) and sharp.dtype == np.float32
        inside = np.s_[top : top + PART, left : left + PART]
        assert (part == picture[inside]).all() and (sharp == (truth[inside] == 255)).all()
        assert row <= top and top + len(part) <= min(height, row + 320)
        assert column <= left and left + part.shape[1] <= min(width, column + 320)


def test_parts_lie_anywhere_in_a_tile(monkeypatch):
    picture, truth, seen = coordinates(320, 320), np.full((320, 320), 255, np.uint8), []
    monkeypatch.setattr(patches, "samples", lambda part, *_: seen.append(tuple(part[0, 0, :2].tolist())))
    records = np.zeros(300, [("row", "<u4"), ("col", "<u4")])
    patches.add_samples(records, picture, truth, np.arange(300))
    for starts in np.transpose(seen):
        assert starts.min() < 6 and 122 < starts.max() <= 128
    assert abs(np.corrcoef(np.transpose(seen))[0, 1]) < 0.2


@pytest.mark.parametrize("turned", [False, True])
def test_of_a_large_photo_the_part_is_taken_at_the_working_size(discs, turned):
    small = discs(np.random.default_rng(4), 60, WORKING_SIDE)
    truth = np.zeros(small.shape[:2], np.uint8)
    truth[:, 500:1500] = 255
    if turned:
        small, truth = np.ascontiguousarray(small.transpose(1, 0, 2)), np.ascontiguousarray(truth.T)
    large_photo, large_truth = small.repeat(2, axis=0).repeat(2, axis=1), truth.repeat(2, axis=0).repeat(2, axis=1)
    (at, tiles), (at_large, large) = cut(small, truth), cut(large_photo, large_truth)
    assert (at == at_large).all() and tiles.tobytes() == large.tobytes()
    assert 0 < np.isfinite(tiles["blur"]).sum() < len(tiles)


def test_sixteen_bits_have_the_cells_of_eight(wide):
    truth = np.full(wide.shape[:2], 255, np.uint8)
    deep, plain = (cut(photo, truth)[1] for photo in (wide.astype(np.uint16) * 257, wide))
    assert np.isfinite(plain["blur"]).all()
    assert all((deep[name] == plain[name]).all() for name in ("samples", "samples_whole", "blur"))
