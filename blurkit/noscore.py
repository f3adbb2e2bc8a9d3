"""Why a photo has no score, in words."""

import numpy as np

from blurkit.score import NOTHING_DEVIATION, cells_of

LEAST_SIDE = 48  # pixels; of photos full of edges the method joint judges all from this side on, and none of 32


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
    chosen = [planes[:, 1, inside] for planes, inside in zip(measured.blur, cells, strict=True)]
    deviations = np.concatenate([part.ravel() for part in chosen])
    if not np.isfinite(deviations).any():
        return f"{where}it shows no edge that can be measured"
    if deviations.min() > NOTHING_DEVIATION:
        return f"{where}it shows no edge that stands out from noise"
    return f"{where}it shows too few edges"


def cell_side(measured):
    """The side of the finest cells, pixels of the picture as it was measured."""
    return round(measured.picture.shape[1] / measured.blur[0].shape[3])
