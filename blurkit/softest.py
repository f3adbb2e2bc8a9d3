"""Blur of the softest part of a photo: what a document, a slide or a photo from a drone must not have anywhere."""

import math

import numpy as np

from blurkit.motion import blur_of, judged

BLOCKS = 8  # along the longer side of a photo; each is judged by its own sharpest edges


def softest_sigma(blur, regions, share, part):
    """Blur of the softest blocks of a photo.

    Parameters
    ----------
    blur : list of ndarray, (directions, 2, h, w)
        Of ``score.Measured``.
    regions : list of ndarray, (h, w), bool
        The cells to judge, for each of `blur`.
    share : float in (0, 1]
        Of the blocks that can be judged: the softest ones.
    part : float in (0, 1]
        The sharpest share of the edges of a block that makes its blur.

    Returns
    -------
    float, pixels
        Geometric mean of the blur of these blocks, each in its worst direction; NaN if no block can be judged.
    """
    rows, columns = grid_of(blur[0].shape[2:])
    sigmas = []
    for row in range(rows):
        for column in range(columns):
            ends = (row / rows, (row + 1) / rows), (column / columns, (column + 1) / columns)
            sigmas.append(blur_of(block_parts(blur, regions, *ends), part).sigma)
    known = np.sort([sigma for sigma in sigmas if not math.isnan(sigma)])[::-1]
    if not len(known):
        return math.nan
    return float(np.exp(np.log(known[: math.ceil(share * len(known))]).mean()))


def grid_of(shape):
    """(rows, columns) of blocks for (h, w) cells: `BLOCKS` along the longer side, about square."""
    side = max(shape) / BLOCKS
    return tuple(max(1, round(n / side)) for n in shape)


def block_parts(blur, regions, rows, columns):
    """Sigma and deviation of the cells of a block, for every direction; rows and columns are shares of the photo."""
    blocks = [block_of(planes, rows, columns) for planes in blur]
    return judged(blocks, [block_of(inside, rows, columns) for inside in regions])


def block_of(array, rows, columns):
    """The part of (..., h, w) cells whose rows and columns lie between two shares of the photo each."""
    height, width = array.shape[-2:]
    return array[
        ...,
        round(rows[0] * height) : round(rows[1] * height),
        round(columns[0] * width) : round(columns[1] * width),
    ]
