"""Sharpness of a thing in a photo, such as a face, from the photo's own pixels within a box around it."""

from typing import NamedTuple

import numpy as np

from blurkit.defaults import SHARPEST_SHARE
from blurkit.detail import TILE, TILES, measure_detail
from blurkit.ops import borders
from blurkit.score import Measured, measure_content, score_from_blur

MARGIN = 64  # pixels around a box; edges near its border are measured together with what lies beside them
CELL = 8  # pixels; the first cell of the finest size begins where the box does


class Boxed(NamedTuple):
    """What lies in a box, as it is measured; made by `measure_boxes`."""

    measured: Measured
    """Of the box with its surroundings, or of tiles of it."""
    region: np.ndarray
    """(h, w) of ``measured.picture``, bool: what lies in the box, and is no bar, frame or flat ground."""
    longer: int
    """Pixels of the longer side of the content of the photo."""
    left_out: float
    """Share of the pixels of the photo that are not its content."""


def measure_boxes(photo, boxes, weights, method, device="auto"):
    """The blur within boxes of a photo, at its own pixels.

    A box of more pixels than the tiles of ``detail`` have together is measured by such tiles, cut where it is sharpest.

    Parameters
    ----------
    photo, weights, method, device
        As for ``score.score_photo``.
    boxes : sequence of (left, top, width, height)
        Whole pixels, within the photo.

    Yields
    ------
    Boxed
    """
    content = borders.content(photo)
    part, is_photo = content.within(photo), content.region()
    first_row, _, first_column, _ = content.box
    for left, top, width, height in boxes:
        rows = span(top - first_row, height, part.shape[0])
        columns = span(left - first_column, width, part.shape[1])
        nearby = around(rows, part.shape[0]), around(columns, part.shape[1])
        region = np.zeros([axis.stop - axis.start for axis in nearby], bool)
        inside = shifted(rows, nearby[0].start), shifted(columns, nearby[1].start)
        region[inside] = True if is_photo is None else is_photo[rows, columns]
        crop = np.ascontiguousarray(part[nearby])
        measured, region = measured_part(crop, region, weights, method, device)
        yield Boxed(measured, region, max(part.shape[:2]), content.left_out)


def measured_part(crop, region, weights, method, device):
    """The first two of `Boxed`, of a box with its surroundings, (h, w[, 3]), and the part to judge, (h, w) bool."""
    whole = borders.whole(crop)
    if np.count_nonzero(region) <= TILES * TILE**2:
        return measure_content(crop, whole, 1.0, weights, method, device), region
    detail = measure_detail(crop, weights, method, device, region, whole)
    return detail.tiles, detail.region


def score_of_box(boxed, share=SHARPEST_SHARE):
    """The score of what lies in a box: a dict as from ``score.score_photo``; sigma is in pixels of the photo."""
    figures = score_from_blur(boxed.measured, share, boxed.region)
    return {**figures, "working_size": boxed.longer, "cropped": boxed.left_out}


def span(start, length, size):
    """The pixels of `size` that `length` of them from `start` on are, a slice; an empty one if there are none."""
    start, stop = (min(max(place, 0), size) for place in (start, start + length))
    return slice(start, stop)


def around(inner, size):
    """A slice of `size` pixels and those around it, as far as there are any; it is never empty."""
    return slice(
        max(0, min(inner.start, size - 1) - min(MARGIN, inner.start // CELL * CELL)), min(size, inner.stop + MARGIN)
    )


def shifted(inner, start):
    """A slice, counted from `start` on."""
    return slice(inner.start - start, inner.stop - start)
