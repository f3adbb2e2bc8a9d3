"""The softest blocks of a photo: known answers, and comparison with plain loops."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit import softest
from blurkit.motion import blur_of


def blur_like(shape, sigma=1.0, directions=8, deviation=0.3):
    """The blur of cells alike, (directions, 2, h, w) float32."""
    blur = np.full((directions, 2, *shape), sigma, np.float32)
    blur[:, 1] = deviation
    return blur


def everywhere(*blur):
    return [np.ones(planes.shape[2:], bool) for planes in blur]


@pytest.mark.parametrize(
    ("shape", "grid"),
    [((64, 64), (8, 8)), ((48, 64), (6, 8)), ((64, 48), (8, 6)), ((90, 128), (6, 8)), ((1, 100), (1, 8))],
)
def test_eight_blocks_along_the_longer_side_and_as_many_as_fit_along_the_shorter(shape, grid):
    assert softest.grid_of(shape) == grid


@pytest.mark.parametrize("directions", [1, 8])
@pytest.mark.parametrize("row, column", [(0, 0), (3, 5), (5, 7), (5, 0)])
def test_a_picture_soft_in_one_block_has_its_sigma(directions, row, column):
    blur = blur_like((48, 64), directions=directions)
    blur[:, 0, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8] = 3.0
    assert softest.softest_sigma([blur], everywhere(blur), 1 / 48, 0.15) == pytest.approx(3, rel=1e-5)
    assert softest.softest_sigma([blur], everywhere(blur), 2 / 48, 0.15) == pytest.approx(math.sqrt(3), rel=1e-5)
    assert softest.softest_sigma([blur], everywhere(blur), 1, 0.15) == pytest.approx(3 ** (1 / 48), rel=1e-5)


def test_a_block_counts_in_its_worst_direction_by_its_sharpest_edges():
    blur = blur_like((48, 64))
    blur[2:5, 0, 16:24, 8:16] = 4.0  # one block, three directions
    assert softest.softest_sigma([blur], everywhere(blur), 0.001, 0.15) == pytest.approx(4, rel=1e-5)
    blur[3, 0, 16:24, 8:11] = 2.0  # of its direction more than the sharpest 15 percent
    expected = math.exp((math.log(2) + math.log(4)) / 2)  # with its neighbours
    assert softest.softest_sigma([blur], everywhere(blur), 0.001, 0.15) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("share", "count"), [(0.01, 1), (1 / 48, 1), (0.022, 2), (0.5, 24), (1.0, 48)])
def test_the_softest_share_of_the_blocks_counts_rounded_up(share, count):
    blur, sigmas = blur_like((48, 64), directions=1), np.random.default_rng(0).permutation(48) / 10 + 0.5
    blur[0, 0] = sigmas.reshape(6, 8).repeat(8, axis=0).repeat(8, axis=1)
    expected = np.exp(np.log(np.sort(sigmas)[-count:]).mean())
    assert softest.softest_sigma([blur], everywhere(blur), share, 0.15) == pytest.approx(expected, rel=1e-5)


def test_what_cannot_be_judged_and_what_lies_outside_the_region_does_not_count():
    blur, inside = blur_like((48, 64)), np.ones((48, 64), bool)
    blur[:, 0, :8, :8], blur[:, 1, :8, :8] = 9.0, np.inf
    blur[:, 0, 40:, 56:], inside[40:, 56:] = 8.0, False
    blur[:, 0, 8:16, :8] = 2.0
    assert softest.softest_sigma([blur], [inside], 1 / 46, 0.15) == pytest.approx(2, rel=1e-5)
    assert softest.softest_sigma([blur], [inside], 1.0, 0.15) == pytest.approx(2 ** (1 / 46), rel=1e-5)


def test_where_no_block_can_be_judged_nothing_is_known():
    blur = blur_like((48, 64))
    assert math.isnan(softest.softest_sigma([blur], [np.zeros((48, 64), bool)], 0.1, 0.15))
    blur[:, 1] = np.inf
    assert math.isnan(softest.softest_sigma([blur], everywhere(blur), 0.1, 0.15))
    few = blur_like((24, 32))  # 16 cells in a block; with 15 it still can
    few[:, 1, ::4, ::2] = np.inf
    assert math.isnan(softest.softest_sigma([few], everywhere(few), 0.1, 0.15))


def test_edges_of_all_sizes_count_together():
    large, small = blur_like((48, 64), 1.0), blur_like((24, 32), 3.0)
    large[:, 1] = np.inf
    large[:, 1, ::8, ::4] = 0.3  # two of each block, too few without the 16 of the smaller size
    sigma = softest.softest_sigma([large, small], everywhere(large, small), 1.0, 1.0)
    assert sigma == pytest.approx(math.exp(16 / 18 * math.log(3)), rel=1e-5)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 10**6))
def test_a_block_has_the_cells_of_its_part_of_the_photo_at_every_size(height, width, seed):
    rng = np.random.default_rng(seed)
    blur = [
        rng.uniform(0.3, 5, (8, 2, *shape)).astype(np.float32)
        for shape in ((height, width), (-(-height // 2), -(-width // 2)))
    ]
    for planes in blur:
        planes[:, 1][rng.random(planes[:, 1].shape) < 0.3] = np.inf
    regions, seen = [rng.random(planes.shape[2:]) < 0.8 for planes in blur], 0
    rows, columns = softest.grid_of((height, width))
    for row, column in np.ndindex(rows, columns):
        ends = (row / rows, (row + 1) / rows), (column / columns, (column + 1) / columns)
        parts = softest.block_parts(blur, regions, *ends)
        assert len(parts) == 8
        for number, part in enumerate(parts):
            expected = []
            for planes, inside in zip(blur, regions, strict=True):
                h, w = inside.shape
                expected += [
                    (planes[number, 0, i, j], planes[number, 1, i, j])
                    for i, j in np.ndindex(h, w)
                    if round(row / rows * h) <= i < round((row + 1) / rows * h)
                    and round(column / columns * w) <= j < round((column + 1) / columns * w)
                    and inside[i, j]
                    and np.isfinite(planes[number, 1, i, j])
                ]
            assert np.transpose(part).tolist() == [list(one) for one in expected]
            seen += len(expected)
    known = [np.isfinite(planes[:, 1]) & inside for planes, inside in zip(blur, regions, strict=True)]
    assert seen == sum(part.sum() for part in known)  # every cell in one block


def test_of_one_block_it_is_the_blur_of_the_photo():
    rng = np.random.default_rng(3)
    blur = blur_like((1, 1))
    blur = np.tile(blur, (1, 1, 30, 30))
    blur[:, 0] = np.exp(rng.normal(0, 0.5, (8, 30, 30)))
    whole = softest.block_parts([blur], everywhere(blur), (0, 1), (0, 1))
    assert [len(sigma) for sigma, _ in whole] == [900] * 8
    assert blur_of(whole, 0.15).sigma < softest.softest_sigma([blur], everywhere(blur), 0.1, 0.5)
