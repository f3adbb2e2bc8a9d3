"""Stage 6: tiles and their truth."""

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from blurkit.methods.joint import evidence, inputs, patches
from blurkit.ops import backend
from blurkit.ops.colour import grey
from blurkit.training.compose import BLURRED, IN_FOCUS, KINDS, UNKNOWN

TILE, PIXELS = patches.TILE, patches.PIXELS
ALL = 10**6
MOST = 640  # pixels; longer side of a photo as it is measured
sides = st.integers(1, MOST)


def corners(shape, count, seed=0):
    return patches.corners(shape, TILE, count, np.random.default_rng(seed))


def cut(picture, truth, at=((0, 0),), sigma=np.nan):
    return patches.cut(picture, truth, np.asarray(at), sigma)


def truth_like(photo, value=255):
    return np.full(photo.shape[:2], value, np.uint8)


@pytest.fixture(scope="module")
def wide(discs):
    """(470, 638, 3) uint8: two rows of two tiles that overlap."""
    return discs(np.random.default_rng(2), 470, 638)


def assert_covered(height, width, side):
    """Every cell is in a tile. Tiles are as few as possible, none twice, at even cells.

    They reach beyond the picture only to fill up to an even number of cells or to a whole tile.
    """
    tiles = patches.corners((height, width), side, ALL, np.random.default_rng(0))
    covered = np.zeros((-(-height // evidence.CELL), -(-width // evidence.CELL)), bool)
    assert tiles.dtype == np.int64 and tiles.shape == (-(-covered.shape[0] // side) * -(-covered.shape[1] // side), 2)
    assert (tiles >= 0).all() and not (tiles % 2).any() and len({tuple(one) for one in tiles.tolist()}) == len(tiles)
    for row, column in tiles:
        covered[row : row + side, column : column + side] = True
        for start, cells in zip((row, column), covered.shape, strict=True):
            assert start + side <= max(side, cells + cells % 2)
    assert covered.all()


@given(sides, sides, st.sampled_from([TILE, 80]))
@example(4 * TILE + 4, 4 * TILE, TILE)
@example(1536, 1024, 80)
def test_tiles_cover_every_cell_at_even_places_and_reach_beyond_by_no_more_than_needed(height, width, side):
    assert_covered(height, width, side)


def test_tiles_cover_photos_of_every_count_of_cells():
    for cells in range(1, MOST // evidence.CELL + 1):
        assert_covered(evidence.CELL * cells, 1, TILE)


@given(st.integers(4 * TILE + 1, MOST), st.integers(4 * TILE + 1, MOST), st.integers(1, 3), st.integers(0, 10**6))
def test_a_tile_that_is_drawn_keeps_its_row_and_its_column_together(height, width, count, seed):
    rows, columns = (corners(shape, ALL)[:, axis].tolist() for axis, shape in enumerate([(height, 1), (1, width)]))
    every = {(row, column) for row in rows for column in columns}
    assert {tuple(one) for one in corners((height, width), ALL).tolist()} == every
    tiles = corners((height, width), count, seed).tolist()
    assert len(tiles) == min(count, len(every))
    assert {tuple(one) for one in tiles} < every and all(tiles.count(one) == 1 for one in tiles)
    assert tiles == corners((height, width), count, seed).tolist()


def test_every_tile_has_its_chance(wide):
    every = {tuple(one) for one in corners(wide.shape, ALL).tolist()}
    assert len(every) == 4
    assert {tuple(one) for seed in range(60) for one in corners(wide.shape, 1, seed).tolist()} == every
    pairs = {tuple(map(tuple, sorted(corners(wide.shape, 2, seed).tolist()))) for seed in range(200)}
    assert len(pairs) == 6  # two of four


def test_a_tile_holds_the_evidence_of_its_cells_to_half_a_step(wide):
    at = corners(wide.shape, ALL)
    planes, halved, statistics = inputs.measured(grey(wide), backend.CpuBackend)
    # The last tile may reach one cell beyond, where the last one but none is repeated.
    padded = [np.pad(array, ((0, 0), (0, 1), (0, 1)), "symmetric") for array in (planes, halved)]
    for record, (row, column) in zip(cut(wide, truth_like(wide), at), at, strict=True):
        assert (record["row"], record["col"]) == (row, column)
        for name, measured, top, left, side in (
            ("evidence", padded[0], row, column, TILE),
            ("halved", padded[1], row // 2, column // 2, TILE // 2),
        ):
            stored = patches.LOW + patches.STEP * record[name].astype(float)
            inside = measured[:, top : top + side, left : left + side]
            within = (inside > patches.LOW) & (inside < patches.LOW + 255 * patches.STEP)
            assert np.abs(stored - inside)[within].max() <= patches.STEP / 2 + 1e-4 and within.mean() > 0.99
        assert (record["whole"] == statistics).all()  # of the picture, not of the tile


def test_photo_evidence_share_and_moving_of_one_place_agree(discs):
    """A picture of four parts: sharp, out of focus, moved, and unknown; the sharp part is green, the moved one red."""
    photo = discs(np.random.default_rng(1), 480, 480)
    truth = np.repeat(np.repeat(np.uint8([[255, 1], [2, 128]]), 240, axis=0), 240, axis=1)
    soft, moved = cv2.GaussianBlur(photo, (0, 0), 4), cv2.blur(photo, (21, 1))
    photo = np.where((truth == 1)[..., None], soft, np.where((truth == 2)[..., None], moved, photo))
    photo = np.where((truth == 255)[..., None], photo // 4 + (0, 150, 0), photo)
    photo = np.where((truth == 2)[..., None], photo // 4 + (150, 0, 0), photo).astype(np.uint8)
    (record,) = cut(photo, truth)
    quarters = [np.s_[:60, :60], np.s_[:60, 60:], np.s_[60:, :60], np.s_[60:, 60:]]  # cells
    assert [np.unique(record["share"][part]).tolist() for part in quarters] == [[254], [0], [0], [255]]
    assert [np.unique(record["moving"][part]).tolist() for part in quarters] == [[255], [0], [1], [255]]
    green, red = (record["pixels"][rows, :135].mean(axis=(0, 1)) for rows in (slice(0, 135), slice(135, None)))
    assert green.argmax() == 1 and red.argmax() == 0 and green[1] > 140 < red[0]
    names = evidence.PLANE_NAMES
    curvature = record["evidence"][names.index("log_mean_curvature")].astype(int)
    sharp, out, moving, _ = (np.median(curvature[part]) for part in quarters)
    assert sharp > out + 20  # a step is 0.04; contrast has lowered it by log 4
    across = record["evidence"][evidence.PLANES + 7].astype(int) - record["evidence"][evidence.PLANES + 4]
    assert np.median(across[quarters[2]]) > np.median(across[quarters[1]]) + 4 and moving < sharp
    half = record["halved"][names.index("log_mean_curvature")].astype(int)
    assert np.median(half[:30, :30]) > np.median(half[:30, 30:])


def test_the_photo_of_a_tile_is_that_place_of_the_picture_as_it_is_measured_reduced(wide):
    at = corners(wide.shape, ALL)
    for record, (row, column) in zip(cut(wide, truth_like(wide), at), at, strict=True):
        part = np.pad(wide, ((0, 8), (0, 8), (0, 0)), "symmetric")[4 * row :, 4 * column :][: 4 * TILE, : 4 * TILE]
        expected = cv2.resize(part, (PIXELS, PIXELS), interpolation=cv2.INTER_AREA)
        assert record["pixels"].shape == (PIXELS, PIXELS, 3) and (record["pixels"] == expected).all()
    assert 16 * PIXELS == 9 * 4 * TILE  # as photos are seen at inference


@pytest.mark.parametrize("height, width", [(90, 122), (1, 1), (1, 90), (7, 400), (320, 40)])
def test_a_small_photo_is_mirrored_beyond_its_end_where_truth_is_unknown(wide, height, width):
    photo = wide[:height, :width]
    record = cut(photo, truth_like(photo))[0]
    rows, columns = (min(TILE, -(-n // evidence.CELL)) for n in photo.shape[:2])
    mirrored = np.pad(np.arange(rows), (0, TILE - rows), "symmetric")
    mirrored_columns = np.pad(np.arange(columns), (0, TILE - columns), "symmetric")
    assert (record["evidence"] == record["evidence"][:, mirrored][:, :, mirrored_columns]).all()
    assert (record["share"][:rows, :columns] == patches.SHARE).all()
    assert (record["share"][rows:] == patches.UNKNOWN).all() and (record["share"][:, columns:] == patches.UNKNOWN).all()
    assert (record["moving"] == patches.UNKNOWN).all()  # nothing is blurred
    assert record["pixels"].any()


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
    labelled = [value for value in truth.ravel().tolist() if value in (IN_FOCUS, BLURRED, *KINDS.values())]
    if len(labelled) < patches.LEAST_LABELLED * truth.size:
        return patches.UNKNOWN
    return patches.SHARE * labelled.count(IN_FOCUS) / len(labelled)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 10**6))
def test_the_share_of_a_cell_is_counted_among_its_labelled_pixels_and_its_kind_is_that_of_most(rows, columns, seed):
    rng = np.random.default_rng(seed)
    truth = rng.choice(np.uint8([0, 255, 128, 1, 2]), (4 * rows, 4 * columns), p=rng.dirichlet(np.ones(5)))
    shares, kinds = patches.shares(truth, np.nan), patches.kinds(truth)
    assert shares.dtype == kinds.dtype == np.uint8 and shares.shape == kinds.shape == (rows, columns)
    for row, column in np.ndindex(rows, columns):
        expected = share_of(truth[4 * row : 4 * row + 4, 4 * column : 4 * column + 4])
        assert abs(shares[row, column] - expected) <= 0.51
        pixels = truth[4 * row : 4 * row + 4, 4 * column : 4 * column + 4].ravel().tolist()
        most = {code: pixels.count(kind) > 8 for kind, code in ((1, 0), (2, 1))}
        assert kinds[row, column] == next((code for code, is_most in most.items() if is_most), patches.UNKNOWN)


def test_a_wholly_unknown_truth_leaves_every_cell_unknown(sharp_photo):
    assert (cut(sharp_photo, truth_like(sharp_photo, UNKNOWN))["share"] == patches.UNKNOWN).all()
    assert patches.UNKNOWN != patches.SHARE  # a cell that is wholly sharp is not unknown


@pytest.mark.parametrize("value", [BLURRED, *KINDS.values()])
@pytest.mark.parametrize(
    "sigma, taught", [(0.99 * patches.LEAST_BLUR, False), (patches.LEAST_BLUR, True), (5.0, True), (np.nan, True)]
)
def test_what_is_hardly_blurred_is_not_taught_as_blurred_and_the_sharp_part_always(value, sigma, taught):
    truth = np.full((88, 120), value, np.uint8)
    truth[:40] = IN_FOCUS
    share = patches.shares(truth, sigma)
    assert (share[:10] == patches.SHARE).all() and (share[10:] == (0 if taught else patches.UNKNOWN)).all()


def test_sixteen_bits_give_the_tiles_of_eight_but_for_rounding(wide):
    truth = truth_like(wide)
    deep, plain = (cut(photo, truth)[0] for photo in (wide.astype(np.uint16) * 257, wide))
    assert (deep["share"] == plain["share"]).all() and (deep["moving"] == plain["moving"]).all()
    for name in ("evidence", "halved", "pixels"):
        difference = np.abs(deep[name].astype(int) - plain[name])
        assert np.percentile(difference, 95) <= 3 and difference.mean() < 0.6


def test_a_picture_of_any_size_is_measured_at_that_size(wide):
    """The truth of a copy that has grown or shrunk is not that of the photo: blur counts in its own pixels."""
    twice = np.kron(wide, np.ones((2, 2, 1), np.uint8))
    curvature = evidence.PLANE_NAMES.index("log_mean_curvature")
    sharp, soft = (np.median(cut(photo, truth_like(photo))[0]["evidence"][curvature]) for photo in (wide, twice))
    assert soft < sharp - 5  # steps of 0.04
    for photo in (wide, twice):
        assert corners(photo.shape, ALL).max() == max(photo.shape) // evidence.CELL + 1 - TILE


def test_tiles_of_one_picture_agree_where_they_overlap(wide):
    at = corners(wide.shape, ALL)
    truth = truth_like(wide, 0)
    cv2.circle(truth, (320, 235), 150, 255, -1)
    cells, half_cells = ((-(-wide.shape[0] // side), -(-wide.shape[1] // side)) for side in (4, 8))
    whole, half = np.full((inputs.PLANES + 2, *cells), -1), np.full((inputs.PLANES, *half_cells), -1)
    for record in cut(wide, truth, at):
        row, column = int(record["row"]), int(record["col"])
        place = whole[:, row : row + TILE, column : column + TILE]
        place_half = half[:, row // 2 :, column // 2 :][:, : TILE // 2, : TILE // 2]
        stored = [*record["evidence"], record["share"], record["moving"]]
        for one, tile in ((place, stored), (place_half, record["halved"])):
            tile = np.array(tile, int)[:, : one.shape[1], : one.shape[2]]
            assert ((one == -1) | (one == tile)).all()
            one[:] = tile
    assert whole.min() >= 0 and half.min() >= 0 and len(np.unique(whole[-2])) > 3
