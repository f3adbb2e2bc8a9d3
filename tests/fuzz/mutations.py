"""Ways in which files come to harm, and what must become of them.

`REFUSE`: damage that can be detected, and so must be. `ANY`: a decoder may take it for another sound
file, as it does a flipped bit of a JPEG; then the result must be what results are. `SOUND`: nothing
has happened.
"""

import struct
import zlib

REFUSE, ANY, SOUND = "refuse", "any", "sound"
LONGEST = 16  # bytes that go, come or change at once
GIANT = (30_000, 30_000)  # pixels
NOT_NEEDED = {"gif": 2, "ppm plain": 4}  # bytes at the end without pixels, or whose last digit can be missing


def some(rng, data):
    """(start, end) of a short run of bytes, most often at the start or the end of a file, where its structure is."""
    anywhere = rng.randrange(len(data))
    near_start = rng.randrange(min(len(data), 200))
    near_end = len(data) - 1 - rng.randrange(min(len(data), 200))
    start = rng.choice([anywhere, near_start, near_end])
    return start, min(len(data), start + rng.randint(1, LONGEST))


def flipped(rng, data):
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        start, _ = some(rng, data)
        changed[start] ^= 1 << rng.randrange(8)
    return bytes(changed)


def overwritten(rng, data):
    start, end = some(rng, data)
    filling = rng.choice([b"\0", b"\xff", bytes([rng.randrange(256)])])
    return data[:start] + filling * (end - start) + data[end:]


def removed(rng, data):
    start, end = some(rng, data)
    return data[:start] + data[end:]


def repeated(rng, data):
    start, end = some(rng, data)
    return data[:end] + data[start:end] + data[end:]


def inserted(rng, data):
    start, end = some(rng, data)
    return data[:start] + rng.randbytes(end - start) + data[start:]


def exchanged(rng, data):
    (one, _), (other, _) = some(rng, data), some(rng, data)
    first, last = min(one, other), max(one, other)
    size = min(LONGEST, last - first, len(data) - last)
    between, after = data[first + size : last], data[last + size :]
    return data[:first] + data[last : last + size] + between + data[first : first + size] + after


def appended(rng, data):
    return data + rng.randbytes(rng.randint(1, LONGEST))


BYTES = (flipped, overwritten, removed, repeated, inserted, exchanged, appended)


def harmed(rng, data, name, sealed=()):
    """(what was done, bytes, verdict) of a file whose name begins with its format.

    `sealed`: formats with every byte under a checksum.
    """
    how = rng.choice(("cut", "cut", *BYTES))
    if how == "cut":
        left = rng.choice([rng.randrange(len(data)), max(0, len(data) - rng.randint(1, 40))])
        return "cut", data[:left], REFUSE if left < len(data) - NOT_NEEDED.get(name, 0) else ANY
    changed = how(rng, data)
    if changed == data:
        return how.__name__, changed, SOUND
    detectable = name.split()[0] in sealed and not changed.startswith(data)
    return how.__name__, changed, REFUSE if detectable else ANY


# ---- sizes that lie ---------------------------------------------------------


def size_lie(rng, width, height):
    """(what was done, width, height): more pixels than there are bytes for."""
    taller, wider = height + rng.randint(8, 500), width + rng.randint(8, 500)
    return rng.choice([("taller", width, taller), ("wider", wider, height), ("giant", *GIANT)])


def lying(rng, name, data):
    """As `harmed`: a photo whose header has another size; None for formats in which none is written here."""
    form = name.split()[0]
    return LIARS[form](rng, data) if form in LIARS else None


def png_liar(rng, data):
    how, *size = size_lie(rng, *struct.unpack(">II", data[16:24]))
    head = b"IHDR" + struct.pack(">II", *size) + data[24:29]
    return how, data[:12] + head + struct.pack(">I", zlib.crc32(head)) + data[33:], REFUSE


def bmp_liar(rng, data):
    how, *size = size_lie(rng, *struct.unpack("<ii", data[18:26]))
    return how, data[:18] + struct.pack("<ii", *size) + data[26:], REFUSE


def ppm_liar(rng, data):
    kind, size, rest = data.split(b"\n", 2)
    how, width, height = size_lie(rng, *map(int, size.split()))
    return how, b"%s\n%d %d\n%s" % (kind, width, height, rest), REFUSE


def tiff_liar(rng, data):
    """Width and length are the first entries of the directory or follow NewSubfileType."""
    order = "<" if data.startswith(b"II") else ">"
    start = struct.unpack(order + "I", data[4:8])[0] + 2
    tags = {struct.unpack(order + "H", data[at : at + 2])[0]: at for at in range(start, start + 36, 12)}
    width, height = tiff_number(data, tags[256], order), tiff_number(data, tags[257], order)
    how, *size = size_lie(rng, width, height)
    for tag, number in zip((256, 257), size, strict=True):
        new = struct.pack(order + "HHI", tag, 4, 1) + struct.pack(order + "I", number)  # as a LONG
        data = data[: tags[tag]] + new + data[tags[tag] + 12 :]
    return how, data, REFUSE


def tiff_number(data, at, order):
    """The value of the directory's entry at an offset, a SHORT or a LONG."""
    kind = struct.unpack(order + "H", data[at + 2 : at + 4])[0]
    if kind == 3:
        return struct.unpack(order + "H", data[at + 8 : at + 10])[0]
    return struct.unpack(order + "I", data[at + 8 : at + 12])[0]


def jpeg_liar(rng, data):
    """A JPEG with too few pixels before its end is filled up with grey, and looks like any other."""
    at = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2")) + 5
    height, width = struct.unpack(">HH", data[at : at + 4])
    how, width, height = size_lie(rng, width, height)
    return how, data[:at] + struct.pack(">HH", height, width) + data[at + 4 :], REFUSE if how == "giant" else ANY


def gif_liar(rng, data):
    """A picture smaller than its screen is allowed."""
    how, *size = size_lie(rng, *struct.unpack("<HH", data[6:10]))
    return how, data[:6] + struct.pack("<HH", *size) + data[10:], REFUSE if how == "giant" else ANY


def webp_liar(rng, data):
    at = data.find(b"\x9d\x01\x2a") + 3  # of a lossy one
    if at < 3:
        return None
    how, *size = size_lie(rng, *struct.unpack("<HH", data[at : at + 4]))
    head = struct.pack("<HH", *(min(number, 16383) for number in size))
    return how, data[:at] + head + data[at + 4 :], REFUSE if how == "giant" else ANY


def pfm_liar(rng, data):
    return ppm_liar(rng, data)


LIARS = {
    "png": png_liar,
    "bmp": bmp_liar,
    "ppm": ppm_liar,
    "pfm": pfm_liar,
    "tiff": tiff_liar,
    "jpeg": jpeg_liar,
    "gif": gif_liar,
    "webp": webp_liar,
}


# ---- NPY headers ------------------------------------------------------------

GOOD_TYPES = ("'<f4'", "'>f8'", "'|u1'", "'<u2'", "'|b1'", "'<f2'")
BAD_TYPES = (
    *("'|O'", "('|O', (3,))", "[('a', '|O')]", "('<f4', (3,))", "[('a', '<f4'), ('b', '|u1')]"),
    *("'|V2000000000'", "'<U1000'", "'|S0'", "'|V0'", "''", "'<i4'", "'<c8'", "'<M8[s]'", "'nonsense'"),
    *("None", "7", "[]", "[('a',)]", "'<f4,<f4'", "{'names': ['a'], 'formats': ['<f4']}", "'\\udcff'", "b'<f4'"),
)
BAD_SHAPES = (
    *("()", "(0, 5)", "(5, 0)", "(20,)", "(4, 5, 3)", "(-4, -5)", "(-4, 5)", "(4.0, 5)", "('4', 5)"),
    *("[4, 5]", "20", "None", "(4, (5,))", "(True, False)", "(1000000000, 1000000000)", f"(0, {10**24})"),
    *(f"({10**24},)", f"({10**400}, 1)", "(300, 400)", "(1,) * 99", "(" + "1, " * 40 + ")", "((4, 5),)"),
)
BAD_ORDERS = ("1", "None", "'C'", "[]")


def npy_of(descr, order, shape, body, version=1):
    """The bytes of an NPY file whose header is given as text."""
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + body


def npy_liar(rng):
    """As `harmed`: an NPY of 4x5 in whose header something is absurd."""
    descr, order, shape = rng.choice(GOOD_TYPES), rng.choice(["True", "False"]), "(4, 5)"
    how = rng.choice(["type", "shape", "shape", "order", "more"])
    if how == "type":
        descr = rng.choice(BAD_TYPES)
    elif how == "shape":
        shape = rng.choice(BAD_SHAPES)
    elif how == "order":
        order = rng.choice(BAD_ORDERS)
    else:
        shape = f"(4, 5), {rng.choice(['1', 'x: 2', repr('more') + ': 1', '(' * rng.randint(1, 300)])}"
    body = bytes(rng.choice([20 * 16, 20 * 16, 0, 7, 65536]))
    return f"{how}: {descr} {order} {shape[:40]}", npy_of(descr, order, shape, body, rng.choice([1, 1, 2])), REFUSE
