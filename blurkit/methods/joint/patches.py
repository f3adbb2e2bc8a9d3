"""Stage 4: tiles of evidence with their truth, from which the networks learn."""

import cv2
import numpy as np

from blurkit.methods.joint import evidence, samples
from blurkit.ops import resize
from blurkit.ops.backend import CpuBackend
from blurkit.ops.colour import eight_bits, grey

TILE = 80  # cells; side of a tile, 320 pixels
LOW, STEP = -7.0, 0.04  # evidence v is stored as round((v - LOW) / STEP), in 8 bits
UNKNOWN = 255
SHARE = 254.0  # of a cell whose labelled pixels are all in focus
LEAST_BLUR = 1.0  # pixels; sigma. What is blurred less may pass for sharp and is not taught as out of focus
LEAST_LABELLED = 0.5  # share of a cell's pixels

RECORD = np.dtype(
    [
        ("evidence", "u1", (evidence.PLANES, TILE, TILE)),  # LOW + STEP * value
        ("halved", "u1", (evidence.PLANES, TILE // 2, TILE // 2)),  # of the photo at half size
        ("whole", "<f4", (evidence.STATISTICS,)),  # statistics of the picture from which the tile was cut
        ("share", "u1", (TILE, TILE)),  # of pixels in focus, 0 to 254; 255 = unknown
        *samples.FIELDS,
        ("photo", "S64"),  # file name, its last 64 bytes
        ("number", "<u4"),  # of the photo within its run, for files of one name
        ("copy", "<u2"),  # of the pictures made from a photo
        ("row", "<u4"),  # of the tile's first cell in the picture as it is measured, cells
        ("col", "<u4"),
    ]
)


def corners(picture, count, rng):
    """First cells of at most `count` tiles that cover a picture: (n, 2) int64, (row, column) in cells, all even."""
    shape = resize.cells(resize.working_shape(picture.shape), evidence.CELL)
    rows, columns = starts(shape[0]), starts(shape[1])
    places = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)
    if len(places) <= count:
        return places
    drawn = rng.permutation(len(places))[:count]
    return places[np.sort(drawn)]


def starts(cells):
    """First cells of the fewest tiles that cover `cells` cells along one axis: int64, even, as a half cell is two."""
    tiles = -(-cells // TILE)
    return 2 * np.ceil(np.linspace(0, max(0, cells - TILE), tiles) / 2).astype(np.int64)


def cut(picture, truth, at, sigma):
    """Tiles of a picture.

    Parameters
    ----------
    picture : ndarray, (H, W, 3), uint8 or uint16
    truth : ndarray, (H, W), uint8
        255 in focus, 0 out of focus, anything else unknown.
    at : ndarray, (n, 2), int
        From `corners`.
    sigma : float
        Blur of what is out of focus, pixels; NaN if unknown.

    Returns
    -------
    ndarray, (n,), RECORD
        ``photo``, ``number`` and ``copy`` are left empty.
    """
    shape = resize.working_shape(picture.shape)
    planes, halved = evidence.both_sizes(grey(resize.reduce_to(picture, shape)), CpuBackend)
    share = shares(truth, shape, sigma)
    records = np.zeros(len(at), RECORD)
    records["share"], records["whole"] = UNKNOWN, evidence.statistics(planes)
    planes, halved = coded(planes), coded(halved)
    for record, (row, column) in zip(records, at, strict=True):
        record["evidence"] = part(planes, row, column, TILE, "edge")
        record["halved"] = part(halved, row // 2, column // 2, TILE // 2, "edge")
        record["share"] = part(share, row, column, TILE, "constant", constant_values=UNKNOWN)
    records["row"], records["col"] = at.T
    records["covariance"] = np.nan
    records["edge_direction"] = samples.NONE
    return records


def shares(truth, shape, sigma):
    """Share of every cell that is in focus, among its labelled pixels, as stored in records.

    Parameters
    ----------
    truth, sigma
        As for `cut`. A blur below `LEAST_BLUR` leaves pixels out of focus unlabelled.
    shape : tuple
        (rows, columns) of the picture as it is measured.

    Returns
    -------
    ndarray, (h, w), uint8
        0 to 254; 255 where fewer than half of the pixels are labelled.
    """
    in_focus = truth == 255
    labelled = in_focus | (truth == 0)
    if sigma * max(shape) / max(truth.shape) < LEAST_BLUR:
        labelled = in_focus
    labelled_share = resize.pool(resized_mask(labelled, shape), evidence.CELL)
    focus_share = resize.pool(resized_mask(in_focus, shape), evidence.CELL)
    codes = np.rint(SHARE * focus_share / np.maximum(labelled_share, 1e-6))
    return np.where(labelled_share >= LEAST_LABELLED, codes, UNKNOWN).astype(np.uint8)


def resized_mask(mask, shape):
    """A mask, (H, W) bool, at shape (rows, columns): float32 in [0, 1], by averaging areas."""
    return cv2.resize(mask.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)


def add_samples(records, picture, truth, seeds):
    """Fill in edges of known blur, for every tile those of another copy of the whole picture, blurred on purpose.

    Parameters
    ----------
    records : ndarray, (n,), RECORD
        From `cut`, of the same picture.
    picture : ndarray, (H, W, 3), uint8 or uint16
    truth : ndarray, (H, W), uint8
        255 in focus.
    seeds : ndarray, (n,), int
        Of everything that is random in each copy.
    """
    shape = resize.working_shape(picture.shape)
    picture = eight_bits(resize.reduce_to(picture, shape))
    in_focus = resized_mask(truth == 255, shape)
    for record, seed in zip(records, seeds, strict=True):
        drawn = samples.sample(picture, in_focus, np.random.default_rng(seed))
        if drawn is not None:
            record["edges"], record["edge_direction"], record["covariance"] = drawn


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
