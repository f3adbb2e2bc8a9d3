"""Damage that decoders pass over: wrong checksums, and pixels that are promised but not there."""

import zlib

from blurkit.errors import InputError

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a PNG, by its colour type
PALETTE = 3  # colour type
PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))  # of an interlaced PNG: first row, column; steps
PIECE = 1 << 20  # bytes unpacked at a time
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # bytes of a TIFF's values, by their type
BITS, PHOTOMETRIC, PLANAR = 258, 262, 284  # TIFF tags
TRUNCATED = "cannot decode {}: truncated"


def check_png(data):
    """Raise an InputError unless every chunk of a PNG, up to its last, is there and fits its checksum; its palette must be among them."""
    kinds = set()
    for kind, body, checksum in chunks(data):
        kinds.add(kind)
        if zlib.crc32(body, zlib.crc32(kind)) != checksum:
            raise InputError(f"cannot decode PNG: wrong checksum of {kind.decode('ascii', 'replace')}")
    if data[25] == PALETTE and b"PLTE" not in kinds:
        raise InputError("cannot decode PNG: its palette is missing")


def chunks(data):
    """(kind, body, checksum) of every chunk of a PNG up to its last."""
    view, at, kind = memoryview(data), 8, b""
    while kind != b"IEND":
        end = at + 12 + int.from_bytes(view[at : at + 4])
        if end > len(data):
            raise InputError(TRUNCATED.format("PNG"))
        kind = bytes(view[at + 4 : at + 8])
        yield kind, view[at + 8 : end - 4], int.from_bytes(view[end - 4 : end])
        at = end


def check_rows(data, picture):
    """Raise an InputError where a PNG unpacks to fewer rows than it has.

    Pillow leaves the others black, so nothing need be unpacked a second time if the last row is not.

    Parameters
    ----------
    data : bytes
    picture : PIL.Image.Image
        The same, decoded.
    """
    width, height = picture.size
    depth, colour, _, _, interlaced = data[24:29]
    if not interlaced and picture.crop((0, height - 1, width, height)).getbbox(alpha_only=False):
        return
    bits = depth * CHANNELS[colour]
    parts = PASSES if interlaced else ((0, 0, 1, 1),)
    sizes = [(-(-(height - row) // rows), -(-(width - column) // columns)) for row, column, rows, columns in parts]
    missing = sum(rows * (1 + (columns * bits + 7) // 8) for rows, columns in sizes if rows > 0 and columns > 0)
    unpack = zlib.decompressobj()
    for kind, body, _ in chunks(data):
        while kind == b"IDAT" and body and missing > 0:
            missing -= len(unpack.decompress(body, PIECE))
            body = unpack.unconsumed_tail
    if missing > 0:
        raise InputError(TRUNCATED.format("PNG"))


def check_range(array, maximum):
    """Raise an InputError where a PPM holds values above the largest it declares."""
    if array.max() > maximum:
        raise InputError(f"cannot decode PPM: has values up to {array.max()}, and declares {maximum}")


def check_tiff(data, picture):
    """Raise an InputError unless the first directory of a TIFF and all values it refers to are there, and its pieces cover the picture.

    Channels of more than 8 bits in planes of their own are refused as well: OpenCV would take the first plane for all of them.

    Parameters
    ----------
    data : bytes
    picture : PIL.Image.Image
        The same, not yet decoded.
    """
    is_little = data.startswith(b"II")

    def number(at, size):
        return int.from_bytes(data[at : at + size], "little" if is_little else "big")

    first = number(4, 4) + 2
    end = first + 12 * number(first - 2, 2)
    beyond = [at for at in range(first, end, 12) if (size := SIZES.get(number(at + 2, 2), 0) * number(at + 4, 4)) > 4 and number(at + 8, 4) + size > len(data)]
    planes = len(picture.getbands()) if picture.tag_v2.get(PLANAR) == 2 else 1
    if planes > 1 and max(picture.tag_v2.get(BITS, (8,))) > 8:
        raise InputError("cannot decode TIFF: 16-bit channels in planes of their own are not supported")
    covered = sum((right - left) * (bottom - top) for _, (left, top, right, bottom), *_ in picture.tile)
    whole = covered >= planes * picture.size[0] * picture.size[1] or picture.tile[0][0] == "libtiff"
    if end + 4 > len(data) or beyond or not whole:
        raise InputError(TRUNCATED.format("TIFF"))
