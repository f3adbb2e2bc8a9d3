"""Where a picture ends that another one may follow, by its own marks; nothing is decoded.

Each function takes a ``reader.Reader`` whose held bytes begin with the picture, and the largest number of pixels. It
returns how many bytes the picture has, or None if the stream ends before; an InputError if that cannot be told.
"""

import re
import struct

from blurkit.errors import InputError, check_photo
from blurkit.io import heif, jpeg, pnm, raw, tiff
from blurkit.io.tags import SIZES, STARTS, directories

END_OF_IMAGE = b"\xff\xd9"
APP2 = 0xE2
MPF = b"MPF\0"  # CIPA DC-007, Multi-Picture Format: the index of pictures that belong to one photo
MP_ENTRIES, MP_ENTRY = 0xB002, 16  # tag of that index, and the bytes of an entry in it
# XMP: how long the parts are that follow the first picture, in Ultra HDR and motion photos, and in those before 2020.
PARTS = re.compile(rb"Item:(?:Length|Padding)\s*(?:=\s*[\"']|>)\s*(\d{1,10})")
MICRO_VIDEO = re.compile(rb"MicroVideoOffset\s*(?:=\s*[\"']|>)\s*(\d{1,10})")
PNG_PREFIX, CHUNK = 8, 12  # bytes of the signature, and of a chunk besides its data
LONGEST_CHUNK = (1 << 31) - 1  # bytes of data, by the specification
GAP, NUMBER = rb"(?:\s|#[^\r\n]*[\r\n])+", rb"(\d{1,9})"
PNM_HEADER = re.compile(rb"P[14]" + 2 * (GAP + NUMBER) + rb"\s|P[2356]" + 3 * (GAP + NUMBER) + rb"\s")
PLAIN_BITS = re.compile(rb"#[^\r\n]*|[01]")  # of a P1, which need no space between them
PLAIN_NUMBERS = re.compile(rb"#[^\r\n]*|\d+")
LONGEST_WORD = 1 << 16  # bytes without a value in plain PNM, such as a comment
GIF, GIF_END = b"GIF8", b";"
LEAST_BOX, MOST_BOXES = 8, 1 << 12  # bytes; boxes that are looked at
HEAD = 64  # bytes by which a format is told
TIFF_HEADER = 8  # bytes, at least
STRIPS, STRIP_BYTES, TILES, TILE_BYTES = 273, 279, 324, 325  # TIFF tags
BMP_HEADER, RIFF_HEADER = 34, 8  # bytes that tell the size
UNPACKED = {0, 3, 6}  # compressions of a BMP that are none: with and without bit masks


def jpeg_end(reader, max_pixels):
    """Behind the end mark, and behind what its index says belongs to the same photo."""
    at, indexed, parts = 2, [], 0
    while True:
        at = reader.search(jpeg.MARKER, at, 2)
        if at < 0:
            return None
        marker = reader.held[at + 1]
        if marker == jpeg.END:
            break
        if marker in jpeg.ALONE:
            at += 2
            continue
        if not reader.fill(at + 4):
            return None
        end = at + 2 + max(2, int.from_bytes(reader.held[at + 2 : at + 4]))
        if not reader.fill(end):
            return None
        if marker == jpeg.SCAN:  # coded pixels hold no end mark
            at = reader.find(END_OF_IMAGE, end)
            if at < 0:
                return None
            break
        body = bytes(reader.held[at + 4 : end])
        if marker == APP2 and body.startswith(MPF):
            indexed = [(at + 4 + len(MPF) + place, size) for place, size in index(body[len(MPF) :])]
        elif marker == jpeg.APP1 and body.startswith(jpeg.XMP):
            parts = length_of_parts(body)
        at = end
    return with_parts(reader, at + 2, indexed, parts)


def with_parts(reader, end, indexed, parts):
    """The end of a photo of several parts; `end` itself where the parts are not there, as after an edit.

    Parameters
    ----------
    reader : Reader
    end : int
        Of its first picture.
    indexed : list of (int, int)
        Where its other pictures begin, and their bytes.
    parts : int
        Bytes of what follows its first picture, by its XMP.
    """
    whole = max([end + parts, *(place + size for place, size in indexed)])
    if whole == end or not reader.fill(whole):
        return end
    return whole if all(reader.held.startswith(jpeg.START, place) for place, _ in indexed) else end


def index(body):
    """(place from the start of the index, bytes) of the pictures after the first."""
    for tags in directories(body):
        entries = tags.raw(MP_ENTRIES)
        whole = len(entries) // MP_ENTRY * MP_ENTRY
        for _, size, place, _ in struct.iter_unpack(f"{tags.order}4I", entries[:whole]):
            if place:
                yield place, size


def length_of_parts(xmp):
    """Bytes of all that follows the first picture of a photo; newer and older XMP may tell of the same."""
    return max(sum(map(int, PARTS.findall(xmp))), *map(int, MICRO_VIDEO.findall(xmp)), 0)


def png_end(reader, max_pixels):
    """Behind the last chunk."""
    at, kind = PNG_PREFIX, b""
    while kind != b"IEND":
        if not reader.fill(at + CHUNK):
            return None
        length, kind = int.from_bytes(reader.held[at : at + 4]), bytes(reader.held[at + 4 : at + 8])
        if length > LONGEST_CHUNK or not kind.isalpha():
            raise InputError("cannot decode PNG: damaged between its chunks")
        at += CHUNK + length
        if not reader.fill(at):
            return None
    return at


def bmp_end(reader, max_pixels):
    """As its header says, but behind its pixels, as programs of old left the size at 0."""
    if not reader.fill(BMP_HEADER):
        return None
    size, start = (int.from_bytes(reader.held[at : at + 4], "little") for at in (2, 10))
    _, width, height, _, bits, compression = struct.unpack_from("<IiiHHI", reader.held, 14)
    if compression in UNPACKED:
        check_photo(abs(width), abs(height), max_pixels)
        size = max(size, start + -(-width * bits // 32) * 4 * abs(height))
    return size if size > start and reader.fill(size) else None


def webp_end(reader, max_pixels):
    """As its header says; pieces of RIFF have an even number of bytes."""
    size = int.from_bytes(reader.held[4:8], "little")
    end = RIFF_HEADER + size + size % 2
    return end if reader.fill(end) else None


# ---- formats that must be alone ---------------------------------------------------


def is_followed(data):
    """True if a picture in `data` that cannot be followed by another, as it does not tell its end, is by one of its
    kind all the same."""
    if data.startswith(GIF):
        return GIF_END + GIF in data
    if tiff.is_tiff(data):
        return not raw.is_raw(data) and data.startswith(tuple(STARTS), tiff_end(data))
    at = 0
    for _ in range(MOST_BOXES):
        at = box_end(data, at)
        if heif.is_heic(data[at : at + HEAD]) or heif.is_avif(data[at : at + HEAD]):
            return True
    return False


def box_end(data, at):
    """Where the box of a HEIC, AVIF or MP4 that begins at `at` ends; beyond the end of what is none."""
    size = int.from_bytes(data[at : at + 4])
    if size == 1:
        size = int.from_bytes(data[at + 8 : at + 16])
    return at + size if size >= LEAST_BOX else len(data)


def tiff_end(data):
    """Where all ends that the directories of a TIFF point to; every piece of it begins at an even byte."""
    end = TIFF_HEADER
    for tags in directories(data):
        entry, link = (20, 8) if tags.is_big else (12, 4)
        end = max([end, *(value.place + entry + link for value in tags.values())])
        end = max([end, *(value.at + value.count * SIZES.get(value.kind, 0) for value in tags.values())])
        for places, counts in ((STRIPS, STRIP_BYTES), (TILES, TILE_BYTES)):
            pieces = zip(tags.numbers(places).tolist(), tags.numbers(counts).tolist(), strict=False)
            end = max([end, *(place + count for place, count in pieces)])
    return end if data.startswith(tuple(STARTS), end) else end + end % 2


# ---- PNM ------------------------------------------------------------------------


def pnm_end(reader, max_pixels):
    """Behind as many values as its header says."""
    if reader.held.startswith(pnm.PAM):
        return pam_end(reader, max_pixels)
    while not (header := PNM_HEADER.match(reader.held, 0, pnm.LONGEST_HEADER)):
        if len(reader.held) >= pnm.LONGEST_HEADER:
            raise InputError("cannot decode PNM: its header is too long")
        if not reader.more():
            return None
    kind, start = reader.held[1:2], header.end()
    width, height, largest = (int(number) for number in (*filter(None, header.groups()), 1)[:3])
    check_photo(width, height, max_pixels)
    channels = 3 if kind in b"36" else 1
    if kind in b"123":
        return plain_end(reader, start, width * height * channels, PLAIN_BITS if kind == b"1" else PLAIN_NUMBERS)
    row = -(-width // 8) if kind == b"4" else width * channels * (1 if largest <= 255 else 2)
    end = start + row * height
    return end if reader.fill(end) else None


def pam_end(reader, max_pixels):
    """As `pnm_end`, of a PAM."""
    while not (end := pnm.PAM_END.search(reader.held, 0, pnm.LONGEST_HEADER)):
        if len(reader.held) >= pnm.LONGEST_HEADER:
            raise InputError("cannot decode PNM: the header of this PAM has no end")
        if not reader.more():
            return None
    width, height, depth, largest, start = pnm.pam_header(bytes(reader.held[: end.end()]))
    check_photo(width, height, max_pixels)
    whole = start + width * height * depth * (1 if largest <= 255 else 2)
    return whole if reader.fill(whole) else None


def plain_end(reader, at, count, pattern):
    """Behind `count` values that are written as text, among comments."""
    while True:
        for match in pattern.finditer(reader.held, at):
            is_comment = match[0].startswith(b"#")
            if match.end() == len(reader.held) and (is_comment or pattern is PLAIN_NUMBERS) and not reader.is_ended:
                break  # more of it may come
            at = match.end()
            count -= not is_comment
            if not count:
                return at
        if len(reader.held) - at > LONGEST_WORD:
            raise InputError("cannot decode PNM: a value of its text is too long")
        if reader.is_ended:
            return None
        reader.more()
