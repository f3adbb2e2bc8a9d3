"""Stage 6: tiles of evidence with their truth, from which the networks of the map learn."""

import numpy as np

from blurkit.methods.joint import evidence, inputs
from blurkit.ops import resize
from blurkit.ops.backend import CpuBackend
from blurkit.ops.colour import eight_bits, grey
from blurkit.training.compose import BLURRED, IN_FOCUS, KINDS

TILE = 112  # cells; side of a tile, 448 pixels
PIXELS = 252  # side of the photo of a tile: 9/16 of that
LOW, STEP = -7.0, 0.04  # evidence v is stored as round((v - LOW) / STEP), in 8 bits
UNKNOWN = 255
SHARE = 254.0  # of a cell whose labelled pixels are all in focus
LEAST_BLUR = 1.0  # pixels; sigma. What is blurred less may pass for sharp and is not taught as blurred
LEAST_LABELLED = 0.5  # share of a cell's pixels

RECORD = np.dtype(
    [
        ("evidence", "u1", (inputs.PLANES, TILE, TILE)),  # LOW + STEP * value
        ("halved", "u1", (inputs.PLANES, TILE // 2, TILE // 2)),  # of the photo at half size
        ("whole", "<f4", (evidence.STATISTICS,)),  # statistics of the picture from which the tile was cut
        ("pixels", "u1", (PIXELS, PIXELS, 3)),  # RGB
        ("share", "u1", (TILE, TILE)),  # of pixels in focus, 0 to 254; 255 = unknown
        ("moving", "u1", (TILE, TILE)),  # 1 if what is blurred is moving, 0 if it is out of focus; 255 = unknown
        ("photo", "S64"),  # file name, its last 64 bytes
        ("number", "<u4"),  # of the photo within its run, for files of one name
        ("copy", "<u2"),  # of the pictures made from a photo
        ("row", "<u4"),  # of the tile's first cell in the picture, cells
        ("col", "<u4"),
    ]
)


def corners(shape, side, count, rng):
    """First cells of at most `count` tiles that cover a picture.

    Parameters
    ----------
    shape : tuple
        (rows, columns) of the picture, pixels.
    side : int
        Of a tile, cells.
    count : int
    rng : numpy.random.Generator
        Chooses among more tiles than that.

    Returns
    -------
    ndarray, (n, 2), int64
        (row, column) in cells, all even, as a cell of the half-size picture is two.
    """
    rows, columns = (starts(length, side) for length in resize.cells(shape, evidence.CELL))
    places = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)
    if len(places) <= count:
        return places
    drawn = rng.permutation(len(places))[:count]
    return places[np.sort(drawn)]


def starts(cells, side):
    """First cells of the fewest tiles that cover `cells` cells along one axis: int64, even."""
    tiles = -(-cells // side)
    return 2 * np.ceil(np.linspace(0, max(0, cells - side), tiles) / 2).astype(np.int64)


def cut(picture, truth, at, sigma):
    """Tiles of a picture, which is measured at its own size.

    Parameters
    ----------
    picture : ndarray, (H, W, 3), uint8 or uint16
    truth : ndarray, (H, W), uint8
        See ``training.compose``.
    at : ndarray, (n, 2), int
        From `corners`.
    sigma : float
        Blur of what is not in focus, pixels; NaN if unknown.

    Returns
    -------
    ndarray, (n,), RECORD
        ``photo``, ``number`` and ``copy`` are left empty.
    """
    picture = eight_bits(picture)
    planes, halved, statistics = inputs.measured(grey(picture), CpuBackend)
    share, moving = shares(truth, sigma), kinds(truth)
    records = np.zeros(len(at), RECORD)
    records["whole"] = statistics
    planes, halved = coded(planes), coded(halved)
    for record, (row, column) in zip(records, at, strict=True):
        record["evidence"] = part(planes, row, column, TILE, "symmetric")
        record["halved"] = part(halved, row // 2, column // 2, TILE // 2, "symmetric")
        record["pixels"] = seen(picture, row, column)
        record["share"] = part(share, row, column, TILE, "constant", constant_values=UNKNOWN)
        record["moving"] = part(moving, row, column, TILE, "constant", constant_values=UNKNOWN)
    records["row"], records["col"] = at.T
    return records


def seen(picture, row, column):
    """The photo of a tile, reduced: (h, w, 3) uint8 -> (252, 252, 3)."""
    first_row, first_column, side = (evidence.CELL * cells for cells in (row, column, TILE))
    pixels = part(np.moveaxis(picture, 2, 0), first_row, first_column, side, "symmetric")
    return resize.reduce_to(np.ascontiguousarray(np.moveaxis(pixels, 0, 2)), (PIXELS, PIXELS))


def shares(truth, sigma):
    """Share of every cell that is in focus, among its labelled pixels, as stored in records.

    Parameters
    ----------
    truth, sigma
        As for `cut`. A blur below `LEAST_BLUR` leaves pixels that are not in focus unlabelled.

    Returns
    -------
    ndarray, (h, w), uint8
        0 to 254; 255 where fewer than half of the pixels are labelled.
    """
    in_focus = truth == IN_FOCUS
    labelled = in_focus | np.isin(truth, (BLURRED, *KINDS.values()))
    if sigma < LEAST_BLUR:
        labelled = in_focus
    labelled_share = resize.pool(labelled.astype(np.float32), evidence.CELL)
    focus_share = resize.pool(in_focus.astype(np.float32), evidence.CELL)
    codes = np.rint(SHARE * focus_share / np.maximum(labelled_share, 1e-6))
    return np.where(labelled_share >= LEAST_LABELLED, codes, UNKNOWN).astype(np.uint8)


def kinds(truth):
    """What blurs most of every cell, as stored in records: (H, W) -> (h, w) uint8; unknown if no kind does."""
    defocus, motion = (resize.pool((truth == KINDS[kind]).astype(np.float32), evidence.CELL) for kind in KINDS)
    return np.select([defocus > LEAST_LABELLED, motion > LEAST_LABELLED], [0, 1], UNKNOWN).astype(np.uint8)


def coded(planes):
    """Evidence as stored in records, float32 -> uint8; clipped to what 8 bits hold."""
    return np.rint((planes - LOW) / STEP).clip(0, 255).astype(np.uint8)


def decoded(codes):
    """The evidence of codes from `coded`, uint8 -> float32."""
    return LOW + np.float32(STEP) * codes


def part(array, row, column, side, *fill, **more):
    """side x side cells of (..., h, w) from a cell on.

    What lies beyond the end is filled by ``numpy.pad``, which takes all further arguments.
    """
    inside = array[..., row : row + side, column : column + side]
    missing_rows, missing_columns = side - inside.shape[-2], side - inside.shape[-1]
    margins = [(0, 0)] * (array.ndim - 2) + [(0, missing_rows), (0, missing_columns)]
    return np.pad(inside, margins, *fill, **more)
