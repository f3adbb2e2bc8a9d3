"""YUV4MPEG2, the uncompressed video of pipes: a header, and frames of luma and colour.

Values of limited range are brought to full range, as every player does; the header says what they are
(``XCOLORRANGE``), and they are limited where it does not. It does not name the matrix of the colours: BT.601 up to
576 lines and 1024 columns, BT.709 above. Colours between the stored ones are interpolated.
"""

import re
from collections import namedtuple
from fractions import Fraction

import cv2
import numpy as np

from blurkit.errors import InputError, check_photo
from blurkit.io.pixels import three, truncated

START = b"YUV4MPEG2"
FRAME = b"FRAME"
LONGEST_LINE = 1 << 12  # bytes of a header
COLOURS = re.compile(r"(mono|4\d\d)(?:jpeg|mpeg2|paldv)?(?:p?(9|10|12|14|16))?")
REDUCED = {"420": (2, 2), "422": (2, 1), "444": (1, 1), "411": (4, 1), "440": (1, 2)}  # by how much: (across, down)
USUAL = "420jpeg"  # where nothing is said
RATE = re.compile(r"(\d{1,9}):(\d{1,9})")
PROGRESSIVE = ("p", "?")
BT601, BT709 = (0.299, 0.114), (0.2126, 0.0722)  # weights of red and blue in luma
LARGEST_601 = 576, 1024  # (lines, columns)

Header = namedtuple("Header", "width height bits reduced is_full is_interlaced rate")
"""`reduced`: (across, down) of the colours, None without colour; `rate`: frames per second, a Fraction or None."""


def is_y4m(data):
    """True for YUV4MPEG2."""
    return data.startswith(START)


def header(line):
    """What the first line of a stream says, without its line end; an InputError if it cannot be read."""
    words = [word.decode("latin-1") for word in line.split(b" ")[1:] if word]
    fields = {word[0]: word[1:] for word in words if word[0] != "X"}
    if not all(fields.get(name, "").isdecimal() and len(fields[name]) < 10 for name in "WH"):
        raise InputError("cannot decode Y4M: its header lacks width or height")
    colours = fields.get("C", USUAL)
    kind = COLOURS.fullmatch(colours)
    if not kind or kind[1] not in (*REDUCED, "mono"):
        raise InputError(f"cannot decode Y4M: colours of the kind {colours} are not supported")
    rate = RATE.fullmatch(fields.get("F", ""))
    return Header(
        int(fields["W"]),
        int(fields["H"]),
        int(kind[2] or 8),
        REDUCED.get(kind[1]),
        "XCOLORRANGE=FULL" in words,
        fields.get("I", "?") not in PROGRESSIVE,
        Fraction(*map(int, rate.groups())) if rate and int(rate[1]) and int(rate[2]) else None,
    )


def shapes(head):
    """(H, W) of the planes of a frame, in their order."""
    whole = head.height, head.width
    if head.reduced is None:
        return [whole]
    across, down = head.reduced
    return [whole, *2 * [(-(-head.height // down), -(-head.width // across))]]


def frame_bytes(head):
    """Bytes of the planes of a frame."""
    return sum(height * width for height, width in shapes(head)) * (1 if head.bits == 8 else 2)


def decode(data, wanted):
    """The first frame of a Y4M: (H, W, 3), or (H, W) if luma alone is wanted; uint8, or uint16 of more than 8 bits."""
    line, _, rest = data[:LONGEST_LINE].partition(b"\n")
    head = header(line)
    check_photo(head.width, head.height, wanted.max_pixels)
    start = len(line) + 1 + len(rest.partition(b"\n")[0]) + 1
    if not rest.startswith(FRAME) or start + frame_bytes(head) > len(data):
        raise truncated("Y4M")
    planes = []
    for shape in shapes(head)[: 1 if wanted.luma else None]:
        plane = np.frombuffer(data, np.uint8 if head.bits == 8 else "<u2", shape[0] * shape[1], start)
        planes.append(plane.reshape(shape))
        start += plane.nbytes
    if len(planes) > 1:
        return coloured(planes, head)
    luma = full_range(planes[0], head)
    return luma if wanted.luma else three(luma)


def full_range(luma, head):
    """Luma from 0 to 255, or to 65535: (H, W), uint8 or uint16."""
    largest = (1 << head.bits) - 1
    if head.bits == 8 and head.is_full:
        return luma.copy()  # which may be written to, as all photos may
    kind, full = (np.uint8, 255) if head.bits == 8 else (np.uint16, 65535)
    low, span = limits(head)[:2]
    table = np.rint(np.clip((np.arange(largest + 1) - low) / span, 0, 1) * full).astype(kind)
    return cv2.LUT(luma, table) if head.bits == 8 else table[np.minimum(luma, largest)]


def limits(head):
    """(black, white - black, grey of the colours, their whole span) in the steps that are stored."""
    largest = (1 << head.bits) - 1
    step = 1 << head.bits - 8
    return (0, largest, 128 * step, largest) if head.is_full else (16 * step, 219 * step, 128 * step, 224 * step)


def coloured(planes, head):
    """A frame in RGB: (H, W, 3), uint8 or uint16."""
    low, span, middle, colour_span = limits(head)
    luma = (planes[0].astype(np.float32) - low) / span
    size = head.width, head.height
    blue, red = (
        (cv2.resize(plane.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) - middle) / colour_span
        for plane in planes[1:]
    )
    is_large = head.height > LARGEST_601[0] or head.width > LARGEST_601[1]
    of_red, of_blue = BT709 if is_large else BT601
    photo = np.empty((*luma.shape, 3), np.float32)
    photo[..., 0] = luma + 2 * (1 - of_red) * red
    photo[..., 2] = luma + 2 * (1 - of_blue) * blue
    photo[..., 1] = (luma - of_red * photo[..., 0] - of_blue * photo[..., 2]) / (1 - of_red - of_blue)
    kind, full = (np.uint8, 255) if head.bits == 8 else (np.uint16, 65535)
    return np.rint(np.clip(photo, 0, 1) * full).astype(kind)
