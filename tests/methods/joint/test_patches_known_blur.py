"""Stage 4: which tiles have edges of known blur, and of which picture."""

import numpy as np
import pytest

from blurkit.defaults import WORKING_SIDE
from blurkit.methods.joint import method, patches, samples

KNOWN = tuple(name for name, *_ in samples.FIELDS)


def cut(picture, truth, copy=0, sigma=np.nan, count=10**6, seed=0):
    at = method.centres(picture, truth, copy, count, np.random.default_rng(seed))
    return at, method.cut(picture, truth, at, sigma)


def bare(records):
    """All but the edges of known blur, as bytes."""
    return [records[name].tobytes() for name in patches.RECORD.names if name not in KNOWN]


def has_edges(records):
    """True for tiles with edges of known blur; all three fields agree."""
    known = np.isfinite(records["covariance"]).all(axis=1)
    assert (known == (records["edge_direction"] != samples.NONE).any(axis=1)).all()
    assert (known == records["edges"].any(axis=(1, 2))).all()
    assert np.isnan(records["covariance"][~known]).all()
    return known


@pytest.fixture(scope="module")
def wide(discs):
    """(340, 700, 3) uint8: two rows of three tiles that overlap."""
    return discs(np.random.default_rng(2), 340, 700)


@pytest.mark.parametrize("copy, sigma, known", [(0, np.nan, True), (1, 2.5, True), (0, 2.5, True), (2, np.nan, False)])
def test_photos_themselves_and_compositions_have_edges_of_known_blur_and_degraded_copies_none(wide, copy, sigma, known):
    truth = np.full(wide.shape[:2], 255, np.uint8)
    truth[:, 600:] = 0
    at, tiles = cut(wide, truth, copy, sigma)
    plain = patches.cut(wide, truth, at[:, :2], sigma)
    assert len(tiles) == 6 and not has_edges(plain).any() and bare(tiles) == bare(plain)
    assert (has_edges(tiles) == known).all()
    counts = (tiles["edge_direction"] != samples.NONE).sum(axis=1)
    assert not known or (counts >= samples.FEWEST).all()


def test_every_tile_has_a_seed_of_its_own_that_goes_with_it_wherever_it_is_cut(wide):
    truth = np.full(wide.shape[:2], 255, np.uint8)
    at, tiles = cut(wide, truth)
    assert at.shape == (6, 4) and at.dtype == np.int64 and len(np.unique(at[:, 2])) == 6 and (at[:, 3] == 1).all()
    assert (at[:, :2] == patches.corners(wide, 10**6, np.random.default_rng(0))).all()
    assert (cut(wide, truth, copy=3)[0][:, 3] == 0).all()
    assert tiles.tobytes() == cut(wide, truth)[1].tobytes() != cut(wide, truth, seed=1)[1].tobytes()
    assert len({one["edges"].tobytes() for one in tiles}) == 6
    backwards = method.cut(wide, truth, at[::-1], np.nan)
    assert backwards[::-1].tobytes() == tiles.tobytes()
    alone = method.cut(wide, truth, at[4:5], np.nan)
    assert alone.tobytes() == tiles[4:5].tobytes()


@pytest.mark.parametrize("value", [0, 128, 254])
def test_a_photo_with_too_little_in_focus_has_no_known_blur(wide, value):
    truth = np.full(wide.shape[:2], value, np.uint8)
    truth[:10, :10] = 255
    assert not has_edges(cut(wide, truth)[1]).any()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_tile_has_a_copy_of_the_whole_picture_with_its_truth_and_seed(monkeypatch, wide, dtype):
    truth = np.random.default_rng(0).choice(np.uint8([0, 128, 254, 255]), wide.shape[:2])
    seen = []

    def sample(picture, in_focus, rng):
        seen.append((picture, in_focus, rng.integers(10**9)))
        if len(seen) == 2:
            return None
        edges = np.full((samples.COUNT, samples.edges.INPUTS), len(seen), np.float32)
        return edges, np.full(samples.COUNT, 7 - len(seen), np.uint8), np.float32([len(seen), 2, 3])

    monkeypatch.setattr(samples, "sample", sample)
    photo = wide if dtype == np.uint8 else wide.astype(dtype) * 257
    records = patches.cut(photo, truth, np.zeros((3, 2), int), np.nan)
    patches.add_samples(records, photo, truth, np.array([5, 6, 7]))
    for (picture, in_focus, number), seed in zip(seen, (5, 6, 7), strict=True):
        assert picture.dtype == np.uint8 and (picture == wide).all()
        assert in_focus.dtype == np.float32 and (in_focus == (truth == 255)).all()
        assert number == np.random.default_rng(seed).integers(10**9)
    assert has_edges(records).tolist() == [True, False, True]
    assert records["edges"][[0, 2], 9, 4].tolist() == [1, 3]
    assert records["edge_direction"][:, 9].tolist() == [6, samples.NONE, 4]
    assert records["covariance"][[0, 2]].tolist() == [[1, 2, 3], [3, 2, 3]]


@pytest.mark.parametrize("turned", [False, True])
def test_of_a_large_photo_the_copy_is_taken_at_the_working_size(discs, turned):
    small = discs(np.random.default_rng(4), 60, WORKING_SIDE)
    truth = np.zeros(small.shape[:2], np.uint8)
    truth[:, 500:1500] = 255
    if turned:
        small, truth = np.ascontiguousarray(small.transpose(1, 0, 2)), np.ascontiguousarray(truth.T)
    large_photo, large_truth = small.repeat(2, axis=0).repeat(2, axis=1), truth.repeat(2, axis=0).repeat(2, axis=1)
    (at, tiles), (at_large, large) = cut(small, truth, count=3), cut(large_photo, large_truth, count=3)
    assert (at == at_large).all() and tiles.tobytes() == large.tobytes()
    assert has_edges(tiles).any()


def test_edges_are_kept_in_half_precision_as_closely_as_it_matters(wide):
    _, tiles = cut(wide, np.full(wide.shape[:2], 255, np.uint8))
    assert tiles["edges"].dtype == np.float16 and np.isfinite(tiles["edges"]).all()
    assert 1 < np.abs(tiles["edges"]).max() < 16  # steps of a hundredth at most
