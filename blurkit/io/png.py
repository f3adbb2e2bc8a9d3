"""PNG: only the chunks that make its pixels are decoded, and each must be whole; what else it holds may be damaged.

Decoders pass over wrong checksums, and over pixels that are promised but not there.
"""

import re
import zlib

from blurkit.errors import InputError, check_photo
from blurkit.io.orientation import orientation
from blurkit.io.pixels import as_rgb, by_opencv, opened, truncated, upright

START = b"\x89PNG\r\n\x1a\n"
SUFFIXES = (".png", ".apng")
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
GREY, PALETTE = 0, 3  # colour types
PIXELS = (b"IHDR", b"PLTE", b"IDAT", b"IEND")  # chunks
WORDS = (b"eXIf", b"tEXt", b"zTXt", b"iTXt")  # chunks that may say how a photo is turned
LEAST_HEADER = 33  # bytes of the signature and the first chunk
PASSES = (  # of an interlaced PNG: first row, first column, steps between rows, between columns
    *((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4)),
    *((2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)),
)
PIECE = 1 << 20  # bytes unpacked at a time
MOST_WORDS = 1 << 20  # bytes of text that are read or unpacked
RAW_EXIF = re.compile(rb"\s*exif\s+(\d+)\s+([0-9a-fA-F\s]+)")


def is_png(data):
    """True for PNG and APNG."""
    return data.startswith(START[:4])


def decode(data, wanted):
    """A photo from a PNG, upright: (H, W, 3) uint8 or uint16; of an animation the still picture."""
    parts = checked(data)
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    depth, colour = data[24], data[25]
    check_photo(width, height, wanted.max_pixels)
    needed = [(start, end) for kind, start, end in parts if kind in PIXELS]
    is_plain = len(START) + sum(end - start for start, end in needed) == len(data)
    plain = data if is_plain else START + b"".join(data[start:end] for start, end in needed)
    picture = opened(plain, "PngImagePlugin", "PngImageFile")
    picture.load()  # also for 16-bit colour: Pillow notices truncation, OpenCV does not
    check_rows(data, parts, picture)
    deep = depth == 16 and colour not in (GREY, PALETTE)
    array = by_opencv(plain, "PNG", picture.size) if deep else as_rgb(picture)
    return upright(array, orientation(*words(data, parts)))


def turn(data):
    """The orientation of a PNG, None if it names none."""
    return orientation(*words(data, checked(data)))


def checked(data):
    """(kind, start, end) of every chunk up to the last.

    An InputError if one that makes pixels does not fit its checksum, or if any is cut short. Other chunks of a wrong
    checksum are left out.
    """
    if not data.startswith(START):
        raise InputError("cannot decode PNG: its first bytes are damaged")
    whole = []
    for kind, start, end in chunks(data):
        if zlib.crc32(memoryview(data)[start + 4 : end - 4]) == int.from_bytes(data[end - 4 : end]):
            whole.append((kind, start, end))
        elif kind[:1].isupper():
            raise InputError(f"cannot decode PNG: wrong checksum of {kind.decode('ascii')}")
    kinds = {kind for kind, _, _ in whole}
    if whole[0] != (b"IHDR", len(START), LEAST_HEADER):
        raise InputError("cannot decode PNG: its header is missing")
    if data[25] not in CHANNELS:
        raise InputError(f"cannot decode PNG: there is no colour type {data[25]}")
    if b"IDAT" not in kinds:
        raise InputError("cannot decode PNG: it has no pixels")
    if data[25] == PALETTE and b"PLTE" not in kinds:
        raise InputError("cannot decode PNG: its palette is missing")
    return whole


def chunks(data):
    """(kind, start, end) of every chunk of a PNG up to its last."""
    at, kind = len(START), b""
    while kind != b"IEND":
        end = at + 12 + int.from_bytes(data[at : at + 4])
        if end > len(data):
            raise truncated("PNG")
        kind = data[at + 4 : at + 8]
        if not kind.isalpha():
            raise InputError("cannot decode PNG: damaged between its chunks")
        yield kind, at, end
        at = end


def check_rows(data, parts, picture):
    """Raise an InputError if a PNG unpacks to fewer rows than it has.

    Pillow leaves missing rows black, so nothing is unpacked again if the last row is not black.

    Parameters
    ----------
    data : bytes
    parts : list of (kind, start, end)
        Its chunks.
    picture : PIL.Image.Image
        The same, decoded.
    """
    width, height = picture.size
    depth, colour, _, _, interlaced = data[24:29]
    if not interlaced and picture.crop((0, height - 1, width, height)).getbbox(alpha_only=False):
        return
    bits = depth * CHANNELS[colour]
    passes = PASSES if interlaced else ((0, 0, 1, 1),)
    sizes = [(-(-(height - row) // rows), -(-(width - column) // columns)) for row, column, rows, columns in passes]
    missing = sum(rows * (1 + (columns * bits + 7) // 8) for rows, columns in sizes if rows > 0 and columns > 0)
    unpack = zlib.decompressobj()
    for kind, start, end in parts:
        body = memoryview(data)[start + 8 : end - 4]
        while kind == b"IDAT" and body and missing > 0:
            missing -= len(unpack.decompress(body, PIECE))
            body = unpack.unconsumed_tail
    if missing > 0:
        raise truncated("PNG")


def metadata(data):
    """The EXIF of a PNG."""
    return words(data, checked(data))[0]


def words(data, parts):
    """The EXIF and the XMP of a PNG, empty if it has none, or if they are too large or damaged."""
    texts = {}
    for kind, start, end in parts:
        if kind in WORDS and end - start <= MOST_WORDS:
            name, body = text(kind, data[start + 8 : end - 4])
            texts.setdefault(name, body)
    if b"eXIf" in texts:
        tags = texts[b"eXIf"]
    else:  # as ImageMagick wrote it before there was a chunk for it
        profile = RAW_EXIF.match(texts.get(b"Raw profile type exif", b""))
        digits = b"".join(profile[2].split()) if profile else b""
        tags = bytes.fromhex(digits[: len(digits) & ~1].decode())
    return tags, texts.get(b"XML:com.adobe.xmp", b"")


def text(kind, body):
    """The name and the text of a chunk of words."""
    if kind == b"eXIf":
        return kind, body
    name, _, rest = body.partition(b"\0")
    if kind == b"tEXt":
        return name, rest
    if kind == b"zTXt":
        return name, unpacked(rest[1:])
    is_packed = rest[:1] != b"\0"
    parts = rest[2:].split(b"\0", 2)  # iTXt: language, translated name, text
    content = parts[2] if len(parts) == 3 else b""
    return name, unpacked(content) if is_packed else content


def unpacked(body):
    """Packed text; empty if it is damaged or too long."""
    unpack = zlib.decompressobj()
    try:
        content = unpack.decompress(body, MOST_WORDS)
    except zlib.error:
        return b""
    return b"" if unpack.unconsumed_tail else content
