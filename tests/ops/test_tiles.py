"""Large photos are measured in strips: the results equal those of the whole, whatever the height of a strip."""

import numpy as np
import pytest

from blurkit import methods
from blurkit.io.weights import find_weights, read_weights
from blurkit.map import sharpness_map
from blurkit.methods.joint import evidence as joint_evidence
from blurkit.methods.park import edges
from blurkit.methods.zeng import evidence as zeng_evidence
from blurkit.ops import tiles
from blurkit.score import measure_blur

METHODS = {  # module and name of the function that measures one strip
    "joint": (joint_evidence, "measured"),
    "zeng": (zeng_evidence, "measured"),
    "park": (edges, "gradient"),
}


@pytest.fixture(scope="module")
def weights():
    return {name: read_weights(find_weights(name).read_bytes(), name, methods.get(name).SHAPES)[0] for name in METHODS}


@pytest.fixture(scope="module")
def photo(discs):
    """(203, 158, 3) uint8, sides no multiples of a cell; its lower half noise."""
    rng = np.random.default_rng(4)
    photo = discs(rng, 203, 158)
    photo[100:] = rng.integers(0, 256, photo[100:].shape)
    return photo


def map_and_blur(photo, method, weights):
    """All results of a method for one photo: its map and the blur of its cells."""
    measured = measure_blur(photo, weights[method], method, side=0)
    return [sharpness_map(photo, weights[method], method, side=0), *measured.blur]


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
@pytest.mark.parametrize("method", ["joint", "zeng"])
def test_blocks_of_cells_give_the_results_of_the_whole(photo, weights, method, cells, monkeypatch):
    whole = map_and_blur(photo, method, weights)
    monkeypatch.setattr(tiles, "BLOCK", cells)
    assert len(tiles.row_blocks((51, 40))) > 1
    for a, b in zip(whole, map_and_blur(photo, method, weights), strict=True):
        assert a == pytest.approx(b, abs=1e-5)  # sums of products may be rounded differently


@pytest.mark.parametrize("shape", [(1, 20_000), (20_000, 1), (20_000, 2)])
@pytest.mark.parametrize("method", METHODS)
def test_a_strip_of_a_photo_is_measured_at_its_own_size(weights, method, shape):
    photo = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    result = sharpness_map(photo, weights[method], method, side=0)
    assert result.shape == shape and np.isfinite(result).all() and 0 <= result.min() <= result.max() <= 1
    assert np.isfinite(sharpness_map(photo, weights[method], method)).all()


def test_blocks_part_the_rows_in_even_numbers():
    for shape in ((1, 1), (7, 5), (3000, 3000), (1, 10**6), (10**6, 1)):
        blocks = tiles.row_blocks(shape)
        assert [b.start for b in blocks] == [0, *(b.stop for b in blocks[:-1])] and blocks[-1].stop == shape[0]
        assert all(b.start % 2 == 0 for b in blocks)
        assert all((b.stop - b.start) * shape[1] <= max(tiles.BLOCK, 2 * shape[1]) for b in blocks)
