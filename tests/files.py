"""Arrays, pictures and reports as the bytes of files; the contents of folders; inputs and complaints of commands."""

import io
import json
import os
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from blurkit import previews, report
from blurkit.errors import InputError
from blurkit.io.boxes import placed
from blurkit.io.detections import read_boxes
from blurkit.io.photo import decode_photo

SHAPE = (200, 400)  # of the photo, upright, in which the boxes of `places` lie
ORIENTATION, SOFTWARE = 0x0112, 0x0131  # EXIF tags
BYTE, ASCII, SHORT, LONG, RATIO, SIGNED_RATIO = 1, 2, 3, 4, 5, 10  # TIFF types
PACKED = {BYTE: "B", SHORT: "H", LONG: "I", RATIO: "I", SIGNED_RATIO: "i"}
SRGB_OF_XYZ = (32406, -15372, -4986, -9689, 18758, 415, 557, -2040, 10570)  # IEC 61966-2-1, in ten-thousandths
DNG = {
    50706: (BYTE, [1, 4, 0, 0]),
    50708: (ASCII, b"Hand made\0"),
    50721: (SIGNED_RATIO, [number for value in SRGB_OF_XYZ for number in (value, 10_000)]),
    50728: (RATIO, [1] * 6),
    50778: (SHORT, [21]),
}
GREY, SHARP = np.full((40, 60, 3), 90, np.uint8), np.ones((10, 15), np.float32)  # a photo and its map
GOOD, CONFUSED = 0, 2  # exit status
TAKES = {  # what a command reads, and the options with which it needs nothing else
    "blur-map": ("photos", []),
    "blur-score": ("photos", []),
    "blur-patches": ("photos", ["--per-photo", "5"]),
    "blur-refine": ("maps", ["--method", "zeng", "--as-published"]),
    "blur-mask": ("maps", []),
    "blur-train": ("patches", []),
}


def scores(done):
    """The numbers of the lines of a command that ran well."""
    assert done.status == 0, done.stderr
    return [float(line.split(b"\t")[0]) for line in done.stdout.splitlines()]


def npy(*several):
    """Arrays as an NPY stream."""
    out = io.BytesIO()
    for array in several:
        np.save(out, array)
    return out.getvalue()


def arrays(data):
    """All arrays of an NPY stream."""
    stream, several = io.BytesIO(data), []
    while stream.tell() < len(data):
        several.append(np.load(stream))
    return several


def joined(pieces):
    """What was encoded piece by piece, as a file."""
    return b"".join(bytes(piece) for piece in pieces)


def saved(picture, form, **options):
    """A Pillow picture as a file."""
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def tiff(array, **options):
    """An array as a TIFF."""
    out = io.BytesIO()
    tifffile.imwrite(out, array, **options)
    return out.getvalue()


def tiff_directory(tags, at):
    """A little-endian TIFF directory for the offset `at`, with the values that do not fit into its entries."""
    body, beyond = struct.pack("<H", len(tags)), b""
    for tag, (kind, values) in sorted(tags.items()):
        packed = values if kind == ASCII else struct.pack(f"<{len(values)}{PACKED[kind]}", *values)
        count = len(values) // (2 if kind in (RATIO, SIGNED_RATIO) else 1)
        body += struct.pack("<HHI", tag, kind, count)
        if len(packed) > 4:
            body += struct.pack("<I", at + 6 + 12 * len(tags) + len(beyond))
            beyond += packed + bytes(len(packed) % 2)
        else:
            body += packed.ljust(4, b"\0")
    return body + bytes(4) + beyond


def camera_file(mosaic, preview=None, orientation=1, marks=DNG, photometric=32803):
    """A camera's TIFF: a directory with a JPEG as preview (or without), and one below it with the mosaic.

    Parameters
    ----------
    mosaic : (H, W) uint16
        Pixels of the sensor, RGGB.
    preview : bytes, optional
        A JPEG.
    """
    preview = preview or b""
    pixels = mosaic.astype("<u2").tobytes()
    top = {
        271: (ASCII, b"Maker\0"),
        272: (ASCII, b"Camera\0"),
        274: (SHORT, [orientation]),
        306: (ASCII, b"1970:01:01 00:01:00\0"),
        **marks,
        330: (LONG, [0]),  # where the other directory is, once that is clear
        **(preview_tags(preview) if preview else {}),
    }
    at_below = 8 + len(tiff_directory(top, 8))
    below = mosaic_tags(mosaic.shape, len(pixels), photometric)
    at_preview = at_below + len(tiff_directory(below, at_below))
    top[330] = LONG, [at_below]
    if preview:
        top[273] = LONG, [at_preview]
    below[273] = LONG, [at_preview + len(preview)]
    return b"II*\0\x08\0\0\0" + tiff_directory(top, 8) + tiff_directory(below, at_below) + preview + pixels


def preview_tags(preview):
    """The tags of a JPEG in a TIFF; its place is still 0."""
    width, height = Image.open(io.BytesIO(preview)).size
    return {
        254: (LONG, [1]),
        256: (LONG, [width]),
        257: (LONG, [height]),
        258: (SHORT, [8, 8, 8]),
        259: (SHORT, [7]),
        262: (SHORT, [6]),
        273: (LONG, [0]),
        277: (SHORT, [3]),
        278: (LONG, [height]),
        279: (LONG, [len(preview)]),
    }


def mosaic_tags(shape, size, photometric):
    """The tags of 16-bit RGGB pixels in a TIFF, `size` bytes; their place is still 0."""
    height, width = shape
    return {
        254: (LONG, [0]),
        256: (LONG, [width]),
        257: (LONG, [height]),
        258: (SHORT, [16]),
        259: (SHORT, [1]),
        262: (SHORT, [photometric]),
        273: (LONG, [0]),
        277: (SHORT, [1]),
        278: (LONG, [height]),
        279: (LONG, [size]),
        33421: (SHORT, [2, 2]),
        33422: (BYTE, [0, 1, 1, 2]),
        50717: (LONG, [65535]),
    }


def jpeg(array, orientation=None, software=None):
    """Pixels as a JPEG with these EXIF tags, or without any."""
    tags = {tag: value for tag, value in ((ORIENTATION, orientation), (SOFTWARE, software)) if value}
    exif = Image.Exif()
    exif.update(tags)
    return saved(Image.fromarray(array), "JPEG", quality=95, **({"exif": exif} if tags else {}))


def row(path="photo.jpg", score=0.5, photo=GREY, sharp=SHARP, **more):
    """The record of a photo in a report; `sharp` is its map, or None."""
    detail, box = previews.detail(photo, (0.5, 0.5))
    size = previews.thumbnail_size(photo.shape)
    return {
        "path": path,
        "is_file": True,
        "score": score,
        "sigma": 1.25,
        "coverage": 0.345,
        "cropped": 0.0,
        "noise": 2.06,
        "thumbnail": previews.thumbnail(photo),
        "overlay": None if sharp is None else previews.overlay(sharp),
        "hatch": None,
        "detail": detail,
        "size": size,
        "box": previews.on_thumbnail(box, photo.shape, size),
        **more,
    }


def made(rows, title="Photos", method="joint", facts=None, threshold=None, is_beside=False):
    """The page of a report."""
    facts = {"photos": "3"} if facts is None else facts
    return b"".join(report.page(rows, title, method, facts, threshold, is_beside))


def listed(folder):
    """The paths of all files below a folder, relative to it."""
    return sorted(
        os.path.relpath(os.path.join(here, name), folder) for here, _, names in os.walk(folder) for name in names
    )


def complaint(data, **options):
    """The error message for the bytes of a photo that cannot be decoded: one line."""
    with pytest.raises(InputError) as raised:
        decode_photo(data, **options)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def one_line(command, done):
    """The one line that a command with status 2 complains in, after argparse's usage, if any."""
    assert done.status == CONFUSED
    *before, line = done.stderr.splitlines(keepends=True)
    assert line.startswith(command.encode() + b": ") and line.endswith(b"\n") and b"internal error" not in line
    assert not before or before[0].startswith(b"usage: ") and all(b.startswith(b" ") for b in before[1:])
    return line


def table(content):
    """The `Table` of some JSON."""
    return read_boxes(json.dumps(content).encode())


def places(told, name="a.jpg", turn=1, shape=SHAPE):
    """(place, label, confidence) of each box of a photo."""
    return [(tuple(np.round(placed(box, shape, turn), 6)), box.label, box.confidence) for box in told.boxes[name]]
