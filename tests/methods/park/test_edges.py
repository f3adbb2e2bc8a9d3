"""Stage 1: edge points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from blurkit.methods.park import edges

seed_numbers = st.integers(0, 10**6)


def smooth_noise(seed, height=40, width=50):
    """A grey photo without ties, [0, 1]."""
    plane = ndimage.gaussian_filter(np.random.default_rng(seed).random((height, width)), 2)
    return (plane - plane.min()) / (plane.max() - plane.min())


def step(column, height=30, width=40):
    """Black, one column of grey, white."""
    grey = np.zeros((height, width))
    grey[:, column], grey[:, column + 1 :] = 0.5, 1
    return grey


@given(st.integers(10, 28))
def test_a_step_is_one_strong_line_in_its_place(column):
    kinds = edges.edges(step(column))
    assert (kinds[1:-1, column] == edges.STRONG).all()
    assert np.count_nonzero(kinds) == 28


def test_a_step_between_two_pixels_is_found_at_one_or_both():
    grey = np.zeros((30, 40))
    grey[:, 20:] = 1
    kinds = edges.edges(grey)[1:-1]
    assert (kinds[:, 19:21] == edges.STRONG).any(axis=1).all()
    assert not kinds[:, :19].any() and not kinds[:, 21:].any()


def test_a_faint_step_beside_a_strong_one_is_weak_and_a_fainter_one_no_edge():
    heights = {15: 1.0, 40: 0.25, 65: 0.08}
    grey = sum(h * step(column, 30, 80) for column, h in heights.items()) / 2
    kinds = edges.edges(grey)[15]
    assert (kinds[15], kinds[40], kinds[65]) == (edges.STRONG, edges.WEAK, 0)


@given(seed_numbers)
def test_the_transposed_photo_has_the_transposed_edges(seed):
    grey = smooth_noise(seed)
    assert (edges.edges(np.ascontiguousarray(grey.T)) == edges.edges(grey).T).all()


@given(seed_numbers, st.integers(1, 8))
def test_a_darker_photo_has_the_same_edges_and_seeds(seed, halvings):
    grey = smooth_noise(seed)
    assert (edges.edges(grey * 0.5**halvings) == edges.edges(grey)).all()
    assert (edges.seeds(grey * 0.5**halvings) == edges.seeds(grey)).all()


@given(seed_numbers)
def test_strong_edges_are_among_those_the_weak_pair_finds(seed):
    grey = smooth_noise(seed)
    low = edges.ESTIMATE[0]
    alone = edges.edges(grey, (low, low)) > 0
    assert (alone == (edges.edges(grey) > 0)).all()


@given(seed_numbers)
def test_the_outermost_pixels_are_never_edges(seed):
    kinds = edges.edges(smooth_noise(seed))
    kinds[1:-1, 1:-1] = 0
    assert not kinds.any()


def test_the_gradient_of_a_ramp_is_its_slope_in_both_directions():
    row, column = np.mgrid[:40, :50]
    across, down = edges.gradient(0.01 * column - 0.003 * row)
    inner = np.s_[8:-8, 8:-8]
    assert np.ptp(across[inner]) < 1e-12 and np.ptp(down[inner]) < 1e-12
    assert across[20, 20] > 0
    assert down[20, 20] / across[20, 20] == pytest.approx(-0.3)


def test_the_gradient_is_a_derivative_of_a_gaussian():
    grey = smooth_noise(1)
    across, down = edges.gradient(grey)
    for derivative, order in ((across, (0, 1)), (down, (1, 0))):
        expected = ndimage.gaussian_filter(grey, edges.SIGMA, order, mode="nearest", radius=8)
        assert np.corrcoef(derivative.ravel(), expected.ravel())[0, 1] > 0.999


def ridge_at(magnitude, across, down, row, column):
    """Whether a pixel is as steep as its neighbours up and down the gradient, interpolated plainly."""
    x, y = across[row, column], down[row, column]
    longer = max(abs(x), abs(y))
    for way in (1, -1):
        r, c = row + way * y / longer, column + way * x / longer
        if ndimage.map_coordinates(magnitude, [[r], [c]], order=1)[0] > magnitude[row, column] + 1e-12:
            return False
    return True


def test_ridges_equal_a_plain_loop_over_pixels():
    grey = smooth_noise(2)
    row, column, steepness = edges.ridges(grey, 0.1)
    across, down = edges.gradient(grey)
    magnitude = np.hypot(across, down) / np.hypot(across, down).max()
    expected = [
        (r, c)
        for r in range(1, 39)
        for c in range(1, 49)
        if magnitude[r, c] > 0.1 and ridge_at(magnitude, across, down, r, c)
    ]
    assert list(zip(row, column, strict=True)) == expected and len(expected) > 50
    assert steepness == pytest.approx(magnitude[row, column])


@given(seed_numbers, st.integers(1, 45), st.sampled_from([(40, 50), (23, 3), (1, 30), (30, 1)]))
def test_strips_of_any_height_have_the_same_edges_and_seeds(seed, high, shape):
    grey = np.random.default_rng(seed).random(shape)  # edges everywhere
    with pytest.MonkeyPatch.context() as patch:
        whole = edges.ridges(grey, edges.SEEK[0]), edges.edges(grey), edges.seeds(grey)
        patch.setattr("blurkit.ops.tiles.STRIP", high * shape[1])
        strips = edges.ridges(grey, edges.SEEK[0]), edges.edges(grey), edges.seeds(grey)
    assert all(np.array_equal(a, b) for a, b in zip((*whole[0], *whole[1:]), (*strips[0], *strips[1:]), strict=True))


def test_hysteresis_keeps_groups_with_a_strong_point_also_by_the_corner():
    row, column = np.array([(1, 1), (1, 6), (1, 7), (2, 2), (3, 3)]).T
    kept = edges.hysteresis((5, 9), row, column, (row == 3) & (column == 3))
    assert kept.tolist() == [True, False, False, True, True]


@given(seed_numbers, st.integers(1, 9))
def test_a_cell_has_one_seed_its_steepest_ridge(seed, side):
    grey = smooth_noise(seed)
    at = edges.seeds(grey, side)
    cells = [tuple(cell) for cell in at // side]
    assert len(set(cells)) == len(cells) > 0
    row, column, steepness = edges.ridges(grey, edges.SEEK[0])
    kept = edges.hysteresis(grey.shape, row, column, steepness > edges.SEEK[1])
    ridge, magnitude = np.zeros((2, *grey.shape))
    ridge[row[kept], column[kept]], magnitude[row, column] = 1, steepness
    assert {(r // side, c // side) for r, c in np.argwhere(ridge)} == set(cells)
    for row, column in at:
        top, left = row // side * side, column // side * side
        cell = np.s_[top : top + side, left : left + side]
        assert magnitude[row, column] == (magnitude[cell] * ridge[cell]).max()


@given(st.floats(0, 1), st.integers(1, 12), st.integers(1, 12))
def test_a_flat_photo_of_any_size_has_no_edges_and_no_seeds(level, height, width):
    grey = np.full((height, width), level)
    assert not edges.edges(grey).any()
    assert edges.seeds(grey).shape == (0, 2)


def test_value_is_the_largest_channel_of_eight_and_of_sixteen_bits():
    photo = np.uint8([[[10, 51, 20], [255, 0, 3]]])
    assert edges.value(photo).tolist() == [[0.2, 1.0]]
    assert edges.value(photo.astype(np.uint16) * 257) == pytest.approx(edges.value(photo))
