"""Large planes processed part by part, so that intermediate results stay small."""

import math

import numpy as np

STRIP = 1 << 22  # pixels of a strip; larger planes are measured strip by strip
BLOCK = 1 << 18  # cells of a block of rows; larger grids are processed block by block


def in_strips(measure, plane, cell, reach, most=math.inf):
    """measure(plane), computed strip by strip if the plane is large; the numbers are the same.

    Parameters
    ----------
    measure : callable
        (h, W) -> (k, ceil(h / cell), ceil(W / cell)).
    plane : ndarray, (H, W)
    cell : int, pixels
    reach : int, pixels
        The numbers of a cell depend on pixels at most this far outside it.
    most : int, pixels, optional
        Of a strip, where fewer than `STRIP` are faster.

    Returns
    -------
    ndarray, (k, ceil(H / cell), ceil(W / cell))
    """
    height, width = plane.shape
    strip_height = max(1, min(most, STRIP) // (width * cell)) * cell
    margin = -(-reach // cell) * cell
    parts = []
    for top in range(0, height, strip_height):
        start = max(0, top - margin)
        first_row = (top - start) // cell
        end_row = (top - start + strip_height) // cell
        measured = measure(plane[start : top + strip_height + margin])
        parts.append(measured[:, first_row:end_row])
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def row_blocks(shape, most=math.inf):
    """Slices that divide the rows of a grid of (h, w) cells into blocks.

    A block has at most `BLOCK` cells, and at most `most`, but at least two rows. Every block but the last has an even
    number of rows.
    """
    block_height = 2 * max(1, min(most, BLOCK) // (2 * shape[1]))
    return [slice(top, min(top + block_height, shape[0])) for top in range(0, shape[0], block_height)]


def in_squares(measure, photo, cell, side, overlap):
    """Measure a large photo in overlapping squares, which are blended where they overlap.

    Parameters
    ----------
    measure : callable
        ``measure(photo)``, (h, w, 3) -> (k, ceil(h / cell), ceil(w / cell)), float32.
    photo : ndarray, (H, W, 3)
    cell, side, overlap : int, pixels
        Side of the cells and of the squares, and how much two squares share at least; the latter two are multiples of
        two cells. A photo that is no larger than a square is measured as it is.

    Returns
    -------
    ndarray, (k, ceil(H / cell), ceil(W / cell)), float32
    """
    if max(photo.shape[:2]) <= side:
        return measure(photo)
    shape = [-(-length // cell) for length in photo.shape[:2]]
    sums, weights = np.zeros((0, *shape), np.float32), np.zeros(shape, np.float32)
    for top in starts(photo.shape[0], side, overlap, 2 * cell):
        for left in starts(photo.shape[1], side, overlap, 2 * cell):
            measured = measure(photo[top : top + side, left : left + side])
            rows, columns = measured.shape[1:]
            weight = np.minimum.outer(ramp(rows), ramp(columns))
            place = np.s_[..., top // cell : top // cell + rows, left // cell : left // cell + columns]
            sums = sums if len(sums) else np.zeros((len(measured), *shape), np.float32)
            sums[place] += measured * weight
            weights[place] += weight
    return sums / weights


def starts(length, side, overlap, step):
    """First pixels of the fewest squares that cover a length and share `overlap` pixels; multiples of `step`."""
    if length <= side:
        return [0]
    count = -(-(length - overlap) // (side - overlap))
    return [int(place) // step * step for place in np.linspace(0, length - side + step - 1, count)]


def ramp(length):
    """Weights of cells in a row of a square: 1 at its ends, 1 more for each cell further in."""
    places = np.arange(1, length + 1, dtype=np.float32)
    return np.minimum(places, places[::-1])
