"""From a photo to the grey plane that the methods measure on."""

import cv2
import numpy as np


def grey(photo):
    """Luma of a photo.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16, RGB; or (H, W), its luma in the same dtypes

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1]
        ITU-R BT.601 luma, .299 R + .587 G + .114 B.
    """
    full_scale = np.float32(1.0 / np.iinfo(photo.dtype).max)
    return grey_levels(photo).astype(np.float32) * full_scale  # (H, W)


def grey_levels(photo):
    """Luma of a photo in its own steps: (H, W, 3) or (H, W), uint8 or uint16 -> (H, W), the same dtype."""
    return photo if photo.ndim == 2 else cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)


def eight_bits(photo):
    """A photo in 8 bits, same shape: uint16 is divided by 257 and floored, uint8 is returned as it is."""
    return (photo // 257).astype(np.uint8) if photo.dtype == np.uint16 else photo
