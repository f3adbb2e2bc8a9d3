"""Stage 2: tiles of evidence with their truth, what the networks learn from."""

import cv2
import numpy as np

from blurkit.methods.joint import evidence
from blurkit.ops import resize
from blurkit.ops.backend import CpuBackend
from blurkit.ops.colour import eight_bits, grey
from blurkit.training.compose import blur_kernel, convolve, spread_of
from blurkit.training.degrade import add_noise, compress

TILE = 80  # cells; side of a tile, 320 pixels
LOW, STEP = -7.0, 0.04  # evidence v is kept as round((v - LOW) / STEP), in 8 bits
UNKNOWN = 255
SHARE = 254.0  # a cell sharp in all of its known pixels
LEAST_BLUR = 1.0  # pixels; sigma. Nothing blurred so slightly that it may pass for sharp is taught as blurred
LEAST_KNOWN = 0.5  # share of a cell's pixels

# A part of each tile is blurred on purpose, noised and compressed, for cells of known blur.
SAMPLES = 256  # cells of it
FEWEST_SAMPLES = 64  # cells in focus; a part with fewer teaches nothing
PART = 192  # pixels; side of the part
PART_SCALES = (0.4, 1.0)  # it is reduced first, every other time
SIGMA_RANGE = (0.3, 5.0)  # pixels; drawn log-uniformly
UNBLURRED = 0.15  # share of the parts
NOISE_RANGE, NOISY = (0.0, 12.0), 0.6  # 8-bit steps; share of the parts
QUALITY_RANGE, PACKED = (50, 97), 0.4  # JPEG quality; share of the parts

RECORD = np.dtype(
    [
        ("evidence", "u1", (evidence.PLANES, TILE, TILE)),  # LOW + STEP * value
        ("halved", "u1", (evidence.PLANES, TILE // 2, TILE // 2)),  # of the photo at half size
        ("whole", "<f4", (evidence.STATISTICS,)),  # of the picture the tile is from
        ("share", "u1", (TILE, TILE)),  # of sharp pixels, 0 to 254; 255 = not known
        (
            "samples",
            "u1",
            (SAMPLES, 2 * evidence.PLANES),
        ),  # evidence of cells blurred on purpose, and of the half there
        ("samples_whole", "<f4", (evidence.STATISTICS,)),  # of the part they are from
        ("blur", "<f4"),  # pixels; sigma of that blur; NaN = no samples
        ("photo", "S64"),  # file name, its last 64 bytes
        ("number", "<u4"),  # of the photo within its run, for files of one name
        ("copy", "<u2"),  # of the pictures made from a photo
        ("row", "<u4"),  # of the tile's first cell in the picture as it is measured, cells
        ("col", "<u4"),
    ]
)


def corners(picture, count, rng):
    """First cells of at most `count` tiles that cover a picture: (n, 2) int64, (row, column) in cells."""
    shape = resize.cells(resize.working_shape(picture.shape), evidence.CELL)
    starts = [
        2 * np.ceil(np.linspace(0, max(0, n - TILE), -(-n // TILE)) / 2).astype(np.int64) for n in shape
    ]  # even: so are the cells of the half
    found = np.stack(np.meshgrid(*starts, indexing="ij"), axis=-1).reshape(-1, 2)
    return found if len(found) <= count else found[np.sort(rng.permutation(len(found))[:count])]


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
        Blur of what is out of focus, pixels, where it is known. Else NaN.

    Returns
    -------
    ndarray, (n,), RECORD
        ``photo``, ``number`` and ``copy`` are left empty.
    """
    shape = resize.working_shape(picture.shape)
    planes, halved = evidence.both_sizes(grey(resize.reduce_to(picture, shape)), CpuBackend)
    known, sharp = (truth == 255) | (truth == 0), truth == 255
    if sigma * max(shape) / max(truth.shape) < LEAST_BLUR:
        known = sharp
    share = shares(
        *(cv2.resize(p.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA) for p in (known, sharp))
    )
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


def add_samples(records, picture, truth, seeds):
    """Fill in cells of known blur where a tile has enough in focus.

    Parameters
    ----------
    records : ndarray, (n,), RECORD
        From `cut`, of the same picture.
    picture : ndarray, (H, W, 3), uint8 or uint16
    truth : ndarray, (H, W), uint8
        255 in focus.
    seeds : ndarray, (n,), int
        Of all that is random in each tile.
    """
    shape = resize.working_shape(picture.shape)
    picture = eight_bits(resize.reduce_to(picture, shape))
    sharp = cv2.resize((truth == 255).astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)
    for record, seed in zip(records, seeds, strict=True):
        rng = np.random.default_rng(seed)
        top, left = (
            evidence.CELL * int(record[name]) + rng.integers(evidence.CELL * TILE - PART + 1) for name in ("row", "col")
        )
        top, left = (max(0, min(start, side - PART)) for start, side in zip((top, left), shape, strict=True))
        inside = np.s_[top : top + PART, left : left + PART]
        found = samples(picture[inside], sharp[inside], rng)
        if found is not None:
            record["samples"], record["samples_whole"], record["blur"] = found


def samples(picture, sharp, rng):
    """Cells of a picture blurred on purpose.

    Parameters
    ----------
    picture : ndarray, (h, w, 3), uint8
    sharp : ndarray, (h, w), float32
        1 where in focus.
    rng : numpy.random.Generator

    Returns
    -------
    codes : ndarray, (256, 38), uint8
        Evidence of the photo and of its half, drawn among the cells that were in focus.
    whole : ndarray, (3,), float32
    sigma : float, pixels

    None in place of the three if there are too few such cells.
    """
    if rng.random() < 0.5:
        scale = rng.uniform(*PART_SCALES)
        size = tuple(max(1, round(n * scale)) for n in sharp.shape)
        picture, sharp = resize.reduce_to(picture, size), resize.reduce_to(sharp, size)
    sigma = 0.0
    if rng.random() >= UNBLURRED:
        kernel = blur_kernel(np.exp(rng.uniform(*np.log(SIGMA_RANGE))), disc=rng.random() < 0.5)
        picture, sigma = (
            np.rint(convolve(picture.astype(np.float32), kernel)).clip(0, 255).astype(np.uint8),
            spread_of(kernel),
        )
    if rng.random() < NOISY:
        picture = add_noise(picture, rng.uniform(*NOISE_RANGE), rng)
    if rng.random() < PACKED:
        picture = compress(picture, int(rng.integers(*QUALITY_RANGE)))
    reach = int(np.ceil(3 * sigma))  # pixels; from so far something else may have been blurred in
    inside = cv2.erode(sharp, np.ones((2 * reach + 1,) * 2, np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=1)
    rows, columns = np.nonzero(resize.pool(inside, evidence.CELL) > 0.99)
    if len(rows) < FEWEST_SAMPLES:
        return None
    drawn = rng.choice(len(rows), SAMPLES, replace=len(rows) < SAMPLES)
    rows, columns = rows[drawn], columns[drawn]
    planes, halved = evidence.both_sizes(grey(picture), CpuBackend)
    found = np.concatenate([planes[:, rows, columns], halved[:, rows // 2, columns // 2]]).T
    return coded(found), evidence.statistics(planes), sigma


def coded(planes):
    """Evidence as records keep it, float32 -> uint8; cut at what 8 bits hold."""
    return np.rint((planes - LOW) / STEP).clip(0, 255).astype(np.uint8)


def decoded(codes):
    """The evidence that `coded` kept, uint8 -> float32."""
    return LOW + np.float32(STEP) * codes


def part(array, row, column, side, *fill, **more):
    """side x side cells of (..., h, w) from a place on, what lies outside filled up as ``numpy.pad`` does."""
    inside = array[..., row : row + side, column : column + side]
    return np.pad(inside, [(0, 0)] * (array.ndim - 2) + [(0, side - n) for n in inside.shape[-2:]], *fill, **more)


def shares(known, sharp):
    """Share of sharp among the known pixels of every cell, as kept in records: two (H, W) float32 -> (h, w) uint8."""
    known, sharp = resize.pool(known, evidence.CELL), resize.pool(sharp, evidence.CELL)
    return np.where(known >= LEAST_KNOWN, np.rint(SHARE * sharp / np.maximum(known, 1e-6)), UNKNOWN).astype(np.uint8)
