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
