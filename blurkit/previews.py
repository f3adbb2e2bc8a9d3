"""The small pictures of a photo on the page of ``blur-score --report``. Arrays in, bytes of JPEG and PNG out."""

import math

import cv2
import numpy as np

from blurkit.ops import resize
from blurkit.ops.colour import eight_bits

THUMBNAIL_SIDE = 360  # pixels, the longer side at most; a tile is 240 wide, so dense screens get something
THUMBNAIL_QUALITY = 80  # of 100; about 25 kB a thumbnail
DETAIL_SIDE = 400  # pixels of the photo; two of them stand side by side on a page of 1280
# Of 100, the first whose JPEG is small enough, else the last. At 45 edges still show whether they are sharp.
DETAIL_QUALITIES = (88, 80, 70, 58, 45)
DETAIL_BYTES = 48 << 10  # of a detail, unless it needs more at the last quality: noise takes 60 kB
MASK_SIDE = 180  # pixels, the longer side of overlays at most; the browser smooths them over the thumbnail
TINT = (225, 20, 255)  # RGB; hardly ever a colour of a scene, and seen on skin, leaves and sky
ALPHA_LEVELS = 32  # above 0; few, so that the PNG stays small
ALPHA_STEP = 3  # of 255; 32 x 3 = 96 at most, so that the photo is seen through the tint
HATCH = ((20, 20, 20, 190), (235, 235, 235, 190))  # RGBA of the stripes over what is left out
STRIPE = 4  # pixels of an overlay


def thumbnail(photo):
    """A photo, small.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16, RGB

    Returns
    -------
    bytes
        JPEG, the longer side at most 360 pixels; never enlarged.
    """
    small = resize.reduce_to(photo, resize.working_shape(photo.shape, THUMBNAIL_SIDE))
    return jpeg(eight_bits(small), THUMBNAIL_QUALITY)


def thumbnail_size(shape):
    """(width, height) of the thumbnail of a photo of (H, W[, 3])."""
    height, width = resize.working_shape(shape, THUMBNAIL_SIDE)
    return width, height


def detail(photo, spot):
    """A part of a photo in its own pixels.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16, RGB
    spot : (float, float)
        (y, x) of its middle as shares of the height and the width, in [0, 1].

    Returns
    -------
    data : bytes
        JPEG of at most 400 by 400 pixels, of about 48 kB at most.
    box : (left, top, width, height), int
        What of the photo it shows, in pixels.
    """
    starts, sizes = [], []
    for share, length in zip(spot, photo.shape[:2], strict=True):
        size = min(DETAIL_SIDE, length)
        sizes.append(size)
        starts.append(min(max(round(share * length) - size // 2, 0), length - size))
    (top, left), (height, width) = starts, sizes
    part = eight_bits(np.ascontiguousarray(photo[top : top + height, left : left + width]))
    for quality in DETAIL_QUALITIES:
        data = jpeg(part, quality)
        if len(data) <= DETAIL_BYTES:
            break
    return data, (left, top, width, height)


def overlay(sharpness):
    """A map as a tint to lay over the thumbnail.

    Parameters
    ----------
    sharpness : ndarray, (h, w), float32 in [0, 1]
        1 = in focus, NaN = unknown; on any grid.

    Returns
    -------
    bytes
        PNG of one colour with alpha: 0 out of focus and where the map is NaN, 96 of 255 in focus, in
        steps of 3. The longer side at most 180 pixels; never enlarged.
    """
    filled = np.nan_to_num(sharpness, nan=0.0).astype(np.float32)
    small = np.clip(resize.reduce_to(filled, resize.working_shape(filled.shape, MASK_SIDE)), 0, 1)
    tinted = np.empty((*small.shape, 4), np.uint8)
    tinted[..., :3] = TINT[::-1]
    tinted[..., 3] = np.rint(small * ALPHA_LEVELS) * ALPHA_STEP
    return png(tinted)


def left_out(content):
    """Stripes over what of a picture is not the photo: bars, frames, flat ground.

    Parameters
    ----------
    content : ops.borders.Content

    Returns
    -------
    bytes or None
        PNG, the longer side 180 pixels at most; None if all of it is the photo.
    """
    if content.is_whole:
        return None
    box = content.box
    inside = np.ones((box[1] - box[0], box[3] - box[2]), np.float32)
    whole = content.put_back(inside)
    small = resize.reduce_to(whole, resize.working_shape(whole.shape, MASK_SIDE)) < 0.5
    rows, columns = np.indices(small.shape)
    stripes = np.array(HATCH, np.uint8)[(rows + columns) // STRIPE % 2]
    stripes[~small] = 0
    return png(stripes[..., [2, 1, 0, 3]])


def jpeg(picture, quality):
    """(H, W, 3) uint8, RGB, as a JPEG."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), options)
    return data.tobytes()


def png(picture):
    """(H, W, 4) uint8, in OpenCV's order, as a PNG."""
    _, data = cv2.imencode(".png", picture)
    return data.tobytes()


def on_thumbnail(box, shape, size):
    """A box of (left, top, width, height) pixels of a photo of (H, W[, 3]), in pixels of its thumbnail of `size`."""
    scale = size[0] / shape[1], size[1] / shape[0]
    left, top, width, height = box
    right, bottom = math.ceil((left + width) * scale[0]), math.ceil((top + height) * scale[1])
    left, top = math.floor(left * scale[0]), math.floor(top * scale[1])
    return left, top, right - left, bottom - top
