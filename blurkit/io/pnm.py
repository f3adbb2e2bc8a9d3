"""PNM: PBM, PGM and PPM by Pillow and OpenCV; PAM is decoded here, since neither scales its values."""

import re

import numpy as np

from blurkit.errors import InputError, check_photo
from blurkit.io.pixels import as_rgb, by_opencv, opened, scaled, three, truncated

SUFFIXES = (".ppm", ".pgm", ".pbm", ".pnm", ".pam")
STARTS = tuple(b"P%d" % n for n in range(1, 8))
HEADER = re.compile(rb"P6(?:(?:\s|#[^\r\n]*[\r\n])+(\d+)){3}")  # its third number is the largest value
LONGEST_HEADER = 1 << 16  # bytes
PAM = b"P7"
PAM_END = re.compile(rb"^ENDHDR[ \t\r]*\n", re.MULTILINE)
PAM_KINDS = {  # tuple type -> how many planes it has, alpha included
    b"BLACKANDWHITE": 1,
    b"GRAYSCALE": 1,
    b"RGB": 3,
    b"BLACKANDWHITE_ALPHA": 2,
    b"GRAYSCALE_ALPHA": 2,
    b"RGB_ALPHA": 4,
}


def is_pnm(data):
    """True for PBM, PGM, PPM and PAM."""
    return data.startswith(STARTS)


def decode(data, wanted):
    """A photo from a PNM: (H, W, 3) uint8 or uint16."""
    if data.startswith(PAM):
        return decode_pam(data, wanted.max_pixels)
    picture = opened(data, "PpmImagePlugin", "PpmImageFile")
    check_photo(picture.width, picture.height, wanted.max_pixels)
    picture.load()
    if data.startswith(b"P6") and picture.mode == "RGB" and largest_value(data) > 255:
        array, largest = by_opencv(data, "PNM", picture.size), largest_value(data)
        check_range(array, largest)
        return np.rint(array * (65535 / largest)).astype(np.uint16)
    return as_rgb(picture)


def largest_value(data):
    """The largest value that the header of a PPM declares."""
    header = HEADER.match(data, 0, LONGEST_HEADER)
    if not header:
        raise InputError("cannot decode PNM: its header is too long")
    return int(header[1])


def check_range(array, largest):
    """Raise an InputError if values go above the largest that is declared."""
    if array.max() > largest:
        raise InputError(f"cannot decode PNM: has values up to {array.max()}, and declares {largest}")


# ---- PAM ----------------------------------------------------------------------


def decode_pam(data, max_pixels):
    """A photo from a PAM: (H, W, 3) uint8, or uint16 if its values go beyond 255; alpha is dropped."""
    width, height, depth, largest, start = pam_header(data)
    check_photo(width, height, max_pixels)
    kind = np.dtype(np.uint8 if largest <= 255 else ">u2")
    if start + width * height * depth * kind.itemsize > len(data):
        raise truncated("PNM")
    array = np.frombuffer(data, kind, width * height * depth, start).reshape(height, width, depth)
    check_range(array, largest)
    array = scaled(array[..., : 3 if depth > 2 else 1], largest)
    return np.ascontiguousarray(array) if depth > 2 else three(array[..., 0])


def pam_header(data):
    """(width, height, depth, largest value, offset of the pixels) of a PAM."""
    end = PAM_END.search(data, 0, LONGEST_HEADER)
    if not end:
        raise InputError("cannot decode PNM: the header of this PAM has no end")
    lines = [line.split() for line in data[len(PAM) : end.start()].splitlines() if not line.startswith(b"#")]
    fields = {words[0]: words[1] for words in lines if len(words) > 1}
    try:
        width, height, depth, largest = (int(fields[name]) for name in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"))
    except (KeyError, ValueError) as error:
        raise InputError("cannot decode PNM: the header of this PAM lacks a number") from error
    kind = fields.get(b"TUPLTYPE")
    if kind and PAM_KINDS.get(kind) != depth:
        what = f"a PAM of type {kind.decode('ascii', 'replace')} and {depth} planes"
        raise InputError(f"cannot decode PNM: {what} is not supported")
    if not 1 <= depth <= 4 or not 1 <= largest <= 65535 or min(width, height) < 0:
        what = f"a PAM of {depth} planes with values up to {largest}"
        raise InputError(f"cannot decode PNM: {what} is not supported")
    return width, height, depth, largest, end.end()
