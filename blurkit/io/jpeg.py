"""JPEG: decoded by libjpeg-turbo without its metadata, which may be broken; warnings of libjpeg count as damage.

simplejpeg decodes what it can, since it reports damage that libjpeg passes over. Pillow decodes the rest, and all
if simplejpeg is not installed. Both use the same decoder, and their pixels are the same.
"""

import math
import re
from collections import namedtuple

import cv2
import numpy as np

from blurkit.errors import InputError, check_photo
from blurkit.io.complaints import overheard
from blurkit.io.orientation import EXIF, SIDEWAYS, orientation
from blurkit.io.pixels import as_rgb, opened, truncated, upright

START = b"\xff\xd8\xff"
MARKER = re.compile(rb"\xff[^\xff\0]")
SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".jif", ".mpo")
XMP = b"http://ns.adobe.com/xap/1.0/\0"
APP0, APP1, APP14, COMMENT, END, SCAN = 0xE0, 0xE1, 0xEE, 0xFE, 0xD9, 0xDA  # markers
ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
APPLICATION = range(0xE0, 0xF0)
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
LOSSLESS = {0xC3, 0xC7, 0xCB, 0xCF}
PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
NEEDED = {APP0: (b"JFIF\0", 14), APP14: (b"Adobe", 12)}  # by which libjpeg knows the colours, and their least bytes
BLOCK = 8  # pixels
SCALES = (8, 4, 2)  # by which a decoder can reduce
SPARE = 1.9  # working sizes that a reduced photo has at least: scores stay within .01 (bench/study_score.py, `reduced`)
SHARPENING = {2: 0.067, 4: 0.085, 8: 0.090}  # by scale, see `for_area_reduction`
LEAST_KEPT = 15 / 16  # of a side; a photo that would lose more with its last blocks is not reduced
CODED = (  # warnings of libjpeg that mean damage
    *("premature end of data segment", "bad huffman code", "bad arithmetic code"),
    *("found marker", "inconsistent progression"),
)
FILE_ENDS = "premature end of jpeg file"

Parts = namedtuple("Parts", "kept frame exif xmp")
"""The segments of a JPEG without metadata, what its frame says, and two kinds of metadata."""
Frame = namedtuple("Frame", "marker bits width height samplings")
"""Samplings are (across, down) of each component."""


def is_jpeg(data):
    """True for JPEG and MPO."""
    return data.startswith(START)


def parts(data):
    """The `Parts` of a JPEG; an InputError if it ends before its first scan, or has no frame."""
    kept: list[bytes | memoryview] = [START[:2]]
    frame, tags, xmp = None, b"", b""
    view = memoryview(data)  # the scans are most of a file, and are copied once
    for marker, start, end in segments(data):
        body = data[start + 4 : end] if marker != SCAN else b""
        if marker == APP1 and body.startswith(EXIF):
            tags += body[len(EXIF) :]
        elif marker == APP1 and body.startswith(XMP):
            xmp = body[len(XMP) :]
        if marker in FRAMES and len(body) >= 6:
            frame = described(marker, body)
        if is_needed(marker, body):
            kept.append(view[start:end])
    if frame is None:
        raise InputError("cannot decode JPEG: it has no frame")
    return Parts(kept, frame, tags, xmp)


def plain(whole):
    """A JPEG without metadata, from its `Parts`."""
    return b"".join(whole.kept)


def is_needed(marker, body):
    """True for a segment that a decoder needs: no comments, and only metadata that defines the colours."""
    if marker == COMMENT:
        return False
    if marker not in APPLICATION:
        return True
    name, least = NEEDED.get(marker, (b"", 0))
    return bool(name) and body.startswith(name) and len(body) >= least


def segments(data):
    """(marker, start, end) of every segment; the last one begins with the first scan and ends with the file."""
    at, marker = 2, None
    while marker != SCAN:
        place = MARKER.search(data, at)  # what stands before it is passed over, as libjpeg does
        if not place:
            raise truncated("JPEG")
        at, marker = place.start(), data[place.start() + 1]
        end = at + 2
        if marker == END:
            raise InputError("cannot decode JPEG: it has no pixels")
        if marker not in ALONE:
            end += max(2, int.from_bytes(data[at + 2 : at + 4]))
            if end > len(data):
                raise truncated("JPEG")
            yield marker, at, len(data) if marker == SCAN else end
        at = end


def described(marker, body):
    """What a frame header says."""
    samplings = [divmod(body[at + 1], 16) for at in range(6, len(body) - 2, 3)]
    return Frame(marker, body[0], int.from_bytes(body[3:5]), int.from_bytes(body[1:3]), samplings[: body[5]])


def size(data):
    """(width, height) of a JPEG."""
    frame = parts(data).frame
    return frame.width, frame.height


def whole_shape(data, turned=1):
    """(H, W) of all of the photo in a JPEG, upright, by its header; `turned` as for `decode`."""
    whole = parts(data)
    width, height = whole.frame.width, whole.frame.height
    is_turned = (orientation(whole.exif, whole.xmp) or turned) in SIDEWAYS
    return (width, height) if is_turned else (height, width)


def turn(data):
    """The orientation of a JPEG, None if it names none."""
    whole = parts(data)
    return orientation(whole.exif, whole.xmp)


def metadata(data):
    """The EXIF of a JPEG."""
    return parts(data).exif


def decode(data, wanted, turned=1):
    """A photo from a JPEG, upright; `turned` is the orientation of one that names none.

    Returns
    -------
    ndarray, (H, W, 3), uint8, or (H, W) if luma alone was wanted and the JPEG has one
    """
    whole = parts(data)
    frame = whole.frame
    check_photo(frame.width, frame.height, wanted.max_pixels)
    if frame.bits != 8:
        raise InputError(f"cannot decode JPEG: it has {frame.bits} bits per channel; 8 are supported")
    is_larger = max(frame.width, frame.height) > (wanted.side or math.inf)
    luma = wanted.luma and (is_larger or not wanted.side) and is_plain(frame)
    scale = scale_of(frame, SPARE * wanted.side, luma) if is_larger else 1
    array = by_simplejpeg(whole, luma, scale)
    if array is None:
        array = by_pillow(whole, luma, scale)
    if scale > 1:
        array = for_area_reduction(without_padding(array, frame, luma, scale), scale, wanted.side)
    return upright(array, orientation(whole.exif, whole.xmp) or turned)


def is_plain(frame):
    """True for a JPEG whose first component is its luma, if it has more than one."""
    return len(frame.samplings) in (1, 3) and frame.marker not in LOSSLESS


def block(frame, luma):
    """(width, height) in pixels of the largest block of a component that is decoded."""
    used = frame.samplings[: 1 if luma else None]
    if len(frame.samplings) == 1:
        return BLOCK, BLOCK
    across, down = (
        BLOCK * max(sampling[axis] for sampling in frame.samplings) // max(1, min(sampling[axis] for sampling in used))
        for axis in (0, 1)
    )
    return across, down


def inside(frame, luma):
    """(width, height) in pixels of the area that whole blocks cover."""
    across, down = block(frame, luma)
    return frame.width - frame.width % across, frame.height - frame.height % down


def scale_of(frame, least, luma):
    """By how much a JPEG may be reduced as it is decoded, so that `least` pixels are left of its longer side."""
    covered = inside(frame, luma)
    if frame.marker in LOSSLESS or covered[0] < LEAST_KEPT * frame.width or covered[1] < LEAST_KEPT * frame.height:
        return 1
    return next((scale for scale in SCALES if max(covered) // scale >= least), 1)


def without_padding(array, frame, luma, scale):
    """A reduced JPEG without the blocks that go beyond the photo.

    Encoders fill them as they like, with black or with the last row again, and a reduced block mixes both.
    """
    width, height = inside(frame, luma)
    return array[: height // scale, : width // scale]


def for_area_reduction(array, scale, side):
    """A reduced JPEG that gives at the working size what the whole photo would.

    A reduction by areas takes pixels for even squares, which softens unless whole pixels make one of the result, and
    pixels that a decoder has reduced are `scale` times as large as those of the photo. Three taps along both axes undo
    the difference, sinc(f / scale) / sinc(f) at f cycles per pixel, best over all frequencies in the sense of least
    squares.

    Parameters
    ----------
    array : ndarray, (H, W[, 3]), uint8
    scale : int
        By how much the decoder has reduced it; of `SCALES`.
    side : int, pixels
        The longer side to which it will be reduced by areas.

    Returns
    -------
    ndarray of the same shape, uint8
    """
    if max(array.shape[:2]) % side == 0:
        return array
    edge = SHARPENING[scale]
    taps = np.array([-edge, 1 + 2 * edge, -edge], np.float32)
    return cv2.sepFilter2D(array, -1, taps, taps, borderType=cv2.BORDER_REPLICATE)


def by_simplejpeg(whole, luma, scale):
    """The pixels of a JPEG; None if simplejpeg cannot decode it; an InputError if libjpeg reports damage."""
    frame = whole.frame
    if not is_plain(frame):
        return None
    try:
        import simplejpeg
    except ImportError:
        return None
    wanted = {"min_width": -(-frame.width // scale), "min_height": -(-frame.height // scale)} if scale > 1 else {}
    try:
        array = simplejpeg.decode_jpeg(plain(whole), "GRAY" if luma else "RGB", strict=True, **wanted)
    except ValueError as error:
        check_warnings(str(error))
        return None  # not damage, or Pillow says it better
    return array[..., 0] if luma else array


def by_pillow(whole, luma, scale):
    """The pixels of a JPEG by Pillow, which reads all kinds, but reports only files that are too short.

    libjpeg repeats the last block in place of missing ones, or leaves a progressive JPEG coarse. A picture that looks
    so is decoded once more by OpenCV, which passes on the warnings of libjpeg.
    """
    data = plain(whole)
    picture = opened(data, "JpegImagePlugin", "JpegImageFile")
    if luma or scale > 1:
        picture.draft("L" if luma else None, (picture.width // scale, picture.height // scale))
    picture.load()
    array = np.asarray(picture) if luma else as_rgb(picture)
    marker = whole.frame.marker
    if marker not in LOSSLESS and (marker in PROGRESSIVE or (array[-1] == array[-1, -1]).all()):
        with overheard() as heard:
            cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8)
        check_warnings(heard.text)
    return array


def check_warnings(text):
    """Raise an InputError if a message of libjpeg means damage."""
    messages = text.lower().strip()
    if FILE_ENDS in messages:
        raise truncated("JPEG")
    for line in messages.splitlines():
        if any(words in line for words in CODED):
            raise InputError(f"cannot decode JPEG: damaged: {line.removeprefix('corrupt jpeg data: ')}")
