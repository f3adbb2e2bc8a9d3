"""Maps, masks and cut-outs as the bytes of files, with the mark of ``marks`` if the format has room for it."""

import io

import cv2
import numpy as np

from blurkit.errors import InputError
from blurkit.io import marks
from blurkit.io.npy import encode_npy

# Blue, green and red of the kinds of blur, by number; told apart with every kind of colour vision (M. Okabe, K. Ito).
KIND_COLOURS = np.array([(240, 240, 240), (178, 114, 0), (0, 94, 213)], np.uint8)


def encode_map(sharpness, form, stretch=False, palette=None):
    """A map as the pieces of a file.

    Parameters
    ----------
    sharpness : ndarray, (H, W), float32 in [0, 1]
    form : {'npy', 'png', 'tiff', 'pfm'}
        PNG is 16-bit on a fixed scale (65535 = 1), or 8-bit RGB with a palette.
    stretch : bool
        PNG only: darkest to 0, brightest to 1.
    palette : str or None
        PNG only: name of an OpenCV colour map.

    Returns
    -------
    list of bytes-like
    """
    if form == "npy":
        return encode_npy(sharpness)
    if form == "pfm":
        height, width = sharpness.shape
        return [b"Pf\n%d %d\n-1.0\n" % (width, height), np.ascontiguousarray(sharpness[::-1], "<f4").tobytes()]
    if form == "tiff":
        return [encode_tiff(sharpness)]
    if stretch:
        sharpness = stretched(sharpness)
    if palette:
        return [encode_png(coloured(sharpness, palette))]
    return [encode_png(np.rint(sharpness * 65535).astype(np.uint16))]


def stretched(sharpness):
    """A map whose darkest pixel is 0 and whose brightest is 1; 0 if all are the same."""
    low, high = sharpness.min(), sharpness.max()
    return (sharpness - low) / (high - low) if high > low else np.zeros_like(sharpness)


def coloured(sharpness, palette):
    """A map, (H, W) in [0, 1], in the colours of an OpenCV colour map: (H, W, 3) uint8, BGR."""
    levels = np.rint(sharpness * 255).astype(np.uint8)
    return cv2.applyColorMap(levels, getattr(cv2, f"COLORMAP_{palette.upper()}"))


def encode_kinds(kinds, form, in_colour):
    """Kinds of blur, (H, W) uint8 of 0 to 2, as the pieces of an NPY or a PNG file; in `KIND_COLOURS` for eyes."""
    if form == "npy":
        return encode_npy(kinds)
    return [encode_png(KIND_COLOURS[kinds] if in_colour else kinds)]


def overlaid(photo, colours, strength):
    """What was measured over its photo, for eyes.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8, RGB
    colours : ndarray, (H, W, 3), uint8, BGR
        From `coloured`, or of `KIND_COLOURS`.
    strength : float in [0, 1]
        0 = nothing but the photo, 1 = nothing but the colours.

    Returns
    -------
    ndarray, (H, W, 3), uint8, BGR
    """
    return cv2.addWeighted(np.ascontiguousarray(photo[..., ::-1]), 1 - strength, colours, strength, 0)


def encode_mask(mask, form):
    """A mask, (H, W) uint8 of 0 and 255, or feathered, as the pieces of a PNG or NPY file."""
    if form == "npy":
        return encode_npy(mask)
    return [encode_png(mask)]


def encode_cut(photo, mask):
    """What is in focus, cut out: RGBA PNG; 16 bits if the photo has them.

    Its alpha is the mask, (H, W) uint8, or a map, (H, W) float32 in [0, 1].
    """
    if mask.dtype == np.float32:
        mask = np.rint(mask * np.iinfo(photo.dtype).max).astype(photo.dtype)
    elif photo.dtype == np.uint16:
        mask = mask.astype(np.uint16) * 257
    return [encode_png(np.dstack([photo[..., ::-1], mask]))]


def encode_photo(photo):
    """A photo, (H, W, 3) uint8 or uint16, as a PNG that is a photo again, without our mark; of one channel if grey."""
    is_grey = (photo[..., :1] == photo[..., 1:]).all()
    return raw_png(photo[..., 0] if is_grey else photo[..., ::-1])


def encode_png(array):
    """Bytes of a PNG of an array in OpenCV's channel order, marked."""
    return marks.mark_png(raw_png(array))


def raw_png(array):
    """Bytes of a PNG of an array in OpenCV's channel order."""
    done, data = cv2.imencode(".png", array)
    if not done:
        raise InputError(f"cannot encode a picture of shape {array.shape} as PNG")
    return data.tobytes()


def encode_tiff(sharpness):
    """Bytes of a TIFF of one channel of float32, marked; its directory comes in front of its pixels."""
    from PIL import Image, TiffImagePlugin  # noqa: F401  # the plug-in is what save() needs

    held = io.BytesIO()
    Image.fromarray(sharpness).save(held, "TIFF", software=marks.PROGRAM)
    return held.getvalue()
