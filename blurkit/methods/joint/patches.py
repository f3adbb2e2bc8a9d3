"""Stage 2: tiles of evidence with their truth, from which the networks learn."""

import cv2
import numpy as np

from blurkit.methods.joint import evidence
from blurkit.ops import resize
from blurkit.ops.backend import CpuBackend
from blurkit.ops.colour import eight_bits, grey
from blurkit.training.compose import blur_kernel, convolve, spread_of
from blurkit.training.degrade import add_noise, compress

TILE = 80  # cells; side of a tile, 320 pixels
LOW, STEP = -7.0, 0.04  # evidence v is stored as round((v - LOW) / STEP), in 8 bits
UNKNOWN = 255
SHARE = 254.0  # of a cell whose labelled pixels are all in focus
LEAST_BLUR = 1.0  # pixels; sigma. What is blurred less may pass for sharp and is not taught as out of focus
LEAST_LABELLED = 0.5  # share of a cell's pixels

# A part of each tile is blurred on purpose, then noised and compressed: this gives cells of known blur.
SAMPLES = 256  # cells of it
FEWEST_SAMPLES = 64  # cells in focus; a part with fewer is left out
PART = 192  # pixels; side of the part
REDUCED_SHARE, PART_SCALES = 0.5, (0.4, 1.0)  # share of the parts that are reduced first, and by which factor
SIGMA_RANGE = (0.3, 5.0)  # pixels; drawn log-uniformly
UNBLURRED_SHARE = 0.15  # of the parts
DISC_SHARE = 0.5  # of the blurred parts; the others are blurred by a Gaussian
NOISE_RANGE, NOISY_SHARE = (0.0, 12.0), 0.6  # 8-bit steps; of the parts
QUALITY_RANGE, COMPRESSED_SHARE = (50, 97), 0.4  # JPEG quality; of the parts

RECORD = np.dtype(
    [
        ("evidence", "u1", (evidence.PLANES, TILE, TILE)),  # LOW + STEP * value
        ("halved", "u1", (evidence.PLANES, TILE // 2, TILE // 2)),  # of the photo at half size
        ("whole", "<f4", (evidence.STATISTICS,)),  # statistics of the picture from which the tile was cut
        ("share", "u1", (TILE, TILE)),  # of pixels in focus, 0 to 254; 255 = unknown
        ("samples", "u1", (SAMPLES, 2 * evidence.PLANES)),  # cells blurred on purpose: evidence, and that at half size
        ("samples_whole", "<f4", (evidence.STATISTICS,)),  # statistics of the part from which they were drawn
        ("blur", "<f4"),  # pixels; sigma of that blur; NaN = no samples
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
    records["blur"] = np.nan
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
    """Fill in cells of known blur for every tile with enough cells in focus.

    Parameters
    ----------
    records : ndarray, (n,), RECORD
        From `cut`, of the same picture.
    picture : ndarray, (H, W, 3), uint8 or uint16
    truth : ndarray, (H, W), uint8
        255 in focus.
    seeds : ndarray, (n,), int
        Of everything that is random in each tile.
    """
    shape = resize.working_shape(picture.shape)
    picture = eight_bits(resize.reduce_to(picture, shape))
    in_focus = resized_mask(truth == 255, shape)
    most = evidence.CELL * TILE - PART  # pixels from the tile's corner to the part's
    for record, seed in zip(records, seeds, strict=True):
        rng = np.random.default_rng(seed)
        top = evidence.CELL * int(record["row"]) + rng.integers(most + 1)
        left = evidence.CELL * int(record["col"]) + rng.integers(most + 1)
        top = max(0, min(top, shape[0] - PART))
        left = max(0, min(left, shape[1] - PART))
        inside = np.s_[top : top + PART, left : left + PART]
        drawn = samples(picture[inside], in_focus[inside], rng)
        if drawn is not None:
            record["samples"], record["samples_whole"], record["blur"] = drawn


def samples(picture, in_focus, rng):
    """Cells of a picture blurred on purpose.

    Parameters
    ----------
    picture : ndarray, (h, w, 3), uint8
    in_focus : ndarray, (h, w), float32
        1 where in focus.
    rng : numpy.random.Generator

    Returns
    -------
    codes : ndarray, (256, 38), uint8
        Evidence of the photo and of its half-size copy, in cells drawn from those in focus.
    statistics : ndarray, (3,), float32
    sigma : float, pixels

    None in place of the three if there are too few such cells.
    """
    if rng.random() < REDUCED_SHARE:
        size = resize.scaled_shape(in_focus.shape, rng.uniform(*PART_SCALES))
        picture, in_focus = resize.reduce_to(picture, size), resize.reduce_to(in_focus, size)
    picture, sigma = blurred_at_random(picture, rng)
    picture = degraded_at_random(picture, rng)
    rows, columns = cells_in_focus(in_focus, sigma)
    if len(rows) < FEWEST_SAMPLES:
        return None
    drawn = rng.choice(len(rows), SAMPLES, replace=len(rows) < SAMPLES)
    rows, columns = rows[drawn], columns[drawn]
    planes, halved = evidence.both_sizes(grey(picture), CpuBackend)
    cells = np.concatenate([planes[:, rows, columns], halved[:, rows // 2, columns // 2]]).T
    return coded(cells), evidence.statistics(planes), sigma


def blurred_at_random(picture, rng):
    """A uint8 picture blurred by a random sigma, or by chance not at all; and that sigma in pixels, 0 for none."""
    if rng.random() < UNBLURRED_SHARE:
        return picture, 0.0
    sigma = np.exp(rng.uniform(*np.log(SIGMA_RANGE)))
    kernel = blur_kernel(sigma, disc=rng.random() < DISC_SHARE)
    blurred = convolve(picture.astype(np.float32), kernel)
    return np.rint(blurred).clip(0, 255).astype(np.uint8), spread_of(kernel)


def degraded_at_random(picture, rng):
    """A uint8 picture with noise or compressed as a JPEG, both or neither, by chance."""
    if rng.random() < NOISY_SHARE:
        picture = add_noise(picture, rng.uniform(*NOISE_RANGE), rng)
    if rng.random() < COMPRESSED_SHARE:
        picture = compress(picture, int(rng.integers(*QUALITY_RANGE)))
    return picture


def cells_in_focus(in_focus, sigma):
    """Rows and columns of the cells into which a blur of sigma pixels brings nothing out of focus; in_focus (h, w)."""
    reach = int(np.ceil(3 * sigma))  # pixels
    window = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    inside = cv2.erode(in_focus, window, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    return np.nonzero(resize.pool(inside, evidence.CELL) > 0.99)


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
