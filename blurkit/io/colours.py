"""The colours of TIFF that Pillow and OpenCV do not turn to RGB: other depths than 8 and 16 bits, inks, Lab."""

import cv2
import numpy as np

from blurkit.errors import InputError
from blurkit.io.pixels import as_16_bits, divided, scaled, three

WHITE_IS_0, BLACK_IS_0, RGB, INKS, YCBCR, LAB, ICC_LAB = 0, 1, 2, 5, 6, 8, 9  # photometric interpretations
COLOURS_OF = {WHITE_IS_0: 1, BLACK_IS_0: 1, RGB: 3, INKS: 4, LAB: 3, ICC_LAB: 3}  # channels that are not alpha
ROWS_OF_LAB = 256  # rows that are converted to RGB at a time


def coloured(array, photometric, bits, is_multiplied=False):
    """Values as a TIFF stores them as a photo.

    Parameters
    ----------
    array : ndarray, (H, W, channels), alpha last
    photometric : int
        What its channels mean.
    bits : int
        Of a channel.
    is_multiplied : bool
        Whether the colours are multiplied by the channel behind them.

    Returns
    -------
    ndarray, (H, W, 3), uint8, or uint16 if there are more than 8 bits
    """
    channels = array.shape[2]
    colours = COLOURS_OF.get(photometric)
    if colours is None or channels < colours:
        what = f"photometric interpretation {photometric} with {channels} channels"
        raise InputError(f"cannot decode TIFF: {what} is not supported")
    if bits > 16:
        array, bits = as_16_bits(array), 16
    if photometric in (LAB, ICC_LAB):
        return rgb_of_lab(array, photometric, bits)
    array = scaled(array[..., : colours + is_multiplied], (1 << bits) - 1)
    if is_multiplied and channels > colours:
        array = divided(array[..., :colours], array[..., colours])
    if photometric == INKS:
        return rgb_of_inks(array)
    if photometric == RGB:
        return np.ascontiguousarray(array)
    return three(np.iinfo(array.dtype).max - array[..., 0] if photometric == WHITE_IS_0 else array[..., 0])


def rgb_of_inks(inks):
    """CMYK as RGB, (255 - ink) (255 - black) / 255 as Pillow does it in 8 bits."""
    full = np.iinfo(inks.dtype).max
    left = full - inks[..., 3].astype(np.uint32)
    rgb = np.empty((*inks.shape[:2], 3), inks.dtype)
    for channel in range(3):
        rgb[..., channel] = ((full - inks[..., channel]) * left + full // 2) // full
    return rgb


def rgb_of_lab(array, photometric, bits):
    """CIE L*a*b* as sRGB."""
    deep = bits > 8
    kind, full = (np.uint16, 65535) if deep else (np.uint8, 255)
    rgb = np.empty((*array.shape[:2], 3), kind)
    for top in range(0, len(array), ROWS_OF_LAB):
        part = array[top : top + ROWS_OF_LAB, :, :3].astype(kind)
        if photometric == ICC_LAB:
            colour = part[..., 1:].astype(np.float32) - (full + 1) // 2
        else:
            colour = part[..., 1:].view(np.int16 if deep else np.int8).astype(np.float32)
        lab = np.dstack([part[..., :1] * np.float32(100 / full), colour / np.float32(256 if deep else 1)])
        rgb[top : top + ROWS_OF_LAB] = np.rint(np.clip(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), 0, 1) * full)
    return rgb
