"""Stage 16: edge-aware smoothing of the map, weighted by its confidence."""

from blurkit.methods.joint import inputs
from blurkit.methods.joint.evidence import CELL
from blurkit.ops.smoothing import spread_confident

STRENGTH, EDGE_SCALE, ROUNDS = 700.0, 0.01, 3  # of ``smoothing.spread_confident``
LEAST_WEIGHT = 0.8  # of a cell of probability .5
LEAN, GAIN = 0.6, 8.0  # added to the logit of the smoothed map, and what that is multiplied by
BEND = 3.0  # logit from which it grows with the logarithm
SIDE = 1536  # pixels; large photos show their edges at this size, finer than they are measured


def spread(raw, guide, side=inputs.SIDE):
    """A raw map refined along the edges of the photo it was made from.

    Parameters
    ----------
    raw : ndarray, (H, W), float32 in [0, 1]
        Probability of being in focus.
    guide : ndarray, (H, W, 3), uint8 or uint16
        The photo.
    side : int, pixels
        Working size, as for ``inputs.working_shape``.

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1]
    """
    measured = inputs.working_shape(raw.shape, side)
    spread_at = inputs.working_shape(raw.shape, max(side, SIDE) if side else 0)
    strength = STRENGTH * (max(spread_at) / max(measured)) ** 2  # smoothing reaches as far in the photo
    return spread_confident(
        *(raw, guide, spread_at, CELL, strength, EDGE_SCALE, ROUNDS),
        least_weight=LEAST_WEIGHT,
        gain=GAIN,
        lean=LEAN,
        bend=BEND,
    )
