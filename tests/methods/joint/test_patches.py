"""Stage 4: tiles and their truth."""

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from blurkit import patches as patch_sets
from blurkit.defaults import WORKING_SIDE
from blurkit.methods.joint import evidence, patches
from blurkit.ops import backend
from blurkit.ops.colour import grey

TILE = patches.TILE
ALL = 10**6
sides = st.integers(1, WORKING_SIDE)


def of_shape(height, width):
    """A picture of which only the shape matters, without its memory."""
    return np.broadcast_to(np.uint8(0), (height, width, 3))


def corners(picture, count, seed=0):
    return patches.corners(picture, count, np.random.default_rng(seed))


def cut(picture, truth, at, sigma=np.nan):
    return patches.cut(picture, truth, np.asarray(at), sigma)


def truth_like(photo, value=255):
    return np.full(photo.shape[:2], value, np.uint8)


@pytest.fixture(scope="module")
def wide(discs):
    """(340, 900, 3) uint8: two rows of three tiles that overlap."""
    return discs(np.random.default_rng(2), 340, 900)


def assert_covered(height, width):
    """Every cell is in a tile. Tiles are as few as possible, none twice, at even cells.

    They reach beyond the picture only to fill up to an even number of cells or to a whole tile.
    """
    tiles = corners(of_shape(height, width), ALL)
    covered = np.zeros((-(-height // evidence.CELL), -(-width // evidence.CELL)), bool)
    assert tiles.dtype == np.int64 and tiles.shape == (-(-covered.shape[0] // TILE) * -(-covered.shape[1] // TILE), 2)
    assert (tiles >= 0).all() and not (tiles % 2).any() and len({tuple(one) for one in tiles.tolist()}) == len(tiles)
    for row, column in tiles:
        covered[row : row + TILE, column : column + TILE] = True
        for start, cells in zip((row, column), covered.shape, strict=True):
            assert start + TILE <= max(TILE, cells + cells % 2)
    assert covered.all()


@given(sides, sides)
@example(4 * 2 * TILE + 1, 4 * 3 * TILE - 1)
@example(4 * TILE + 4, 4 * TILE)
def test_tiles_cover_every_cell_at_even_places_and_reach_beyond_by_no_more_than_needed(height, width):
    assert_covered(height, width)


def test_tiles_cover_photos_of_every_count_of_cells():
    for cells in range(1, WORKING_SIDE // evidence.CELL + 1):
        assert_covered(evidence.CELL * cells, 1)
        assert_covered(1, evidence.CELL * cells)


@given(
    st.integers(4 * TILE + 1, WORKING_SIDE),
    st.integers(4 * TILE + 1, WORKING_SIDE),
    st.integers(1, 3),
    st.integers(0, 10**6),
)
def test_a_tile_that_is_drawn_keeps_its_row_and_its_column_together(height, width, count, seed):
    rows, columns = (
        corners(of_shape(*shape), ALL)[:, axis].tolist() for axis, shape in enumerate([(height, 1), (1, width)])
    )
    every = {(row, column) for row in rows for column in columns}
    assert {tuple(one) for one in corners(of_shape(height, width), ALL).tolist()} == every
    assert {tuple(one) for one in corners(of_shape(height, width), count, seed).tolist()} < every


@given(st.integers(400, WORKING_SIDE), st.integers(400, WORKING_SIDE), st.integers(1, 24), st.integers(0, 10**6))
@example(640, 640, 3, 0)
def test_no_more_tiles_than_asked_for_are_taken_each_of_them_once(height, width, count, seed):
    picture = of_shape(height, width)
    every = corners(picture, ALL).tolist()
    tiles = corners(picture, count, seed).tolist()
    assert len(tiles) == min(count, len(every))
    assert all(tiles.count(one) == 1 and one in every for one in tiles)
    assert tiles == corners(picture, count, seed).tolist()


def test_every_tile_has_its_chance(wide):
    every = {tuple(one) for one in corners(wide, ALL).tolist()}
    assert len(every) == 6
    assert {tuple(one) for seed in range(60) for one in corners(wide, 1, seed).tolist()} == every
    pairs = {tuple(map(tuple, sorted(corners(wide, 2, seed).tolist()))) for seed in range(300)}
    assert len(pairs) == 15  # two of six


def test_a_photo_larger_than_the_working_size_is_tiled_as_it_is_measured():
    assert (
        corners(of_shape(3 * WORKING_SIDE, 2 * WORKING_SIDE), ALL)
        == corners(of_shape(WORKING_SIDE, WORKING_SIDE * 2 // 3), ALL)
    ).all()


def test_a_tile_holds_the_evidence_of_its_cells_to_half_a_step(wide):
    at = corners(wide, ALL)
    both = evidence.both_sizes(grey(wide), backend.CpuBackend)
    # The last tile may reach one cell beyond.
    planes, halved = (np.pad(array, ((0, 0), (0, 1), (0, 1)), "edge") for array in both)
    for record, (row, column) in zip(cut(wide, truth_like(wide), at), at, strict=True):
        assert (record["row"], record["col"]) == (row, column)
        for name, measured, top, left, side in (
            ("evidence", planes, row, column, TILE),
            ("halved", halved, row // 2, column // 2, TILE // 2),
        ):
            stored = patches.LOW + patches.STEP * record[name].astype(float)
            assert np.abs(stored - measured[:, top : top + side, left : left + side]).max() <= patches.STEP / 2 + 1e-4
        assert (record["whole"] == evidence.statistics(both[0])).all()  # of the picture, not of the tile


@pytest.mark.parametrize("height, width", [(90, 122), (1, 1), (1, 90), (7, 400), (320, 40)])
def test_beyond_a_small_photo_its_last_cells_are_repeated_and_truth_is_unknown(wide, height, width):
    photo = wide[:height, :width]
    record = cut(photo, truth_like(photo), [[0, 0]])[0]
    rows, columns = min(TILE, -(-height // evidence.CELL)), min(TILE, -(-width // evidence.CELL))
    inner = record["evidence"][:, np.minimum(np.arange(TILE), rows - 1)][:, :, np.minimum(np.arange(TILE), columns - 1)]
    assert (record["evidence"] == inner).all()
    rows_half, columns_half = min(TILE, rows + 1) // 2, min(TILE, columns + 1) // 2
    inner = record["halved"][:, np.minimum(np.arange(TILE // 2), rows_half - 1)][
        :, :, np.minimum(np.arange(TILE // 2), columns_half - 1)
    ]
    assert (record["halved"] == inner).all()
    assert (record["share"][:rows, :columns] == patches.SHARE).all()
    assert (record["share"][rows:] == patches.UNKNOWN).all() and (record["share"][:, columns:] == patches.UNKNOWN).all()


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 11), st.integers(0, 11), st.integers(1, 14))
def test_a_part_that_reaches_beyond_is_filled_up_as_asked(height, width, row, column, side):
    row, column = min(row, height - 1), min(column, width - 1)
    planes = np.random.default_rng(0).integers(0, 200, (3, height, width))
    edge = patches.part(planes, row, column, side, "edge")
    constant = patches.part(planes[0], row, column, side, "constant", constant_values=-1)
    assert edge.shape == (3, side, side) and constant.shape == (side, side)
    for i, j in np.ndindex(side, side):
        assert (edge[:, i, j] == planes[:, min(row + i, height - 1), min(column + j, width - 1)]).all()
        assert constant[i, j] == (planes[0, row + i, column + j] if row + i < height and column + j < width else -1)


def test_evidence_is_kept_in_steps_of_a_twenty_fifth_and_clipped():
    values = np.float32([-100, -7.01, -7, -6.97, 0, 3.2, 3.3, 100])
    assert patches.coded(values).tolist() == [0, 0, 0, 1, 175, 255, 255, 255]
    assert patches.decoded(np.uint8([0, 1, 175, 255])) == pytest.approx([-7, -6.96, 0, 3.2], abs=1e-5)


def share_of(truth):
    """Share of a cell as records keep it, counted pixel by pixel."""
    labelled = [value for value in truth.ravel().tolist() if value in (0, 255)]
    if len(labelled) < patches.LEAST_LABELLED * truth.size:
        return patches.UNKNOWN
    return patches.SHARE * labelled.count(255) / len(labelled)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 10**6))
def test_the_share_of_a_cell_is_counted_among_its_labelled_pixels(rows, columns, seed):
    rng = np.random.default_rng(seed)
    truth = rng.choice(np.uint8([0, 255, 128, 1]), (4 * rows, 4 * columns), p=rng.dirichlet(np.ones(4)))
    tiles = cut(np.zeros((*truth.shape, 3), np.uint8), truth, [[0, 0]])["share"][0]
    for row, column in np.ndindex(rows, columns):
        expected = share_of(truth[4 * row : 4 * row + 4, 4 * column : 4 * column + 4])
        assert abs(tiles[row, column] - expected) <= 0.51


def test_a_wholly_unknown_truth_leaves_every_cell_unknown(sharp_photo):
    assert (cut(sharp_photo, truth_like(sharp_photo, 128), [[0, 0]])["share"] == patches.UNKNOWN).all()
    assert patches.UNKNOWN != patches.SHARE  # a cell that is wholly sharp is not unknown


@pytest.mark.parametrize(
    "sigma, taught", [(0.99 * patches.LEAST_BLUR, False), (patches.LEAST_BLUR, True), (5.0, True), (np.nan, True)]
)
def test_what_is_hardly_blurred_is_not_taught_as_blurred_and_the_sharp_part_always(sharp_photo, sigma, taught):
    truth = truth_like(sharp_photo, 0)
    truth[:40] = 255
    share = cut(sharp_photo, truth, [[0, 0]], sigma)["share"][0]
    assert (share[:10, :30] == patches.SHARE).all()
    assert (share[10:22, :30] == (0 if taught else patches.UNKNOWN)).all()


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("factor, taught", [(1.98, False), (2.0, True)])
def test_of_a_photo_over_the_working_size_the_blur_counts_as_it_is_measured(discs, turned, factor, taught):
    photo = np.kron(discs(np.random.default_rng(6), 10, WORKING_SIDE), np.ones((2, 2, 1), np.uint8))
    truth = truth_like(photo, 0)
    truth[:, :160] = 255
    if turned:
        photo, truth = np.ascontiguousarray(photo.transpose(1, 0, 2)), np.ascontiguousarray(truth.T)
    share = cut(photo, truth, [[0, 0]], factor * patches.LEAST_BLUR)["share"][0]
    share = share.T if turned else share
    assert (share[:2, :20] == patches.SHARE).all() and (share[:2, 20:] == (0 if taught else patches.UNKNOWN)).all()


def test_sixteen_bits_give_the_tiles_of_eight_but_for_rounding(sharp_photo):
    truth = truth_like(sharp_photo)
    deep, plain = (cut(photo, truth, [[0, 0]])[0] for photo in (sharp_photo.astype(np.uint16) * 257, sharp_photo))
    assert (deep["share"] == plain["share"]).all()
    for name in ("evidence", "halved"):
        difference = np.abs(deep[name].astype(int) - plain[name])
        assert np.percentile(difference, 99) <= 2 and difference.mean() < 0.5


def test_a_larger_photo_gives_the_tiles_of_its_reduced_copy(discs):
    small = discs(np.random.default_rng(4), 40, WORKING_SIDE)
    truth = truth_like(small, 0)
    truth[:, :700] = 255
    at = corners(small, ALL)
    large, large_truth = np.kron(small, np.ones((2, 2, 1), np.uint8)), np.kron(truth, np.ones((2, 2), np.uint8))
    assert (corners(large, ALL) == at).all()
    assert cut(large, large_truth, at).tobytes() == cut(small, truth, at).tobytes()  # bytes: no NaN equals another


def test_tiles_of_one_picture_agree_where_they_overlap(wide):
    at = corners(wide, ALL)
    truth = truth_like(wide, 0)
    cv2.circle(truth, (450, 170), 150, 255, -1)
    whole, half = (
        np.full((evidence.PLANES + (side == 4), -(-wide.shape[0] // side), -(-wide.shape[1] // side)), -1)
        for side in (4, 8)
    )
    for record in cut(wide, truth, at):
        row, column = int(record["row"]), int(record["col"])
        place, place_half = (
            whole[:, row : row + TILE, column : column + TILE],
            half[:, row // 2 :, column // 2 :][:, : TILE // 2, : TILE // 2],
        )
        for one, tile in ((place, [*record["evidence"], record["share"]]), (place_half, record["halved"])):
            tile = np.array(tile, int)[:, : one.shape[1], : one.shape[2]]
            assert ((one == -1) | (one == tile)).all()
            one[:] = tile
    assert whole.min() >= 0 and half.min() >= 0 and len(np.unique(whole[-1])) > 3


def test_pictures_of_masks_and_their_tiles_are_the_same_for_the_same_seed(sharp_photo):
    truth = truth_like(sharp_photo, 0)
    truth[:, :60] = 255

    def records(seed, copy):
        picture, second, sigma = patch_sets.picture(sharp_photo, truth, copy, "masks", "joint", seed, 4)
        at = patch_sets.centres(picture, second, copy, 20, "joint", seed, 4)
        return patch_sets.cut(picture, second, at, "joint", b"disc.png", 4, copy, sigma)

    for copy in range(4):
        one = records(1, copy)
        assert (
            one.dtype == patches.RECORD and one.tobytes() == records(1, copy).tobytes()
        )  # bytes: no NaN equals another
        assert (one["photo"] == b"disc.png").all() and (one["number"] == 4).all() and (one["copy"] == copy).all()
        assert {0, patches.SHARE} <= set(one["share"].ravel().tolist())
    assert (records(1, 1)["evidence"] != records(2, 1)["evidence"]).any()
    known = ("edges", "edge_direction", "covariance")
    one, other = records(1, 0), records(2, 0)  # the photo itself, but for the edges blurred on purpose
    assert all((one[name] == other[name]).all() for name in patches.RECORD.names if name not in known)
    assert (one["edges"] != other["edges"]).any()
