"""Sound files of every kind that is read, small ones, made of a real photo."""

import io
import json
from functools import cache

import cv2
import numpy as np
from PIL import Image
from skimage import data

from blurkit import patches
from blurkit.encode import encode_map
from blurkit.methods import METHODS, get, info
from blurkit.store import find_weights, read_weights, write_weights
from tests.files import ORIENTATION, saved, tiff

CHANGED = 0x0132  # EXIF tag
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
    }


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
    """{method: bytes} of the weights that ship."""
    return {method: find_weights(method).read_bytes() for method in METHODS}


def reweighed(method, change, /, **header):
    """The bytes of the weights of a method after `change` of its dict of arrays, with what the header is told besides."""
    arrays, _ = read_weights(weights()[method], method, get(method).SHAPES)
    arrays = {name: array.copy() for name, array in arrays.items()}
    change(arrays)
    return write_weights(arrays, {"method": method, **header})


def entry(value):
    """The header of weights as an NPY array."""
    return npy(np.array(json.dumps(value)))


@cache
def patch_sets():
    """{method: bytes} of a few patches of the scene."""
    made = {}
    for method in METHODS:
        source = info(method).learns_from
        photo = np.ascontiguousarray(data.chelsea())
        truth = np.full(photo.shape[:2], 255, np.uint8)
        picture, second, sigma = patches.picture(photo, truth if source == "masks" else None, 0, source, method, 0, 0)
        at = patches.centres(picture, second, 0, 6, method, 0, 0)
        made[method] = npy(patches.cut(picture, second, at, method, b"cat.png", 0, 0, sigma))
    return made
