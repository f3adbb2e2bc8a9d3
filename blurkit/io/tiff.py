"""TIFF and BigTIFF: Pillow decodes most, OpenCV 16-bit colour, tifffile (extra ``tiff``) what neither reads."""

import io
import re
from collections import namedtuple
from contextlib import suppress
from functools import cache

import cv2
import numpy as np

from blurkit.errors import InputError, check_photo
from blurkit.io.colours import ICC_LAB, INKS, LAB, RGB, YCBCR, coloured
from blurkit.io.complaints import overheard
from blurkit.io.orientation import ORIENTATION, orientation_of
from blurkit.io.pixels import as_rgb, by_opencv, reason, truncated, upright
from blurkit.io.tags import SHORT, STARTS, Directory, directories

SUFFIXES = (".tif", ".tiff", ".tf8", ".btf")
# tags
SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
STRIPS, CHANNELS, ROWS, PLANAR, COLOURS = 273, 277, 278, 284, 320
TILE_WIDTH, TILE_HEIGHT, TILES, EXTRA, FORMAT, XMP = 322, 323, 324, 338, 339, 700
INK_SET = 332
MULTIPLIED = 1  # extra channel: alpha by which the colours are multiplied
CMYK = 1  # ink set
PRIVATE = 32768  # tags from here on are metadata, and may be damaged
METADATA = {XMP}  # and these
NOT_THE_PHOTO = 1 | 4  # bits of the kind of a subfile: a smaller copy of another one, a mask
UNSIGNED, SIGNED, FLOAT, COMPLEX = 1, 2, 3, {5, 6}  # sample formats
MOST_PAGES = 1 << 16
MOST_CHANNELS = 8  # inks and what stands beside them
APART = 2  # planar configuration: every channel in a plane of its own
NONE = 1  # compression
FAX, JPEG = {2, 3, 4}, {6, 7}  # compressions of which libtiff reports damage only as a message
UNKNOWN_TO_PILLOW = "unknown pixel mode"
BY_TIFFFILE = {NONE, 5, 8, 32773, 32946, 34925, 50000}  # compressions that unpack to no more than they should
DAMAGE = re.compile(  # messages of libtiff that mean damage
    r"(Fax\w*: (?:Bad code|Line length|Premature|Uncompressed).*"
    r"|Corrupt JPEG data: (?!\d+ extraneous).*"
    r"|Premature end of JPEG file)"
)

Layout = namedtuple("Layout", "width height bits channels photometric compression apart format")
"""What the tags of a page say of its pixels; `bits` and `format` are those of its first channel."""


def is_tiff(data):
    """True for TIFF and BigTIFF, camera files included."""
    return data[:4] in STARTS


def metadata(data):
    """A TIFF is its own EXIF."""
    return data


def decode(data, wanted):
    """A photo from a TIFF, upright: (H, W, 3) uint8 or uint16; its first page that is no smaller copy of another."""
    tags = page(data)
    layout = layout_of(tags)
    check_photo(layout.width, layout.height, wanted.max_pixels)
    check_kind(tags, layout)
    check_whole(tags, layout, wanted.max_pixels)
    plain = simplified(tags)
    check_messages(plain, layout)
    return upright(pixels(plain, tags, layout), orientation_of(tags, tags.raw(XMP)))


def decode_map(data, max_pixels):
    """The float32 values of a TIFF of one channel, as they are stored; None if it holds whole numbers."""
    tags = page(data)
    layout = layout_of(tags)
    check_photo(layout.width, layout.height, max_pixels)
    if layout.format != FLOAT:
        return None
    check_whole(tags, layout, max_pixels)
    if (layout.bits, layout.channels) != (32, 1):
        what = f"floating point of {layout.bits} bits in {layout.channels} channels"
        raise InputError(f"cannot decode TIFF: {what} is not supported")
    if is_unknown_to_pillow(tags):
        return values(simplified(tags), layout)[..., 0]
    picture = picture_of(simplified(tags))
    picture.load()
    return np.array(picture)


# ---- the tags -------------------------------------------------------------------


def page(data):
    """The directory of the photo: the first that is no smaller copy of another, nor its mask; else the first of all."""
    pages = list(directories(data))
    photos = [tags for tags in pages if WIDTH in tags and not tags.number(SUBFILE) & NOT_THE_PHOTO]
    if not pages or not (photos or pages)[0].is_whole:
        raise truncated("TIFF")
    return (photos or pages)[0]


def pages(data):
    """Where the directories of all pages that are photos begin, as in `page`, in their order: list of int."""
    starts, seen = [], set()
    size = 8 if STARTS[data[:4]][1] else 4
    start = int.from_bytes(data[size : 2 * size], "little" if data[:1] == b"I" else "big")
    while 8 <= start < len(data) and start not in seen and len(seen) < MOST_PAGES:
        seen.add(start)
        tags = Directory(data, start)
        if tags.is_whole and WIDTH in tags and not tags.number(SUBFILE) & NOT_THE_PHOTO:
            starts.append(start)
        start = tags.next
    return starts


def beginning_with(data, start):
    """A TIFF whose first page is the one whose directory begins at `start`."""
    size = 8 if STARTS[data[:4]][1] else 4
    place = start.to_bytes(size, "little" if data[:1] == b"I" else "big")
    return data if data[size : 2 * size] == place else data[:size] + place + data[2 * size :]


def layout_of(tags):
    """A `Layout`."""
    photometric, compression = tags.number(PHOTOMETRIC), tags.number(COMPRESSION, NONE)
    channels = tags.number(CHANNELS, 3 if compression in JPEG and photometric in (RGB, YCBCR) else 1)
    return Layout(
        tags.number(WIDTH),
        tags.number(HEIGHT),
        tags.number(BITS, 1),
        channels,
        photometric,
        compression,
        tags.number(PLANAR, 1) == APART and channels > 1,
        tags.number(FORMAT, UNSIGNED),
    )


def is_multiplied(tags):
    """True if alpha is there, and the colours have been multiplied by it."""
    return tags.number(EXTRA) == MULTIPLIED


def check_kind(tags, layout):
    """Raise an InputError if values are of a kind that no photo has."""
    bits = layout.bits
    if len(set(tags.numbers(BITS)[: layout.channels].tolist())) > 1:
        raise InputError("photo has channels of different depths, which is not supported")
    if layout.channels > MOST_CHANNELS:
        raise InputError(f"photo has {layout.channels} channels; at most {MOST_CHANNELS} are supported")
    if layout.format == FLOAT:
        raise InputError("photo has floating-point pixels, which are not supported; whole numbers of 8 and 16 bits are")
    if layout.format in COMPLEX:
        raise InputError("photo has complex values, which are not supported")
    if layout.channels == 1 and bits == 32:
        return  # perhaps they fit into 16 bits
    if layout.format == SIGNED and layout.channels > 1 and bits > 8 and layout.photometric != LAB:
        raise InputError(f"photo has signed {bits}-bit values, which are not supported; 8 and 16 bits from 0 on are")
    if not 1 <= bits <= 16:
        raise InputError(f"photo has {bits}-bit values, which are not supported; 8 and 16 bits are")


def check_whole(tags, layout, max_pixels):
    """Raise an InputError unless all values of the public tags and all pixels they promise are there.

    Decoders take memory for a whole tile at a time, so those of too many pixels are refused as well.
    """
    if any(tag < PRIVATE and tag not in METADATA and not entry.is_whole for tag, entry in tags.items()):
        raise truncated("TIFF")
    width, height, channels = layout.width, layout.height, layout.channels
    is_tiled = TILES in tags
    across = max(1, tags.number(TILE_WIDTH)) if is_tiled else width
    down = max(1, tags.number(TILE_HEIGHT) if is_tiled else min(tags.number(ROWS, height), height))
    if is_tiled and across * down > max_pixels:
        raise InputError(f"cannot decode TIFF: its tiles are {across}x{down}; max_pixels allows {max_pixels} pixels")
    planes = channels if layout.apart else 1
    places = tags.numbers(TILES if is_tiled else STRIPS).astype(np.uint64)
    rows_of_pieces = -(-height // down)
    count = -(-width // across) * rows_of_pieces * planes
    if len(places) < count:
        raise truncated("TIFF")
    size = 1
    if layout.compression == NONE and layout.photometric != YCBCR:  # of which some are reduced in colour
        row = -(-across * layout.bits * (1 if layout.apart else channels) // 8)
        sizes = np.full(count, down * row)
        if not is_tiled:  # the last strip has fewer rows
            sizes[rows_of_pieces - 1 :: rows_of_pieces] = (height - (rows_of_pieces - 1) * down) * row
        size = sizes.astype(np.uint64)
    if (places[:count] + size > len(tags.data)).any():
        raise truncated("TIFF")


def simplified(tags):
    """The file of a directory, this one first in it, and without its orientation, which decoders undo or not."""
    data = beginning_with(tags.data, tags.start)
    if ORIENTATION not in tags or tags.number(ORIENTATION) == 1:
        return data
    place, one = tags[ORIENTATION].place + 2, tags.packed((SHORT, 2), (1, 8 if tags.is_big else 4), (1, 2))
    return data[:place] + one + data[place + len(one) :]


def check_messages(data, layout):
    """Raise an InputError if libtiff reports damage after which it goes on; Pillow does not pass its messages on."""
    if layout.compression not in FAX | JPEG:
        return
    with overheard() as heard, suppress(cv2.error):
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    damage = DAMAGE.search(heard.text)
    if damage:
        raise InputError(f"cannot decode TIFF: damaged: {damage[1]}")


# ---- decoders -------------------------------------------------------------------


def pixels(data, tags, layout):
    """The photo as it is stored, by the decoder that reads its kind: (H, W, 3) uint8 or uint16."""
    odd = layout.bits not in (1, 2, 4, 8, 16, 32) and (layout.bits, layout.channels) != (12, 1)
    deep = layout.bits == 16 and (layout.apart or layout.photometric in (INKS, LAB, ICC_LAB))
    if odd or deep or is_unknown_to_pillow(tags):
        return by_tifffile(data, tags, layout)
    if layout.compression not in compressions():
        raise InputError(f"cannot decode TIFF: compression {layout.compression} is not supported")
    try:
        picture = picture_of(data)
    except SyntaxError as error:
        if str(error) != UNKNOWN_TO_PILLOW:
            raise
        return by_tifffile(data, tags, layout)
    if picture.mode in ("P", "PA") and tags.numbers(COLOURS).max(initial=0) <= 255:  # written so by programs of old
        picture.putpalette(tags.numbers(COLOURS).reshape(3, -1).T.astype(np.uint8).tobytes())
    picture.load()
    if layout.bits == 16 and layout.channels > 1:
        return by_opencv(data, "TIFF", picture.size, is_multiplied(tags))
    if picture.mode.startswith("I;16"):
        return coloured(np.asarray(picture)[..., None], layout.photometric, layout.bits)
    return as_rgb(picture)


def is_unknown_to_pillow(tags):
    """True for BigTIFF whose highest bytes come first."""
    return tags.is_big and tags.order == ">"


def picture_of(data):
    """Pillow's view of the first page, nothing decoded yet."""
    return page_class()(io.BytesIO(data))


@cache
def compressions():
    """The numbers of the compressions that Pillow knows."""
    from PIL.TiffImagePlugin import COMPRESSION_INFO

    return set(COMPRESSION_INFO)


@cache
def page_class():
    """Pillow's TIFF without what it does around the pixels: ask the guard of the whole process, read EXIF, turn."""
    from PIL.ImageFile import ImageFile
    from PIL.TiffImagePlugin import TiffImageFile

    class Page(TiffImageFile):
        load_prepare = ImageFile.load_prepare

        def load_end(self):
            pass

    return Page


def by_tifffile(data, tags, layout):
    """What neither of the others reads, or not in all its bits."""
    if tags.number(INK_SET, CMYK) != CMYK:
        raise InputError("cannot decode TIFF: inks other than CMYK are not supported")
    return coloured(values(data, layout), layout.photometric, layout.bits, is_multiplied(tags))


def values(data, layout):
    """What a TIFF holds, by tifffile: (H, W, channels)."""
    import tifffile

    if layout.compression not in BY_TIFFFILE:
        what = f"{layout.channels} channels of {layout.bits} bits in compression {layout.compression}"
        raise InputError(f"cannot decode TIFF: {what} are not supported")
    if layout.compression != NONE or layout.bits not in (1, 8, 16, 32):
        import imagecodecs  # noqa: F401 - tifffile would do without, in part, and unpack without a bound
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            array = file.pages[0].asarray(maxworkers=1)
    except (tifffile.TiffFileError, ArithmeticError, AssertionError, AttributeError) as error:
        raise InputError(f"cannot decode TIFF: {reason(error)}") from error
    height, width, channels = layout.height, layout.width, layout.channels
    if layout.apart and array.shape == (channels, height, width):
        array = np.moveaxis(array, 0, -1)
    elif array.shape not in ((height, width, channels), (height, width) if channels == 1 else None):
        raise InputError("cannot decode TIFF: its layout is not supported")
    return array.reshape(height, width, channels)
