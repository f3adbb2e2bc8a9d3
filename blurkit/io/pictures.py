"""Streams of pictures: the bytes of one picture after the other, nothing decoded.

JPEG, PNG, PNM, BMP and WebP follow one another as ``cat`` and ffmpeg's image2pipe write them; a frame of YUV4MPEG2
becomes a stream of one frame. Other formats do not tell where they end: such a picture must be the only one.
"""

import re
from fractions import Fraction
from typing import NamedTuple

from blurkit.defaults import MAX_PIXELS, MOST_BYTES
from blurkit.errors import InputError, check_photo
from blurkit.io import extent, jpeg, plain, png, pnm, raw, tiff, y4m
from blurkit.io.photo import FORMATS, check_not_video, format_of
from blurkit.io.pixels import truncated
from blurkit.io.reader import Reader

ENDS = (  # how a picture begins, and what finds its end
    (jpeg.START, extent.jpeg_end),
    (png.START, extent.png_end),
    *((start + space, extent.pnm_end) for start in pnm.STARTS for space in (b" ", b"\t", b"\r", b"\n", b"#")),
    (b"BM", extent.bmp_end),
)
RIFF = b"RIFF"
PADDING = b"\0\t\n\v\f\r "  # between pictures, as cameras and text tools leave it
# Of trailers that phones put behind a photo: an MP4, and pieces with names such as MotionPhoto_Data.
TRAILER = re.compile(rb"....ftyp|\0\0..[\x04-\x40]\0\0\0[A-Z]\w{3}", re.S)
# Starts of pictures, long enough not to come about by chance.
SURE_START = re.compile(
    rb"\xff\xd8\xff(?:\xe0..JFIF\0|\xe1..Exif\0|\xdb\0[\x43\x84]|\xfe\0.Lavc)|\x89PNG\r\n\x1a\n....IHDR", re.S
)
LONGEST_START = 16  # bytes of it


class Picture(NamedTuple):
    """One picture of a stream."""

    data: bytes
    """As the bytes of a file of its own."""
    time: Fraction | None = None
    """Seconds from the start of the stream, if it says so."""
    is_frame: bool = False
    """It is a frame of a video, whatever follows."""
    is_interlaced: bool = False
    others: int = 0
    """Pages of the same TIFF that are passed over."""


def pictures(stream, max_pixels=MAX_PIXELS, most=MOST_BYTES, pages=False):
    """Every picture of a stream, one in memory at a time.

    A photo of several parts (MPO, Ultra HDR, motion photos) is one picture.

    Parameters
    ----------
    stream : binary file object
    max_pixels : int
        Larger pictures are refused where the bytes before the pixels say their size.
    most : int
        Bytes of a picture; larger ones are refused.
    pages : bool
        Every page of a TIFF is a picture.

    Yields
    ------
    Picture
        At least one: an empty stream is an empty picture.

    Raises
    ------
    InputError
        What follows is no picture, or none that can follow another; its number is one above those yielded.
    """
    reader, number, clock = Reader(stream, most), 0, Fraction(0)
    while True:
        find_end = finder(reader)
        if find_end is frames:
            for picture, end in frames(reader, max_pixels, clock):
                yield picture
                number, clock = number + 1, end
        elif find_end is None:
            yield from alone(reader, pages)
            return
        else:
            size = find_end(reader, max_pixels)
            yield Picture(reader.rest() if size is None else reader.take(size))
            number += 1
        if not goes_on(reader, number):
            return


def finder(reader):
    """What finds the end of the picture that comes, or its `frames`; None if it must be the only one."""
    reader.fill(len(png.START))
    if reader.held.startswith(y4m.START[: len(png.START)]):
        return frames
    if reader.held.startswith(RIFF) and reader.fill(12) and plain.is_webp(reader.held[:12]):
        return extent.webp_end
    return next((find for start, find in ENDS if reader.held.startswith(start)), None)


def alone(reader, pages):
    """The one picture in all that is left, or the pages of a TIFF."""
    reader.fill(extent.HEAD)
    check_not_video(bytes(reader.held[: extent.HEAD]))  # before all of it is read
    data = reader.rest()
    several = tiff.pages(data) if tiff.is_tiff(data) and not raw.is_raw(data) else []
    if pages and len(several) > 1:
        for start in several:
            yield Picture(tiff.beginning_with(data, start))
    else:
        yield Picture(data, others=max(0, len(several) - 1))
    if extent.is_followed(data):
        raise no_end(format_of(data).name)


def goes_on(reader, number):
    """True if another picture follows; False at the end, or before what belongs to the one photo of a stream.

    An InputError if what follows is no picture, or one whose end cannot be told.
    """
    if not reader.fill(1):
        return False
    if finder(reader) is not None:
        return True
    reader.fill(extent.HEAD)
    check_alone(reader)
    if number == 1 and TRAILER.match(reader.held):
        return False
    while padding := len(reader.held) - len(reader.held.lstrip(PADDING)):
        reader.take(padding)
        if not reader.fill(1):
            return False
        if finder(reader) is not None:
            return True
        reader.fill(extent.HEAD)
    check_alone(reader)
    if number == 1 and not holds_more(reader):
        return False
    raise InputError("what follows the picture before is no picture")


def check_alone(reader):
    """Raise an InputError if a picture comes whose end cannot be told."""
    head = bytes(reader.held[: extent.HEAD])
    name = next((row.name for row in FORMATS if row.sniff(head)), None)
    if name:
        raise no_end(name)


def no_end(name):
    """The InputError for a picture of a format that must be alone."""
    return InputError(f"{name} cannot follow another picture, as it does not tell where it ends; give it as a file")


def holds_more(reader):
    """True if a picture begins in what is left of a stream, which is read and dropped."""
    while True:
        if SURE_START.search(reader.held):
            return True
        reader.take(max(0, len(reader.held) - LONGEST_START))
        if not reader.more():
            return False


# ---- Y4M ------------------------------------------------------------------------


def frames(reader, max_pixels, clock):
    """(frame, time of its end) of one Y4M, each frame as a Y4M of its own; `clock` is the time of the first."""
    end = reader.find(b"\n", 0, y4m.LONGEST_LINE)
    if end < 0:
        raise InputError("cannot decode Y4M: its header has no end")
    line = reader.take(end + 1)
    head = y4m.header(line[:-1])
    check_photo(head.width, head.height, max_pixels)
    size, count = y4m.frame_bytes(head), 0
    while reader.fill(1):
        reader.fill(len(y4m.FRAME))
        if not reader.held.startswith(y4m.FRAME):
            break
        start = reader.find(b"\n", 0, y4m.LONGEST_LINE) + 1
        if not start and not reader.is_ended:
            raise InputError("cannot decode Y4M: the header of a frame has no end")
        if not start or not reader.fill(start + size):
            raise truncated("Y4M")
        with memoryview(reader.held) as view:
            data = b"".join((line, y4m.FRAME, b"\n", view[start : start + size]))
        del reader.held[: start + size]
        end = clock + 1 / head.rate if head.rate else clock
        yield Picture(data, clock if head.rate else None, True, head.is_interlaced), end
        clock, count = end, count + 1
    if not count:
        raise InputError("cannot decode Y4M: it has no frame")
