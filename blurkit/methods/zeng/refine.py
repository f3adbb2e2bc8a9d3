"""Stage 9: refinement of the raw map.

`iterate` is the paper's: a pixel whose neighbourhood has a low mean falls to zero, any other goes through tanh again
and again. `propagate_along` is ours and needs the photo: edge-aware smoothing of the map, weighted by its confidence.
"""

import math

import cv2
import numpy as np

from blurkit.defaults import WORKING_SIDE
from blurkit.ops import resize
from blurkit.ops.smoothing import spread_confident

STEPS = {10: 0.3, 50: 0.2, 100: 0.5}  # step: share in the mix (the paper's)
TOP = np.float32(0.20142072)  # largest value of that mix: what becomes of a map of ones
NEIGHBOURHOOD = 15  # pixels; side of the square whose mean is tested against the threshold
LEVEL = np.float32(0.75)  # x Otsu's threshold of the same step; measured against others in bench/RESULTS.md

STRENGTH, EDGE_SCALE, ROUNDS = 4000.0, 0.02, 3  # of ``smoothing.spread_confident``
CELL = 2  # pixels; side of the grid cells on which the map is spread
LEAST_WEIGHT = 0.01  # of a cell at .5, which has no confidence; one at 0 or 1 has 1 more
# The logit of the smoothed map is multiplied, since averaging draws values towards .5; see ``smoothing.bent``.
GAIN, BEND = 10.0, 3.0
LEAN = 0.7  # added to that logit: losing some of the subject is worse than keeping some background


def iterate(raw):
    """The paper's refinement, its mix divided by `TOP`: (H, W) -> (H, W), float32 in [0, 1], 1 = in focus."""
    return np.minimum(mix(raw) / TOP, 1)  # rounding may end a hair above


def mix(raw):
    """The mix of the paper.

    Parameters
    ----------
    raw : ndarray, (H, W), float32 in [0, 1]

    Returns
    -------
    ndarray, (H, W), float32 in [0, `TOP`]
        .3 B_10 + .2 B_50 + .5 B_100, summed in this order in float32.
    """
    total = np.zeros_like(raw)
    for step, current in iterations(raw, max(STEPS)):
        if step in STEPS:
            total += np.float32(STEPS[step]) * current
    return total


def after(raw, steps):
    """B_n of the paper after so many steps, (H, W) float32, at most 1 after n times tanh; B_0 is `raw`."""
    last = raw
    for _, current in iterations(raw, steps):
        last = current
    return last


def most(steps):
    """The largest value of B_n after so many steps, tanh n times over, of 1; rounded up to a thousandth."""
    value = 1.0
    for _ in range(steps):
        value = math.tanh(value)
    return math.ceil(1000 * value) / 1000


def iterations(raw, steps):
    """(n, B_n) of the paper's refinement, for n from 1 to `steps`; each B_n is (H, W) float32 in [0, 1]."""
    current = raw
    for step in range(1, steps + 1):
        mean = cv2.blur(current, (NEIGHBOURHOOD, NEIGHBOURHOOD), borderType=cv2.BORDER_REFLECT_101)
        current = np.where(mean < LEVEL * otsu(current), np.float32(0), np.tanh(current))
        yield step, current


def otsu(plane):
    """Otsu's threshold of a plane in [0, 1], to 1/255."""
    level, _ = cv2.threshold((plane * 255 + 0.5).astype(np.uint8), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return np.float32(level / 255)


def propagate_along(raw, guide, side=WORKING_SIDE):
    """Edge-aware smoothing of a map, weighted by its confidence.

    Parameters
    ----------
    raw : ndarray, (H, W), float32 in [0, 1]
        Probability of being in focus; .5 has no confidence.
    guide : ndarray, (H, W, 3), uint8 or uint16
        The photo.
    side : int, pixels
        Working size, as for ``resize.working_shape``.

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1]
    """
    return spread_confident(
        raw,
        guide,
        resize.working_shape(raw.shape, side),
        CELL,
        STRENGTH,
        EDGE_SCALE,
        ROUNDS,
        least_weight=LEAST_WEIGHT,
        gain=GAIN,
        lean=LEAN,
        bend=BEND,
    )
