"""Sound files of every kind that is read, small ones, made of a real photo."""

import io
import json
import struct
import zlib
from functools import cache

import cv2
import numpy as np
from PIL import Image
from skimage import data

from blurkit import patches
from blurkit.io.encode import encode_map
from blurkit.io.weights import find_weights, read_weights, write_weights
from blurkit.methods import METHODS, PARTS, get, has_own_score, info, weights_name
from tests.files import LONG, ORIENTATION, SHORT, saved, tiff, tiff_directory

CHANGED = 0x0132  # EXIF tag
WITH_MORE = ("png", "png palette")  # PNGs with chunks that make no pixels, where damage costs nothing
LEARNED = [(name, part) for name in METHODS for part in PARTS if part == "map" or has_own_score(name)]
ONE_TILE = ("joint", "map")  # whose records are large
HEIGHT, WIDTH = 64, 96  # pixels; no format fills up rows or tiles of this size


@cache
def scene():
    """A cat's face, (64, 96, 3) uint8."""
    return np.ascontiguousarray(data.chelsea()[60:188:2, 84:276:2])


def npy(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version, allow_pickle=True)
    return out.getvalue()


@cache
def photos():
    """{name: bytes}; the first word of a name is the format."""
    picture, deep = Image.fromarray(scene()), scene().astype(np.uint16) * 257
    grey, tags = picture.convert("L"), Image.Exif()
    tags[ORIENTATION], tags[CHANGED] = 6, "2024:05:06 07:08:09"
    turned = {"exif": tags}
    alpha = Image.fromarray(np.dstack([scene(), scene()[..., 0]]))
    return {
        "jpeg": saved(picture, "JPEG", **turned),
        "jpeg progressive": saved(picture, "JPEG", progressive=True, subsampling=0),
        "jpeg cmyk": saved(picture.convert("CMYK"), "JPEG"),
        "jpeg grey": saved(grey, "JPEG", quality=40),
        "png": saved(picture, "PNG", **turned),
        "png palette": saved(picture.quantize(64), "PNG", transparency=3),
        "png grey alpha": saved(grey.convert("LA"), "PNG"),
        "png deep": cv2.imencode(".png", deep)[1].tobytes(),
        "png deep grey": cv2.imencode(".png", deep[..., 0])[1].tobytes(),
        "png stored": saved(picture, "PNG", compress_level=0),
        "tiff": saved(picture, "TIFF", **turned),
        "tiff lzw": saved(picture, "TIFF", compression="tiff_lzw"),
        "tiff deflate": saved(grey, "TIFF", compression="tiff_adobe_deflate"),
        "tiff strips": tiff(scene(), rowsperstrip=8, photometric="rgb"),
        "tiff tiles": tiff(scene(), tile=(32, 32), photometric="rgb", byteorder=">"),
        "tiff deep": tiff(deep, rowsperstrip=16, photometric="rgb"),
        "webp": saved(picture, "WEBP"),
        "webp lossless": saved(picture, "WEBP", lossless=True),
        "webp alpha": saved(alpha, "WEBP", **turned),
        "gif": saved(picture.quantize(64), "GIF"),
        "bmp": saved(picture, "BMP"),
        "ppm": saved(picture, "PPM"),
        "ppm deep": b"P6\n96 64\n65535\n" + deep.astype(">u2").tobytes(),
        "ppm grey": saved(grey, "PPM"),
        "ppm plain": b"P2\n96 64\n255\n" + " ".join(map(str, scene()[..., 0].ravel())).encode() + b"\n",
        "y4m": b"YUV4MPEG2 W96 H64 F25:1\nFRAME\n" + cv2.cvtColor(scene(), cv2.COLOR_RGB2YUV_I420).tobytes(),
        "y4m deep": b"YUV4MPEG2 W96 H64 Cmono16 XCOLORRANGE=FULL\nFRAME\n" + deep[..., 0].tobytes(),
        **rare_photos(),
    }


def rare_photos():
    """As `photos`: what few programs write."""
    deep = scene().astype(np.uint16) * 257
    inks, grey = np.dstack([deep, deep[..., 0]]), Image.fromarray(scene()).convert("L")
    file_header = struct.pack("<IHHI", 66 + 2 * grey.width * grey.height, 0, 0, 66)
    picture_header = struct.pack("<IiiHHIIiiII", 40, *grey.size, 1, 16, 3, 0, 0, 0, 0, 0)
    masked = file_header + picture_header + struct.pack("<III", 0xF00, 0xF0, 0xF)
    return {
        "pam": b"P7\nWIDTH 96\nHEIGHT 64\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n" + scene().tobytes(),
        "pam deep": b"P7\nWIDTH 96\nHEIGHT 64\nDEPTH 3\nMAXVAL 65535\nENDHDR\n" + deep.astype(">u2").tobytes(),
        "bigtiff": tiff(scene(), rowsperstrip=8, photometric="rgb", bigtiff=True),
        "bigtiff inks": tiff(inks, photometric="separated", bigtiff=True),
        "tiff12": twelve_bits(deep[..., 0] >> 4),
        "tiff inks": tiff(inks, photometric="separated", rowsperstrip=16),
        "tiff fax": saved(grey.convert("1"), "TIFF", compression="group4"),
        "apng": animated(deep),
        "bmp masks": b"BM" + masked + (deep[..., 0] >> 4).astype("<u2").tobytes(),
    }


def twelve_bits(grey):
    """A TIFF of 12-bit grey, two values in three bytes."""
    first, second = grey[:, ::2].astype(int), grey[:, 1::2].astype(int)
    body = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], axis=2).astype(np.uint8).tobytes()
    tags = {256: (SHORT, [WIDTH]), 257: (SHORT, [HEIGHT]), 258: (SHORT, [12]), 259: (SHORT, [1]), 262: (SHORT, [1])}
    tags |= {273: (LONG, [0]), 277: (SHORT, [1]), 278: (SHORT, [HEIGHT]), 279: (LONG, [len(body)])}
    tags[273] = LONG, [8 + len(tiff_directory(tags, 8))]
    return b"II*\0\x08\0\0\0" + tiff_directory(tags, 8) + body


def animated(deep):
    """An APNG of 16 bits whose still picture is no frame of it."""
    data = cv2.imencode(".png", deep[..., ::-1])[1].tobytes()
    body = b"fdAT\0\0\0\1" + zlib.compress(bytes(HEIGHT * (1 + 6 * WIDTH)))
    frame = b"fcTL" + struct.pack(">IIIIIHHBB", 0, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0)
    pieces = [b"acTL" + struct.pack(">II", 1, 0), frame, body]
    count, *rest = (struct.pack(">I", len(p) - 4) + p + struct.pack(">I", zlib.crc32(p)) for p in pieces)
    return data[:33] + count + data[33:-12] + b"".join(rest) + data[-12:]


@cache
def bombs():
    """{format: bytes}: sound pictures of 36 million pixels in a few thousand bytes."""
    black = Image.new("1", (6000, 6000))
    options = {"PNG": {}, "TIFF": {"compression": "tiff_adobe_deflate"}, "GIF": {}, "JPEG": {"quality": 1}}
    return {form: saved(black.convert("L") if form == "JPEG" else black, form, **options[form]) for form in options}


@cache
def maps():
    """{name: bytes}; the first word of a name is the format."""
    sharpness = scene()[..., 1].astype(np.float32) / 255
    return {
        "npy": npy(sharpness),
        "npy double": npy(sharpness.astype(">f8")),
        "npy half": npy(np.asfortranarray(sharpness.astype(np.float16))),
        "npy bytes": npy(scene()[..., 1]),
        "npy words": npy(scene()[..., 1].astype(">u2")),
        "npy truth": npy(sharpness > 0.5, (2, 0)),
        **{form: b"".join(map(bytes, encode_map(sharpness, form))) for form in ("png", "tiff", "pfm")},
    }


@cache
def raw_map():
    """A raw map of park as NPY: value and weight."""
    value = scene()[..., 1].astype(np.float32) / 255
    return npy(np.stack([value, np.ones_like(value)]) * (value > 0.6))


@cache
def masks():
    """{name: bytes}: truths and segmentations of the scene, in PNG."""
    left = np.zeros((HEIGHT, WIDTH), np.uint8)
    left[:, : WIDTH // 2] = 255
    return {"truth": saved(Image.fromarray(left), "PNG"), "segments": saved(Image.fromarray(left // 51), "PNG")}


@cache
def weights():
    """{(method, part): bytes} of the weights that ship."""
    return {learned: find_weights(weights_name(*learned)).read_bytes() for learned in LEARNED}


def reweighed(learned, change, /, **header):
    """The bytes of weights after `change` of their dict of arrays, with more in their header."""
    method, part = learned
    arrays, _ = read_weights(weights()[learned], method, get(*learned).SHAPES, part)
    arrays = {name: array.copy() for name, array in arrays.items()}
    change(arrays)
    return write_weights(arrays, {"method": method, "part": part, **header})


def entry(value):
    """The header of weights as an NPY array."""
    return npy(np.array(json.dumps(value)))


@cache
def patch_sets():
    """{(method, part): bytes} of a few patches of the scene."""
    made = {}
    for method, part in LEARNED:
        source = info(method).learns_from
        photo = np.ascontiguousarray(data.chelsea())
        truth = np.full(photo.shape[:2], 255, np.uint8)
        mask = truth if source == "masks" else None
        picture, companion, sigma = patches.picture(photo, mask, 0, source, method, 0, 0)
        at = patches.centres(picture, companion, 0, 1 if (method, part) == ONE_TILE else 6, method, 0, 0, part)
        made[method, part] = npy(patches.cut(picture, companion, at, method, b"cat.png", 0, 0, sigma, part))
    return made
