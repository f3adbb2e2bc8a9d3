"""Arrays, pictures and reports as the bytes of files, what is in a folder, what commands read, and what is said of what cannot be read."""

import io
import os
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from blurkit import report
from blurkit.errors import InputError
from blurkit.io.photo import decode_photo

ORIENTATION, SOFTWARE = 0x0112, 0x0131  # EXIF tags
BYTE, ASCII, SHORT, LONG, RATIO, SIGNED_RATIO = 1, 2, 3, 4, 5, 10  # TIFF types
PACKED = {BYTE: "B", SHORT: "H", LONG: "I", RATIO: "I", SIGNED_RATIO: "i"}
SRGB_OF_XYZ = [
    n for value in (32406, -15372, -4986, -9689, 18758, 415, 557, -2040, 10570) for n in (value, 10000)
]  # IEC 61966-2-1, as ratios
DNG = {
    50706: (BYTE, [1, 4, 0, 0]),
    50708: (ASCII, b"Hand made\0"),
    50721: (SIGNED_RATIO, SRGB_OF_XYZ),
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


def npy(*several):
    """Arrays as an NPY stream."""
    out = io.BytesIO()
    for array in several:
        np.save(out, array)
    return out.getvalue()


def arrays(data):
    """All arrays of an NPY stream."""
    stream, found = io.BytesIO(data), []
    while stream.tell() < len(data):
        found.append(np.load(stream))
    return found


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
    """A little-endian TIFF directory to be put at a place, with the values that do not fit into it."""
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
    """A camera's TIFF: a directory with a JPEG as preview (or nothing), one below it with the mosaic, (H, W) uint16, the pixels."""
    height, width = mosaic.shape
    preview = preview or b""
    pixels = mosaic.astype("<u2").tobytes()
    about = {
        271: (ASCII, b"Maker\0"),
        272: (ASCII, b"Camera\0"),
        274: (SHORT, [orientation]),
        306: (ASCII, b"1970:01:01 00:01:00\0"),
        **marks,
    }
    below = {
        254: (LONG, [0]),
        256: (LONG, [width]),
        257: (LONG, [height]),
        258: (SHORT, [16]),
        259: (SHORT, [1]),
        262: (SHORT, [photometric]),
    }
    below |= {
        277: (SHORT, [1]),
        278: (LONG, [height]),
        33421: (SHORT, [2, 2]),
        33422: (BYTE, [0, 1, 1, 2]),
        50717: (LONG, [65535]),
    }
    top = about | {330: (LONG, [0])}
    if preview:
        size = Image.open(io.BytesIO(preview)).size
        top |= {
            254: (LONG, [1]),
            256: (LONG, [size[0]]),
            257: (LONG, [size[1]]),
            258: (SHORT, [8, 8, 8]),
            259: (SHORT, [7]),
            262: (SHORT, [6]),
        }
        top |= {277: (SHORT, [3]), 278: (LONG, [size[1]]), 273: (LONG, [0]), 279: (LONG, [len(preview)])}
    at_below = 8 + len(tiff_directory(top, 8))
    below |= {273: (LONG, [0]), 279: (LONG, [len(pixels)])}
    at_preview = at_below + len(tiff_directory(below, at_below))
    top[330] = LONG, [at_below]
    if preview:
        top[273] = LONG, [at_preview]
    below[273] = LONG, [at_preview + len(preview)]
    return b"II*\0\x08\0\0\0" + tiff_directory(top, 8) + tiff_directory(below, at_below) + preview + pixels


def jpeg(array, orientation=None, software=None):
    """Pixels as a JPEG with these EXIF tags, or without any."""
    tags = {tag: value for tag, value in ((ORIENTATION, orientation), (SOFTWARE, software)) if value}
    exif = Image.Exif()
    exif.update(tags)
    return saved(Image.fromarray(array), "JPEG", quality=95, **({"exif": exif} if tags else {}))


def row(path="photo.jpg", score=0.5, photo=GREY, sharp=SHARP, **more):
    """What a report is told of a photo."""
    tint = None if sharp is None else report.overlay(sharp)
    return {
        "path": path,
        "score": score,
        "sigma": 1.25,
        "coverage": 0.345,
        "noise": 2.06,
        "thumbnail": report.thumbnail(photo),
        "overlay": tint,
        **more,
    }


def made(rows, title="Photos", method="joint", facts=None):
    """The page of a report."""
    return b"".join(report.page(rows, title, method, {"photos": "3"} if facts is None else facts))


def listed(folder):
    """All files below a folder."""
    return sorted(
        os.path.relpath(os.path.join(here, name), folder) for here, _, names in os.walk(folder) for name in names
    )


def complaint(data, **options):
    """What is said of the bytes of a photo that cannot be decoded: one line."""
    with pytest.raises(InputError) as found:
        decode_photo(data, **options)
    assert "\n" not in str(found.value)
    return str(found.value)


def one_line(command, done):
    """Status 2, and one line of complaint after argparse's usage, if any."""
    assert done.status == CONFUSED
    *before, line = done.stderr.splitlines(keepends=True)
    assert line.startswith(command.encode() + b": ") and line.endswith(b"\n") and b"internal error" not in line
    assert not before or before[0].startswith(b"usage: ") and all(b.startswith(b" ") for b in before[1:])
    return line
