"""Stage 2: directional evidence, in cells of 4 x 4 pixels: motion takes the edges across its path and leaves others.

Detail is measured along four directions, and how much of it a wider blur removes. The four are sorted by size, so that
turning a photo changes nothing.
"""

import numpy as np

from blurkit.methods.joint.evidence import CELL, FAINT_POWER, STRIP
from blurkit.ops.filters import smooth
from blurkit.ops.tiles import in_strips

DIAGONAL = np.float32(np.sqrt(0.5))
DIFFERENCES = (  # over two pixels: across, along one diagonal, down, along the other
    np.array([[0, 0, 0], [-1, 0, 1], [0, 0, 0]], np.float32),
    np.array([[-DIAGONAL, 0, 0], [0, 0, 0], [0, 0, DIAGONAL]], np.float32),
    np.array([[0, -1, 0], [0, 0, 0], [0, 1, 0]], np.float32),
    np.array([[0, 0, -DIAGONAL], [0, 0, 0], [DIAGONAL, 0, 0]], np.float32),
)
FINE, COARSE = 0.7, 2.0  # pixels; sigma of the two blurred copies whose detail is measured
REACH = 8  # pixels; radius of the wider Gaussian, and 1 of the differences
WINDOW = 2.0  # cells; sigma of the Gaussian over which detail is averaged
PLANE_NAMES = tuple(
    f"{what}_{rank}"
    for what in ("directional_detail", "wide_directional_detail", "directional_loss")
    for rank in ("least", "second", "third", "most")  # of the four directions
)
PLANES = len(PLANE_NAMES)
LOSSES = range(2 * len(DIFFERENCES), PLANES)  # planes that contrast does not change; it shifts all others alike


def planes(grey, backend):
    """Directional evidence of a photo.

    Parameters
    ----------
    grey : ndarray, (H, W), float32 in [0, 1]
    backend : object from ``backend.backend_for``

    Returns
    -------
    ndarray, (12, ceil(H / 4), ceil(W / 4)), float32, about -6 to 4
        Logarithm of the root mean square detail along four directions, ascending; the same averaged over the
        neighbourhood; and how much of that the wider blur removes (log ratio).
    """
    detail = in_strips(lambda strip: measured(strip, backend), grey, CELL, REACH, STRIP)
    wide = np.stack([smooth(plane, WINDOW) for plane in detail])
    fine, wide_fine, wide_coarse = detail[:4], wide[:4], wide[4:]
    return np.concatenate([np.sort(part, axis=0) for part in (fine, wide_fine, wide_fine - wide_coarse)])


def measured(grey, backend):
    """Log detail along four directions of the finer, then of the coarser copy: (H, W) -> (8, h, w) float32."""
    photo = backend.put(grey)
    logs = []
    for sigma in (FINE, COARSE):
        copy = backend.smooth(photo, sigma)
        for difference in DIFFERENCES:
            detail = backend.convolve(copy, difference)
            detail *= detail
            logs.append(backend.take(0.5 * backend.log(backend.pool(detail, CELL) + FAINT_POWER)))
    return np.stack(logs)
