"""What is put to the test: (what was done, the bytes, how to try them, verdict) by kind of input.

`try_it()` returns where the input is accepted, and raises a BlurkitError where it is refused.
"""

import io
import json
import zipfile
from functools import partial

import numpy as np
import samples
from mutations import ANY, REFUSE, SOUND, harmed, lying, npy_liar

from blurkit.cli import inputs
from blurkit.io.exif import capture
from blurkit.io.npy import encode_npy_header
from blurkit.io.patchset import read_patches
from blurkit.io.photo import decode_photo
from blurkit.io.pictures import pictures
from blurkit.io.weights import LARGEST_WEIGHTS, read_weights
from blurkit.methods import get

MAX_PIXELS = 100_000
MOST_BYTES = 2 << 20  # of a patch set
SMALL = ("zeng", "map")  # whose weights are
ZIP_FORMS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2)


class Trap:
    """What springs if it is ever unpickled."""

    sprung = []

    def __reduce__(self):
        return Trap.sprung.append, (True,)


def chosen(rng, made):
    """One (name, bytes) of a dict."""
    name = rng.choice(sorted(made))
    return name, made[name]


def hurt(rng, name, data, sealed=()):
    """A file harmed, or lying about its size, or once in a while as it was."""
    if rng.random() < 0.02:
        return "nothing", data, SOUND
    liar = lying(rng, name, data) if rng.random() < 0.2 else None
    return liar or harmed(rng, data, name, sealed)


# ---- photos -----------------------------------------------------------------


def photo(rng):
    if rng.random() < 0.02:
        name, data = chosen(rng, samples.bombs())
        return f"{name} bomb", data, partial(try_photo, data, rng.choice([None, 20])), REFUSE
    name, data = chosen(rng, samples.photos())
    sealed = () if name in samples.WITH_MORE else ("png",)
    how, data, verdict = hurt(rng, name, data, sealed)
    side = rng.choice([None, None, 20, 250])
    return f"{name} {how}", data, partial(try_photo, data, side), verdict


def try_photo(data, side):
    capture(data)
    pixels = decode_photo(data, MAX_PIXELS, side=side)
    assert pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.dtype in (np.uint8, np.uint16)
    assert pixels.flags.c_contiguous
    assert 0 < pixels.shape[0] * pixels.shape[1] <= MAX_PIXELS


# ---- streams of pictures ----------------------------------------------------


def stream(rng):
    several = [chosen(rng, samples.photos()) for _ in range(rng.randint(2, 4))]
    how, data, _ = harmed(rng, b"".join(data for _, data in several), several[0][0])
    names = "+".join(name for name, _ in several)
    return f"{names} {how}", data, partial(try_stream, data, rng.choice([1, 999, 0])), ANY


def try_stream(data, step):
    """No picture has bytes that the stream has not, whatever pieces it comes in."""
    stream, pieces = io.BytesIO(data), io.BytesIO(data)
    if step:
        stream.read1 = lambda _: pieces.read(step)
    given = list(pictures(stream, MAX_PIXELS))
    assert sum(len(picture.data) for picture in given if not picture.is_frame) <= len(data)


# ---- maps -------------------------------------------------------------------


def map(rng):
    if rng.random() < 0.3:
        how, data, verdict = npy_liar(rng)
        return f"npy {how}", data, partial(try_map, data), verdict
    if rng.random() < 0.1:
        how, data = wrong_values(rng)
        return f"npy {how}", data, partial(try_map, data), REFUSE
    name, data = chosen(rng, {**samples.maps(), "npy raw": samples.raw_map()})
    how, data, verdict = hurt(rng, name, data, ("png",))
    return f"{name} {how}", data, partial(try_map, data, name == "npy raw"), verdict


def wrong_values(rng):
    """(what, bytes) of an NPY map of values that no map has, or that would be code."""
    form = rng.choice(["<f4", ">f8", "<f2", "<f4"])
    sharpness = np.full((4, 5), 0.5, form)
    wrong = rng.choice([np.nan, np.inf, -np.inf, 1.001, -0.001, 6e4])
    sharpness[rng.randrange(4), rng.randrange(5)] = wrong
    objects, integers = np.array([[Trap()]], object), np.zeros((4, 5), np.int32)
    how, array = rng.choice([(f"{wrong:g}", sharpness), ("objects", objects), ("int32", integers)])
    return how, samples.npy(array)


def try_map(data, raw=False):
    item = inputs.Input("map", "map", data)
    for _, sharpness in inputs.maps(item, MAX_PIXELS, raw):
        assert sharpness.dtype == np.float32
        assert sharpness.ndim == 2 or raw and sharpness.ndim == 3
        assert sharpness.size and np.isfinite(sharpness).all() and sharpness.min() >= 0 and sharpness.max() <= 1


# ---- weights ----------------------------------------------------------------


def weights(rng):
    learned, data = chosen(rng, samples.weights())
    if learned != SMALL and rng.random() < 0.7:  # the others are large
        learned, data = SMALL, samples.weights()[SMALL]
    kind = rng.choice(["bytes", "bytes", "contents", "archive"])
    if kind == "bytes":
        how, data, verdict = hurt(rng, "npz", data)
    else:
        how, data = (other_contents if kind == "contents" else other_archive)(rng, learned)
        verdict = REFUSE
    return f"{'-'.join(learned)} {kind} {how}", data, partial(try_weights, data, learned), verdict


def other_contents(rng, learned):
    """(what, bytes) of well-formed weights with the wrong things in them."""
    name = rng.choice(sorted(get(*learned).SHAPES))

    def spoil(value):
        return lambda arrays: arrays.update({name: value(arrays[name])})

    def one(array, wrong):
        array.reshape(-1)[rng.randrange(array.size)] = wrong
        return array

    ways = {
        "NaN": ({}, spoil(lambda a: one(a, np.nan))),
        "infinite": ({}, spoil(lambda a: one(a, np.inf))),
        "double": ({}, spoil(lambda a: a.astype(np.float64))),
        "one more axis": ({}, spoil(lambda a: a[None])),
        "transposed type": ({}, spoil(lambda a: a.astype(">f4"))),
        "missing": ({}, lambda arrays: arrays.pop(name)),
        "empty": ({}, spoil(lambda a: a.reshape(-1)[:0])),
        "checksum": ({"checksum": rng.choice(["", "0" * 64, None, 7, [], "\ud800"])}, lambda arrays: None),
        "format": ({"format": rng.choice([0, 2, -1, "1", None, [1], {}, 10**30])}, lambda arrays: None),
        "method": (
            {"method": rng.choice(["", "other", None, 7, [], {}, "x\ny", "\x1b[31m", "\ud800", "a" * 10**5])},
            lambda arrays: None,
        ),
        "part": (
            {"part": rng.choice(["", "other", None, 7, [], {}, "x\ny", "\x1b[31m", "\ud800", "a" * 10**5])},
            lambda arrays: None,
        ),
    }
    how, (header, change) = rng.choice(sorted(ways.items(), key=lambda way: way[0]))
    return f"{how} {name}", samples.reweighed(learned, change, **header)


def other_archive(rng, learned):
    """(what, bytes) of a zip that is no weights file."""
    large = bytes(LARGEST_WEIGHTS // 8)
    entries = {
        "header.npy": samples.entry({"method": learned[0], "format": 1, "checksum": "0"}),
        "a.npy": samples.npy(np.zeros(9, np.float32)),
    }
    ways = {
        "bomb": {f"{n}.npy": large for n in range(9)},
        "objects": {"a.npy": samples.npy(np.array([Trap()], object))},
        "objects in the header": {"header.npy": samples.npy(np.array([Trap()], object))},
        "no header": {"header.npy": b""},
        "header of numbers": {"header.npy": samples.npy(np.zeros(3))},
        "header not a dict": {"header.npy": samples.entry(rng.choice([[], 7, None, "text", [[]] * 9]))},
        "deep header": {"header.npy": samples.npy(np.array("[" * 5000))},
        "absurd array": {"a.npy": npy_liar(rng)[1]},
        "many entries": {f"{n}": b"" for n in range(300)},
        "names": {rng.choice(["../a.npy", "/a.npy", "a", "\n.npy", "a/../header.npy"]): b"\x93NUMPY"},
    }
    how, more = rng.choice(sorted(ways.items(), key=lambda way: way[0]))
    form = zipfile.ZIP_DEFLATED if how == "bomb" else rng.choice(ZIP_FORMS)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", form) as archive:
        for name, data in {**entries, **more}.items():
            archive.writestr(name, data)
    if how == "bomb" or rng.random() < 0.5:
        return how, out.getvalue()
    _, data, _ = harmed(rng, out.getvalue(), "npz")
    return f"{how} harmed", data


def try_weights(data, learned):
    (method, part), shapes = learned, get(*learned).SHAPES
    arrays, header = read_weights(data, method, shapes, part)
    sound_arrays, sound_header = read_weights(samples.weights()[learned], method, shapes, part)
    assert json.dumps(header) == json.dumps(sound_header) and arrays.keys() == sound_arrays.keys()
    assert all(np.array_equal(arrays[name], sound_arrays[name]) for name in sound_arrays)


# ---- patch sets -------------------------------------------------------------


def patch_set(rng):
    learned, data = chosen(rng, samples.patch_sets())
    how, data, verdict = hurt(rng, "npy", data)
    if rng.random() < 0.3:
        how, data, verdict = other_patches(rng, learned)
    return f"{'-'.join(learned)} {how}", data, partial(try_patches, data, learned), verdict


def other_patches(rng, learned):
    """(what, bytes, verdict) of a stream that is not one patch set of a part of a method."""
    own = samples.patch_sets()[learned]
    other = samples.patch_sets()[rng.choice([each for each in samples.LEARNED if each != learned])]
    return rng.choice(
        [
            ("of another method", other, REFUSE),
            ("then one of another", own + other, REFUSE),
            ("then a map", own + samples.maps()["npy"], REFUSE),
            ("too many", own * (2 + MOST_BYTES // len(own)), REFUSE),
            ("twice", own * 2, SOUND),
            more_than_there_are(rng, learned),
            npy_liar(rng),
        ]
    )


def more_than_there_are(rng, learned):
    """A patch set whose header counts more records than follow."""
    data = samples.patch_sets()[learned]
    count = len(np.load(io.BytesIO(data)))
    more = rng.choice([1, 9, 10**6, 10**12, 10**30])
    header = encode_npy_header((count + more,), get(*learned).patch_record())
    return f"{count + more} counted", header + data[128:], REFUSE


def try_patches(data, learned):
    dtype = get(*learned).patch_record()
    records, *_ = read_patches(io.BytesIO(data), dtype, MOST_BYTES)
    assert records.dtype == dtype and 0 < records.nbytes <= MOST_BYTES


READERS = {"photos": photo, "streams": stream, "maps": map, "weights": weights, "patch sets": patch_set}
