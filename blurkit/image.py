"""Photos, maps and masks: bytes in, arrays out (``encode`` is the way back).

Photos are judged by content, never by suffix. Nothing here opens a file; the
commands hand over bytes and binary streams.
"""

import importlib
import io
import re
import warnings

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from blurkit import heif, intact, raw
from blurkit.errors import InputError, check_photo
from blurkit.limits import MAX_PIXELS, SCORE_SIDE
from blurkit.npy import NPY_MAGIC

FORMATS = {  # how a file begins, what Pillow calls it, which of its modules reads it
    b"\xff\xd8\xff": ("JPEG", "JpegImagePlugin"),
    b"\x89PNG": ("PNG", "PngImagePlugin"),
    b"II*\0": ("TIFF", "TiffImagePlugin"),
    b"MM\0*": ("TIFF", "TiffImagePlugin"),
    b"RIFF": ("WEBP", "WebPImagePlugin"),
    b"GIF8": ("GIF", "GifImagePlugin"),
    b"BM": ("BMP", "BmpImagePlugin"),
    **{b"P%d" % n: ("PPM", "PpmImagePlugin") for n in range(1, 7)},
}
TURNED = {  # EXIF orientation -> what undoes it
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a.swapaxes(0, 1)[::-1],
}
UNDECODABLE = (*raw.DAMAGED, EOFError, RuntimeError)  # on damaged files
ORIENTATION = 0x0112  # EXIF tag
STRIP = 16384  # pixels taken over from Pillow at a time; few enough that the allocator does not return its buffers each time
SIGNS_OF_TRUNCATION = ("truncated", "eof", "not enough", "unexpected end", "insufficient")
PFM_MAGIC = (b"Pf\n", b"PF\n")
PNM_HEADER = re.compile(rb"P6(?:(?:\s|#[^\r\n]*[\r\n])+(\d+)){3}")  # its third number is the largest value
PNM_LONGEST = 1 << 16  # bytes of it


# ---- photos ---------------------------------------------------------------


def decode_photo(data, max_pixels=MAX_PIXELS, develop=False, least=None, luma=False):
    """A photo from the bytes of its file, upright.

    EXIF orientation is applied. Grey, palette and CMYK become RGB; alpha is dropped; 16 bits are
    kept; of several pages the first is taken. Colour profiles are not applied. Of a RAW file the
    largest preview in it is taken.

    Parameters
    ----------
    data : bytes
    max_pixels : int
    develop : bool, optional
        Develop a RAW file instead.
    least : int, optional
        Pixels; a JPEG is decoded at a half, a quarter or an eighth of its size, which is faster, as long as that leaves
        its longer side so long.
    luma : bool
        Of a JPEG in colour decode luma alone, which is faster still.

    Returns
    -------
    ndarray, (H, W, 3), uint8 or uint16, RGB; or (H, W), uint8, where `luma` was decoded

    Raises
    ------
    InputError
        Empty, unknown, damaged, truncated or too large; or what it needs is not installed.
    """
    if heif.is_heic(data):
        try:
            return heif.decode_heic(data, max_pixels)
        except UNDECODABLE as error:
            raise InputError(f"cannot decode HEIC: {reason(error)}") from error
    if raw.is_raw(data):
        return raw.develop(data, max_pixels) if develop else decode_preview(data, max_pixels, least, luma)
    return decode_picture(data, max_pixels, least, luma)


def decode_preview(data, max_pixels, least, luma):
    """The largest preview in a RAW file, upright; an InputError where it is too small to tell sharpness."""
    found, orientation, longer = raw.preview(data)
    is_jpeg = isinstance(found, bytes)
    found = raw.without_libraws_exif(found) if is_jpeg else found
    try:
        width, height = open_picture(found, max_pixels).size if is_jpeg else found.shape[1::-1]
        check_photo(width, height, max_pixels)
        if max(width, height) < min(SCORE_SIDE, longer / 2):
            raise InputError(f"has {width}x{height} pixels only; {raw.NOT_DEVELOPED}")
        return decode_picture(found, max_pixels, least, luma, orientation) if is_jpeg else upright(found, orientation)
    except InputError as error:
        raise InputError(f"its preview: {error}") from error


def decode_picture(data, max_pixels, least, luma, orientation=1):
    """What Pillow knows, as `decode_photo`; with an orientation for a file that names none."""
    picture = open_picture(data, max_pixels)
    kind = "JPEG" if picture.format == "MPO" else picture.format
    try:
        stated = picture.getexif().get(ORIENTATION)
        orientation = stated or orientation
        if kind == "PNG":
            intact.check_png(data)
        elif kind == "TIFF":
            intact.check_tiff(data, picture)
        if kind == "JPEG" and (least or luma):
            longer = max(picture.size)
            picture.draft("L" if luma else None, tuple((least or longer) if side == longer else 1 for side in picture.size))
        picture.load()  # also for 16-bit colour: Pillow notices truncation, OpenCV does not
        if kind == "PNG":
            intact.check_rows(data, picture)
        if is_deep_colour(picture, data):
            return upright(decode_deep(data, kind, picture.size), 1 if kind == "TIFF" else orientation)  # OpenCV turns TIFF itself
        if picture.getexif().get(ORIENTATION) != stated:
            orientation = 1  # Pillow has turned the picture and says so
        return upright(np.asarray(picture) if luma and picture.mode == "L" else as_rgb(picture), orientation)
    except UNDECODABLE as error:
        raise InputError(f"cannot decode {kind}: {reason(error)}") from error


def open_picture(data, max_pixels):
    """Pillow's lazy picture, checked for kind and size; nothing decoded yet."""
    if not data:
        raise InputError("empty file")
    if data.startswith(NPY_MAGIC):
        raise InputError("is an NPY array, not a photo")
    kind, module = next((f for start, f in FORMATS.items() if data.startswith(start)), (None, None))
    if heif.is_avif(data):
        heif.check_avif(data, max_pixels)
        kind, module = "AVIF", "AvifImagePlugin"
    if kind is None:
        raise InputError(f"not a photo: {' '.join(dict.fromkeys(k for k, _ in FORMATS.values()))} AVIF HEIC RAW are known")
    importlib.import_module(f"PIL.{module}")
    Image.MAX_IMAGE_PIXELS = None  # our own guard follows, with the user's number
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data), formats=[kind])
    except UNDECODABLE as error:
        raise InputError(f"cannot decode {kind}: {reason(error)}") from error
    check_photo(*picture.size, max_pixels)
    return picture


def is_deep_colour(picture, data):
    """True for 16-bit colour, which Pillow would cut to 8 bits."""
    if picture.format == "PNG":
        return data[24:25] == b"\x10" and data[25:26] in (b"\x02", b"\x04", b"\x06")
    if picture.format == "TIFF":
        bits = picture.tag_v2.get(intact.BITS, (8,))
        return max(bits) == 16 and len(bits) > 1
    if picture.format == "PPM":
        return data[:2] == b"P6" and picture.mode == "RGB" and pnm_maximum(data) > 255
    return False


def pnm_maximum(data):
    """The largest value a PPM header declares."""
    found = PNM_HEADER.match(data, 0, PNM_LONGEST)
    if not found:
        raise InputError("cannot decode PPM: its header is too long")
    return int(found[1])


def decode_deep(data, kind, size):
    """16-bit grey + alpha or colour, by OpenCV: (H, W, 3) uint16; `size` is what Pillow says, turned or not."""
    try:
        array = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise InputError(f"cannot decode {kind}: 16-bit photo is too wide or too high for OpenCV") from error
    if array is None or array.dtype != np.uint16 or sorted(array.shape[:2]) != sorted(size):
        raise InputError(f"cannot decode {kind}: 16-bit layout not supported")
    if kind == "PPM":
        intact.check_range(array, pnm_maximum(data))
        array = np.rint(array * (65535 / pnm_maximum(data))).astype(np.uint16)
    if array.ndim == 2 or array.shape[2] == 2:
        return np.repeat(array.reshape(*array.shape[:2], -1)[..., :1], 3, axis=2)
    return np.ascontiguousarray(array[..., 2::-1])


def upright(array, orientation):
    """Undo an EXIF orientation on (H, W, ...)."""
    return np.ascontiguousarray(TURNED.get(orientation, lambda a: a)(array))


def as_rgb(picture):
    """A decoded Pillow picture as (H, W, 3) uint8 or uint16."""
    if picture.mode.startswith("I;16") or picture.mode == "I":
        grey = np.asarray(picture)
        if grey.min() < 0 or grey.max() > 65535:
            raise InputError("photo has 32-bit values; 8 and 16 bits are supported")
        if picture.format == "TIFF" and picture.tag_v2.get(intact.PHOTOMETRIC) == 0:  # white is 0, which Pillow knows of 8 bits alone
            grey = 65535 - grey
        return np.repeat(grey.astype(np.uint16)[..., None], 3, axis=2)
    if picture.mode == "F":
        raise InputError("photo has floating-point pixels; 8 and 16 bits are supported")
    width, height = picture.size
    found = np.empty((height, width, 3), np.uint8)
    rows = max(1, STRIP // width)
    for top in range(0, height, rows):  # a whole photo at once takes Pillow four times as long, and one more copy
        bottom = min(top + rows, height)
        part = picture.crop((0, top, width, bottom))
        found[top:bottom] = np.asarray(part if part.mode == "RGB" else part.convert("RGB"))
    return found


def reason(error):
    """A library's complaint in our words where we have them."""
    if isinstance(error, UnidentifiedImageError):
        return "damaged, truncated or of a kind that is not supported"
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return "truncated" if any(sign in text.lower() for sign in SIGNS_OF_TRUNCATION) else text


def decode_truth(data, max_pixels=MAX_PIXELS, truth_is="sharp"):
    """A truth mask from the bytes of an image file: (H, W) uint8, 255 in focus, 0 out of focus, else unknown.

    `truth_is`, 'sharp' or 'blurred', says what white means in the file.
    """
    truth = decode_photo(data, max_pixels)[..., 0]
    if truth.dtype == np.uint16:
        truth = (truth // 257).astype(np.uint8)
    return np.ascontiguousarray(truth if truth_is == "sharp" else 255 - truth)


def decode_segments(data, max_pixels=MAX_PIXELS):
    """Region numbers from 0 up, one per value, from the bytes of a grey (8/16-bit) or RGB image: (H, W) int64."""
    picture = decode_photo(data, max_pixels).astype(np.int64)
    _, numbers = np.unique((picture[..., 0] << 32) | (picture[..., 1] << 16) | picture[..., 2], return_inverse=True)
    return numbers.reshape(picture.shape[:2])


# ---- maps -----------------------------------------------------------------


def as_map(array, raw=False, sigma=False):
    """An array of any numeric type as a map: (H, W) float32 in [0, 1]; if `raw`, (2, H, W) passes too.

    If `sigma`, it is blur in pixels and may exceed 1. Integers and booleans are scaled by their largest value. An InputError: another
    shape, empty, not numeric, NaN, out of range."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    planes = array.ndim == 3 and array.shape[0] == 2
    if not array.size or array.ndim != 2 and not (planes and raw):
        raise InputError(f"map has shape {array.shape}; it must be (H, W)" + "; raw maps of two planes need blur-refine first" * planes)
    if array.dtype.kind == "b":
        return array.astype(np.float32)
    if array.dtype.kind == "u":
        return array.astype(np.float32) / np.float32(np.iinfo(array.dtype).max)
    if array.dtype.kind != "f":
        raise InputError(f"map has values of type {array.dtype}; floating point or unsigned integers are needed")
    low, high = array.min(), array.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InputError("map holds NaN or infinite values")
    if low < 0 or high > 1 and not sigma:
        raise InputError(f"map values run from {low:g} to {high:g}; they must " + ("not be negative" if sigma else "lie in [0, 1]"))
    return np.ascontiguousarray(array, dtype=np.float32)


def decode_map(data, max_pixels=MAX_PIXELS):
    """A map from the bytes of a PNG, TIFF or PFM: (H, W) float32 in [0, 1]."""
    if data.startswith(PFM_MAGIC):
        return as_map(decode_pfm(data, max_pixels))
    picture = open_picture(data, max_pixels)
    if picture.mode == "F":
        try:
            if picture.format == "TIFF":
                intact.check_tiff(data, picture)
            return as_map(np.array(picture))
        except UNDECODABLE as error:
            raise InputError(f"cannot decode {picture.format}: {reason(error)}") from error
    photo = decode_photo(data, max_pixels)
    if (photo[..., 0] != photo[..., 1]).any() or (photo[..., 0] != photo[..., 2]).any():
        raise InputError("is a colour picture, not a map")
    return as_map(photo[..., 0])


def decode_pfm(data, max_pixels):
    """Portable float map, one channel: rows from the bottom up, byte order by the sign of the scale."""
    try:
        kind, size, scale, pixels = data.split(b"\n", 3)
        width, height = map(int, size.split())
        order = "<" if float(scale) < 0 else ">"
    except ValueError as error:
        raise InputError("PFM header is damaged") from error
    if kind != b"Pf" or min(width, height) < 1 or width * height > max_pixels:
        raise InputError(f"PFM is {width}x{height}; one channel and at most {max_pixels} pixels are supported")
    if len(pixels) != 4 * width * height:
        raise InputError(f"PFM is truncated: {len(pixels)} of {4 * width * height} bytes")
    return np.frombuffer(pixels, order + "f4").reshape(height, width)[::-1]
