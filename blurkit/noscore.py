"""Why a photo has no score, in words."""

import numpy as np

from blurkit.score import NOTHING_DEVIATION, cells_of

LEAST_SIDE = 48  # pixels; of photos full of edges the method joint judges all from this side on, and none of 32
LEAST_BOX = 32  # pixels; of 60 boxes on sharp photos 27 can be judged at this side, 58 at 48, and none at 24


def reason_in_box(boxed):
    """Why the score of what lies in a box, ``boxes.Boxed``, is NaN: a clause about it."""
    measured, region = boxed.measured, boxed.region
    if not region.any():
        return "it lies in bars, a frame or flat ground, which are left out"
    height, width = (int(region.any(axis=axis).sum()) for axis in (1, 0))
    if min(height, width) < LEAST_BOX:
        return f"it is {width}x{height} pixels, too small to be measured"
    cells = [cells_of(region, planes) for planes in measured.blur]
    return f"it shows {lacking(measured, cells)}"


def reason(measured, region=None):
    """Why the score of a photo is NaN.

    Parameters
    ----------
    measured : score.Measured
        From which ``score.score_from_blur`` made no score.
    region : ndarray, (H, W), bool, optional
        As it was given there.

    Returns
    -------
    str
        A clause about the photo, ``it``.
    """
    if region is not None and not region.any():
        return "its mask is empty"
    content = measured.content
    if content.ground is not None and content.outside(measured.picture.shape).all():
        return "all of it is flat ground and the outline of that"
    height, width = measured.picture.shape[:2]
    if min(height, width) < LEAST_SIDE:
        left = "it is" if content.is_whole else "what is left of it without bars and flat ground is"
        return f"{left} {width}x{height} pixels, too small to be measured"
    cells = [cells_of(content.region(region), planes) for planes in measured.blur]
    where = "" if region is None else "within its mask "
    if not any(inside.any() for inside in cells):
        what = "what is left of it without flat ground" if region is None else "the mask on the photo"
        return f"{what} is nowhere as wide as {cell_side(measured)} pixels of the working size"
    return f"{where}it shows {lacking(measured, cells)}"


def lacking(measured, cells):
    """What the cells to judge, (h, w) bool for each size, show no more than."""
    chosen = [planes[:, 1, inside] for planes, inside in zip(measured.blur, cells, strict=True)]
    deviations = np.concatenate([part.ravel() for part in chosen])
    if not np.isfinite(deviations).any():
        return "no edge that can be measured"
    if deviations.min() > NOTHING_DEVIATION:
        return "no edge that stands out from noise"
    return "too few edges"


def cell_side(measured):
    """The side of the finest cells, pixels of the picture as it was measured."""
    return round(measured.picture.shape[1] / measured.blur[0].shape[3])
