"""How sharp a photo is."""

import numpy as np

SHARPEST_SHARE = 0.1  # of a map's pixels make the score, so soft backgrounds cost nothing
CERTAIN = 1e-6  # distance from 0 and 1 within which a probability says nothing more
SOFTNESS = 4.0  # divides the mean logit, so that scores of sharp photos do not crowd at 1


def sharpness(sharpness_map):
    """How sharp the sharpest tenth of a photo is.

    Parameters
    ----------
    sharpness_map : ndarray, (H, W) or (2, H, W), float32 in [0, 1]
        Best the raw map: refinement pushes values to 0 and 1, where differences vanish.
        Of two planes, value and weight, only places of a weight count.

    Returns
    -------
    float in (0, 1)
        Bigger = sharper: the mean logit of the sharpest tenth, divided by 4, as a probability.
    """
    values = sharpness_map.ravel() if sharpness_map.ndim == 2 else sharpness_map[0][sharpness_map[1] > 0]
    if not len(values):
        values = np.zeros(1, np.float32)  # nothing to be sharp
    count = max(1, round(len(values) * SHARPEST_SHARE))
    sharpest = np.clip(np.partition(values, -count)[-count:].astype(np.float64), CERTAIN, 1 - CERTAIN)
    return float(1 / (1 + np.exp(-np.log(sharpest / (1 - sharpest)).mean() / SOFTNESS)))
