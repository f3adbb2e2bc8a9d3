"""Large planes, measured part by part, so that what is made on the way stays small."""

import numpy as np

STRIP = 1 << 22  # pixels; larger planes are measured in strips of so many
BLOCK = 1 << 18  # cells; larger grids are judged in blocks of rows of so many


def in_strips(measure, plane, cell, reach):
    """measure(plane), of a large plane strip by strip, which gives the same numbers.

    Parameters
    ----------
    measure : callable
        (h, W) -> (k, ceil(h / cell), ceil(W / cell)).
    plane : ndarray, (H, W)
    cell : int, pixels
    reach : int, pixels
        So far beyond a cell lies what its numbers depend on.

    Returns
    -------
    ndarray, (k, ceil(H / cell), ceil(W / cell))
    """
    height, width = plane.shape
    high = max(1, STRIP // (width * cell)) * cell
    margin = -(-reach // cell) * cell
    parts = []
    for top in range(0, height, high):
        start = max(0, top - margin)
        inside = slice((top - start) // cell, (top - start + high) // cell)
        parts.append(measure(plane[start : top + high + margin])[:, inside])
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def row_blocks(shape):
    """Slices that part the rows of (h, w) cells into even numbers, but for the last, of at most `BLOCK` cells or two rows."""
    high = 2 * max(1, BLOCK // (2 * shape[1]))
    return [slice(top, min(top + high, shape[0])) for top in range(0, shape[0], high)]
