"""Weights: their place, how they are written and checked."""

import hashlib
import io
import json
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from blurkit.defaults import PARTS
from blurkit.errors import InputError, WeightsError
from blurkit.io.npy import as_bytes, read_npy

FORMAT_VERSION = 1
LARGEST_WEIGHTS = 64 << 20  # bytes; the largest weights file that is opened
MOST_ARRAYS = 1000  # in a weights file
HEADER = {"method", "format", "checksum"}  # what the header of a weights file always has
LONGEST = 40  # characters of a field of the header in an error
ENTRY = b"PK\1\2"  # begins every entry in the directory of a zip
# Compressions that are read; the others allocate as much memory as the file asks for.
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
UNREADABLE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    InputError,
    KeyError,
    ValueError,
    TypeError,
    EOFError,
    OSError,
    RuntimeError,
)
"""Errors that damaged weights lead to."""


HALF_INFINITY, MINUS_INFINITY = 0x7C00, 0xFC00  # float16 as whole numbers; NaN are larger ones of the same sign
ENTRY_DATE = (1980, 1, 1, 0, 0, 0)  # of every entry, so that equal weights are equal bytes


class OtherPartError(WeightsError):
    """Weights of another part of the method."""


def find_weights(name, module=None):
    """Path of the weights that are used by default: those of ``$BLURKIT_WEIGHTS``, else `shipped_weights`.

    Parameters
    ----------
    name : str
        As ``methods.weights_name`` gives it.
    module : str, optional
        For a method of another package its file, beside which its weights lie.

    Raises
    ------
    WeightsError
        Not found; the message names the places.
    """
    chosen = os.environ.get("BLURKIT_WEIGHTS")  # a folder, or one file
    if not chosen:
        return shipped_weights(name, module)
    path = Path(chosen)
    path = path / f"{name}.npz" if path.is_dir() else path
    if path.is_file():
        return path
    raise WeightsError(f"no weights at {path} (from BLURKIT_WEIGHTS)")


def shipped_weights(name, module=None):
    """Path of weights that came with a method; arguments and errors as for `find_weights`.

    Searched for blurkit's own: ``share/weights`` of the checkout, then ``share/blurkit/weights`` of every folder above
    the package, which is where pip, ``--user`` and ``make install`` put them.
    """
    name = f"{name}.npz"
    if module is not None:
        path = Path(module).with_name(name)
        if path.is_file():
            return path
        raise WeightsError(f"no weights at {path}, of method {path.stem}; name a file, or set BLURKIT_WEIGHTS")
    package = Path(__file__).resolve().parents[1]
    checkout = package.parent / "share" / "weights" / name
    if checkout.is_file():
        return checkout
    for folder in package.parents:
        path = folder / "share" / "blurkit" / "weights" / name
        if path.is_file():
            return path
    raise WeightsError(
        f"weights {name} not found in share/blurkit/weights of any folder above {package}; set BLURKIT_WEIGHTS"
    )


def write_weights(arrays, header):
    """Bytes of a weights file: an NPZ (zip of NPY) with a JSON header, without pickle or time stamps.

    Parameters
    ----------
    arrays : dict of ndarray
    header : dict
        At least ``method``; ``format`` and ``checksum`` (SHA-256 over the arrays) are added.
    """
    header = {"format": FORMAT_VERSION, "checksum": checksum(arrays), **header}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        entries = {"header": np.array(json.dumps(header, sort_keys=True)), **dict(sorted(arrays.items()))}
        for name, array in entries.items():
            entry = io.BytesIO()
            np.lib.format.write_array(entry, np.asarray(array), version=(1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(name + ".npy", ENTRY_DATE), entry.getvalue())
    return out.getvalue()


def checksum(arrays):
    """SHA-256 over names, types, shapes and values, in the order of the names."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        array = np.ascontiguousarray(array)  # a single number counts as an array of one
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(as_bytes(array))
    return digest.hexdigest()


def read_weights(data, method, shapes, part="map", as_published=False, keeps_half=False):
    """Arrays and header of a weights file.

    Parameters
    ----------
    data : bytes
    method : str
    shapes : dict of tuple
        What that part of the method needs.
    part : {'map', 'score'}
        See ``methods.PARTS``.
    as_published : bool
        Take weights that were trained as published as well.
    keeps_half : bool
        Leave arrays in half precision as they are stored.

    Returns
    -------
    arrays : dict of ndarray, float32
        Or, with `keeps_half`, float16.
    header : dict

    Raises
    ------
    OtherPartError
        Sound, but of the other part.
    WeightsError
        Damaged, of another method or version, of wrong shape, or not finite.
    """
    arrays, header = unpack(data)
    if header["method"] != method:
        raise WeightsError(f"weights are for method {str(header['method'])[:LONGEST]}, not {method}")
    if header["format"] != FORMAT_VERSION:
        version = str(header["format"])[:LONGEST]
        raise WeightsError(f"weights have format {version}; this version reads {FORMAT_VERSION}")
    if header.get("as_published") and not as_published:
        raise WeightsError("weights were trained as published, and go with as_published alone")
    if header["checksum"] != checksum(arrays):
        raise WeightsError("weights are damaged: checksum does not fit")
    if (of := header.get("part", PARTS[0])) != part:
        error = OtherPartError if of in PARTS else WeightsError
        raise error(f"weights are for the {str(of)[:LONGEST]} of method {method}, not for its {part}")
    check_shapes(arrays, shapes)
    check_values(arrays, shapes)
    if not keeps_half:
        arrays = {name: single(array) for name, array in arrays.items()}
    return arrays, header


def single(array):
    """An array in single precision, if it holds numbers with a fraction; others are none of the method's."""
    return array.astype(np.float32, copy=False) if array.dtype.kind == "f" else array


def unpack(data):
    """The arrays and the header of a weights file as they are, of whatever method and version, damaged or not."""
    if len(data) > LARGEST_WEIGHTS:
        raise WeightsError(f"weights file has {len(data)} bytes; at most {LARGEST_WEIGHTS} are read")
    if data.count(ENTRY) > MOST_ARRAYS:
        raise WeightsError(f"weights file holds more than {MOST_ARRAYS} arrays")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if any(entry.compress_type not in COMPRESSIONS for entry in archive.infolist()):
                raise WeightsError("weights file is packed in a way that is not read")
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
            if sum(sizes.values()) > LARGEST_WEIGHTS:
                raise WeightsError("weights file unpacks to more than it may")
            arrays = {name.removesuffix(".npy"): unpacked(archive, name, size) for name, size in sizes.items()}
        header = json.loads(str(arrays.pop("header")))
        if not isinstance(header, dict) or not set(header) >= HEADER:
            raise WeightsError("not a weights file, or damaged")
    except UNREADABLE as error:
        raise WeightsError("not a weights file, or damaged") from error
    return arrays, header


def is_weights(data):
    """True if some bytes are a weights file, of whatever method and version."""
    try:
        unpack(data)
    except WeightsError:
        return False
    return True


def unpacked(archive, name, size):
    """The array of an entry of so many bytes, read in pieces: zipfile would unpack far more if the file lies."""
    with archive.open(name) as entry:
        array = read_npy(entry, size)
        if entry.read(1):  # behind the last byte zipfile compares its checksum
            raise WeightsError("not a weights file, or damaged")
    return array


def check_arrays(arrays, shapes):
    """Raise a WeightsError unless every array is there, float32 or float16, of its shape, and finite."""
    check_shapes(arrays, shapes)
    check_values(arrays, shapes)


def check_shapes(arrays, shapes):
    """As `check_arrays`, but for the values."""
    for name, shape in shapes.items():
        if name not in arrays:
            raise WeightsError(f"weights lack {name}: another version of blurkit wrote them; train them anew")
        array = arrays[name]
        if array.shape != shape or array.dtype not in (np.float32, np.float16):
            raise WeightsError(
                f"weights {name} are {array.dtype} {array.shape}; they must be float32 or float16 {shape}"
            )


def check_values(arrays, names):
    """Raise a WeightsError if one of some arrays is not finite."""
    for name in names:
        if not is_finite(arrays[name]):
            raise WeightsError(f"weights {name} hold NaN or infinite values")


def is_finite(array):
    """True if an array of float32 or float16 holds neither NaN nor infinity."""
    if array.dtype != np.float16:
        return bool(np.isfinite(array).all())
    largest = [array.view(kind).max(initial=0) for kind in (np.int16, np.uint16)]  # NumPy takes ten times as long
    return bool(largest[0] < HALF_INFINITY and largest[1] < MINUS_INFINITY)
