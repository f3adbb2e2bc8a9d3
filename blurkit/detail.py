"""Sharpness score of a large photo from tiles of its own pixels, cut where it is sharpest.

At the working size of scores a blur of 1 or 2 pixels of a large photo cannot be seen. Here that size only tells where
to look.
"""

from typing import NamedTuple

import numpy as np

from blurkit import methods
from blurkit.defaults import SCORE_SIDE, SHARPEST_SHARE
from blurkit.motion import sharpest_part
from blurkit.ops import borders, filters, resize
from blurkit.score import (
    MOST_DEVIATION,
    Measured,
    away_from_border,
    measure_content,
    of_cells,
    region_of,
    score_from_blur,
)

TILES = 12  # at most; with their side they make as many pixels as a photo at the working size
TILE = 256  # pixels; side of a tile
TILES_SHARE = 0.1  # the sharpest share of the cells, by which tiles are chosen: less than the score takes of them


class Detail(NamedTuple):
    """What `measure_detail` finds in a photo."""

    tiles: Measured
    """Tiles of the photo's own pixels, one below the other."""
    region: np.ndarray
    """(h, w) of ``tiles.picture``, bool: the part of the tiles to judge."""
    overview: Measured
    """The photo at the working size or less."""
    longer: int
    """Pixels of the longer side of the content of the photo."""


def measure_detail(photo, weights, method, device="auto", region=None, content=None):
    """The blur of tiles of a photo, of its own pixels, where it is sharpest at the working size.

    Parameters
    ----------
    photo, weights, method, device, region
        As for ``score.score_photo``.
    content : borders.Content, optional
        What of it is measured; default what it holds besides bars, frames and flat ground.

    Returns
    -------
    Detail
    """
    content = borders.content(photo) if content is None else content
    photo, region = content.within(photo), content.region(region)
    reduced, factor = reduced_evenly(photo)
    overview = measure_content(reduced, content, factor, weights, method, device)
    corners = sharpest_corners(overview.blur, photo.shape, region)
    tiles = [tile_at(photo, corner) for corner in corners]
    blur = joined([methods.get(method, "score").blur(tile, weights, device) for tile in tiles])
    column = np.concatenate(tiles)
    region = np.full(photo.shape[:2], True) if region is None else region
    inside = np.concatenate([tile_at(region, corner) for corner in corners])
    return Detail(Measured(column, blur, borders.whole(column), 1.0), inside, overview, max(photo.shape[:2]))


def score_of_detail(detail, share=SHARPEST_SHARE):
    """The score of a photo from its `Detail`: a dict as from ``score.score_photo``; sigma is in pixels of the photo."""
    figures = score_from_blur(detail.tiles, share, detail.region)
    return {**figures, "working_size": detail.longer, "cropped": detail.overview.content.left_out}


def sharpest_spot(measured, side, region=None):
    """The middle of that part of a photo which shows best how sharp it is.

    Parameters
    ----------
    measured : Measured
    side : int, pixels of the photo
        Height and width of the part.
    region : ndarray, (H, W), bool, optional
        Of the photo; where to look.

    Returns
    -------
    (float, float)
        (y, x) as shares of the height and the width of the photo; its middle if no cell can be judged.
    """
    content = measured.content
    amounts = sharpest_precision(measured.blur, content.region(region))
    place = (amounts.shape[0] / 2, amounts.shape[1] / 2)
    if amounts.any():
        cell = measured.scale * max(measured.picture.shape[:2]) / max(amounts.shape)
        sums = filters.box_mean(amounts, 2 * (round(side / cell) // 2) + 1)
        place = np.add(np.unravel_index(sums.argmax(), sums.shape), 0.5)
    top, bottom, left, right = content.box
    y = (top + (bottom - top) * place[0] / amounts.shape[0]) / content.shape[0]
    x = (left + (right - left) * place[1] / amounts.shape[1]) / content.shape[1]
    return float(y), float(x)


def joined(blurs):
    """Blurs of tiles, each as in `Measured`, as the blur of the column of them."""
    return [np.concatenate(planes, axis=2) for planes in zip(*blurs, strict=True)]


def reduced_evenly(photo):
    """A photo reduced to a longer side of at most the working size of scores, and the whole number it is divided by."""
    factor = -(-max(photo.shape[:2]) // SCORE_SIDE)
    rows, columns = (max(1, n // factor) for n in photo.shape[:2])
    return resize.reduce_to(photo[: rows * factor, : columns * factor], (rows, columns)), factor


def tile_at(array, corner):
    """The tile of (H, W[, 3]) whose upper left corner is (row, column)."""
    row, column = corner
    return np.ascontiguousarray(array[row : row + TILE, column : column + TILE])


def sharpest_corners(blur, shape, region=None):
    """Upper left corners of the tiles that hold most of what is sharpest, the one with most first.

    Parameters
    ----------
    blur : list of ndarray
        Of the overview, see `Measured`.
    shape : tuple
        (H, W[, 3]) of the photo.
    region : ndarray, (H, W), bool, optional

    Returns
    -------
    list of (row, column)
        At most `TILES`, of a grid that covers the photo; at least one.
    """
    amounts = resize.resize_to(sharpest_precision(blur, region), grid_of(shape))
    order = np.argsort(-amounts, axis=None, kind="stable")[:TILES]
    filled = [index for index in order if amounts.flat[index] > 0] or order[:1]
    corners = []
    for index in filled:
        place = np.unravel_index(index, amounts.shape)
        corners.append(tuple(corner_of(*axis) for axis in zip(place, amounts.shape, shape, strict=False)))
    return corners


def sharpest_precision(blur, region=None):
    """The precision of each cell that is among the sharpest, 0 of others: (h, w) float32."""
    sigma, deviation = of_cells(blur)
    is_judged = deviation <= MOST_DEVIATION
    if region is not None:
        is_judged &= region_of(sigma, region)
    amounts = np.zeros(sigma.shape, np.float32)
    if is_judged.any():
        weighted = deviation if region is not None else of_cells(away_from_border(blur))[1]
        precision = weighted[is_judged].astype(np.float64) ** -2
        chosen = sharpest_part(sigma[is_judged], precision, TILES_SHARE * precision.sum())
        amounts.flat[np.flatnonzero(is_judged)[chosen]] = precision[chosen]
    return amounts


def grid_of(shape):
    """(rows, columns) of the tiles that fit into (H, W[, 3]) without overlap, at least 1 of each."""
    return tuple(max(1, n // TILE) for n in shape[:2])


def corner_of(index, count, length):
    """First pixel of tile `index` of `count` that are spread evenly over `length` pixels."""
    return int(index * max(0, length - TILE) // max(1, count - 1)) if count > 1 else max(0, length - TILE) // 2
