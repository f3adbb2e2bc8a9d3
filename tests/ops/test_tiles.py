"""Large photos are measured in strips: the results equal those of the whole, whatever the height of a strip."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from blurkit import methods
from blurkit.io.weights import find_weights, read_weights
from blurkit.map import sharpness_map
from blurkit.methods.joint import evidence as joint_evidence
from blurkit.methods.joint import method as joint_method
from blurkit.methods.park import edges
from blurkit.methods.zeng import evidence as zeng_evidence
from blurkit.ops import tiles
from blurkit.ops.backend import CpuBackend
from blurkit.ops.resize import pool
from blurkit.score import measure_blur

METHODS = {  # module and name of the function that measures one strip
    "joint": (joint_evidence, "measured"),
    "zeng": (zeng_evidence, "measured"),
    "park": (edges, "gradient"),
}


@pytest.fixture(scope="module")
def weights():
    """Of the map and of the score: {method: {part: arrays}}"""
    return {name: {part: shipped(name, part) for part in methods.PARTS} for name in METHODS}


def shipped(name, part):
    part = part if methods.has_own_score(name) else "map"
    data = find_weights(methods.weights_name(name, part)).read_bytes()
    return read_weights(data, name, methods.get(name, part).SHAPES, part)[0]


@pytest.fixture(scope="module")
def photo(discs):
    """(203, 158, 3) uint8, sides no multiples of a cell; its lower half noise."""
    rng = np.random.default_rng(4)
    photo = discs(rng, 203, 158)
    photo[100:] = rng.integers(0, 256, photo[100:].shape)
    return photo


def map_and_blur(photo, method, weights):
    """All results of a method for one photo: its map and the blur of its cells."""
    measured = measure_blur(photo, weights[method]["score"], method, side=0)
    return [sharpness_map(photo, weights[method]["map"], method, side=0), *measured.blur]


@pytest.mark.parametrize("high", [4, 37, 96])
@pytest.mark.parametrize("method", METHODS)
def test_strips_give_the_results_of_the_whole(photo, weights, method, high, monkeypatch):
    module, name = METHODS[method]
    whole, measure, heights = map_and_blur(photo, method, weights), getattr(module, name), []

    def measure_and_log(plane, *more):
        heights.append(len(plane))
        return measure(plane, *more)

    monkeypatch.setattr(tiles, "STRIP", high * photo.shape[1])
    monkeypatch.setattr(module, name, measure_and_log)
    assert all(np.array_equal(a, b) for a, b in zip(whole, map_and_blur(photo, method, weights), strict=True))
    assert max(heights) < len(photo)


@pytest.mark.parametrize("cells", [1, 100, 700])
def test_blocks_of_cells_give_the_results_of_the_whole(photo, weights, cells, monkeypatch):
    whole = map_and_blur(photo, "zeng", weights)
    monkeypatch.setattr(tiles, "BLOCK", cells)
    assert len(tiles.row_blocks((51, 40))) > 1
    for a, b in zip(whole, map_and_blur(photo, "zeng", weights), strict=True):
        assert a == pytest.approx(b, abs=1e-5)  # sums of products may be rounded differently


@pytest.mark.parametrize("shape", [(1, 20_000), (20_000, 1), (20_000, 2)])
@pytest.mark.parametrize("method", METHODS)
def test_a_strip_of_a_photo_is_measured_at_its_own_size(weights, method, shape):
    photo = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    result = sharpness_map(photo, weights[method]["map"], method, side=0)
    assert result.shape == shape and np.isfinite(result).all() and 0 <= result.min() <= result.max() <= 1
    assert np.isfinite(sharpness_map(photo, weights[method]["map"], method)).all()


def test_blocks_part_the_rows_in_even_numbers():
    for shape in ((1, 1), (7, 5), (3000, 3000), (1, 10**6), (10**6, 1)):
        blocks = tiles.row_blocks(shape)
        assert [b.start for b in blocks] == [0, *(b.stop for b in blocks[:-1])] and blocks[-1].stop == shape[0]
        assert all(b.start % 2 == 0 for b in blocks)
        assert all((b.stop - b.start) * shape[1] <= max(tiles.BLOCK, 2 * shape[1]) for b in blocks)


def cell_means(photo):
    """Means of cells of 4 x 4 pixels, of the first two channels: (2, h, w)."""
    return np.stack([pool(np.ascontiguousarray(photo[..., channel]), 4) for channel in (0, 1)])


@given(st.integers(1, 300), st.integers(1, 300))
@example(64, 64)
@example(65, 300)
def test_squares_give_what_the_whole_gives_where_cells_know_only_themselves(height, width):
    photo = np.random.default_rng(height).random((height, width, 3), np.float32)
    seen = []

    def measure(part):
        seen.append(part.shape[:2])
        return cell_means(part)

    measured = tiles.in_squares(measure, photo, 4, 64, 16)
    assert measured.shape == cell_means(photo).shape and measured == pytest.approx(cell_means(photo), abs=1e-6)
    assert max(map(max, seen)) <= 64


@given(st.integers(1, 5000), st.sampled_from([(64, 16), (1536, 192), (384, 48)]))
def test_squares_cover_a_length_overlap_and_begin_at_whole_cells(length, sizes):
    side, overlap = sizes
    first = tiles.starts(length, side, overlap, 8)
    assert first[0] == 0 and first[-1] + side >= length and first[-1] < length and not any(n % 8 for n in first)
    assert all(0 < b - a <= side - overlap + 8 for a, b in itertools.pairwise(first))


def test_squares_are_blended_from_one_to_the_other():
    values = iter([0.0, 1.0])

    def measure(part):
        return np.full((1, 16, 16), next(values), np.float32)

    row = tiles.in_squares(measure, np.zeros((64, 112, 3), np.float32), 4, 64, 16)[0, 8]
    assert (row[:12] == 0).all() and (row[16:] == 1).all() and (np.diff(row) >= 0).all() and 0 < row[13] < row[14] < 1


def test_where_the_memory_of_a_gpu_ends_smaller_squares_are_measured(monkeypatch):
    sides = []

    class Full(Exception):
        pass

    def log_odds(inputs, weights, on):
        sides.append(max(inputs.shape))
        if sides[-1] > 100:
            raise Full
        return np.zeros((2, *inputs.shape), np.float32)

    monkeypatch.setattr(joint_method.network, "log_odds", log_odds)
    monkeypatch.setattr(CpuBackend, "out_of_memory", (Full,))
    photo = np.zeros((300, 1600, 3), np.uint8)
    assert joint_method.estimate(photo, None, device="cpu", side=0) == pytest.approx(0.5)
    assert sides[:2] == [384, 192] and set(sides[2:]) == {96}
    monkeypatch.setattr(joint_method, "LEAST_SQUARE", 768)
    with pytest.raises(Full):
        joint_method.estimate(photo, None, device="cpu", side=0)
