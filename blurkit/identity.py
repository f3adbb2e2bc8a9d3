"""What a kept score belongs to: the file it was measured of, and what it was measured with."""

import functools
import hashlib
import os
import stat
import struct
import time
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy
import PIL

import blurkit
from blurkit.defaults import MAX_PIXELS, MOST_BYTES, SHARPEST_SHARE
from blurkit.model import Model
from blurkit.ops.backend import ANY_SHAPE, CpuBackend, backend_for

DIGEST_BYTES = 16
# Nanoseconds. FAT, exFAT, HFS+ and SSHFS tell times in steps of this or more; such times cannot tell a file from
# another one that takes its place.
COARSE = 10_000_000
YOUNG = 100_000_000  # nanoseconds; other systems have steps of at most 10 ms, within which a file may change twice
DECODERS = ("simplejpeg", "pillow-heif", "rawpy", "tifffile", "imagecodecs")  # packages that may be missing
STATE = struct.Struct("<qqqQ")


class State(NamedTuple):
    """What tells that a file has not changed."""

    size: int
    """Bytes."""
    changed: int
    """Nanoseconds from 1970: the last change of its content, or what a program has set."""
    touched: int
    """Nanoseconds from 1970: the last change of the file or its name, by the clock of the system."""
    inode: int

    @property
    def is_coarse(self) -> bool:
        """True if the times do not show every change; Windows has the time of creation for `touched`."""
        return os.name == "nt" or self.touched % COARSE == 0

    @property
    def is_young(self) -> bool:
        """True if the file may still change without another time."""
        return time.time_ns() - self.touched < YOUNG

    def packed(self) -> bytes:
        """As bytes."""
        return STATE.pack(*self)


class File(NamedTuple):
    """A file before it is measured; made by `file_at`."""

    path: bytes
    """Without links, but for the file itself."""
    state: State
    key: bytes
    """Of its path, or of its content."""
    is_by_content: bool
    is_sure: bool
    """Its times show every change from now on."""
    content: bytes | None
    """Digest; None if neither the key nor a later comparison needs it."""

    def is_unchanged(self) -> bool:
        """True if the file still is what it was, and its state shows every change from now on."""
        if state_at(self.path) != self.state:
            return False
        if self.is_sure:
            return True
        return (self.state.is_coarse or not self.state.is_young) and content_at(self.path) == self.content


def file_at(path: str, by_content: bool) -> File | None:
    """The file at a path; None for what is no file, or cannot be read.

    With `by_content` its key is the digest of its content, and else of its path, unless its times are too coarse.
    """
    state = state_at(path)
    if state is None:
        return None
    is_by_content = by_content or state.is_coarse
    is_sure = not (state.is_coarse or state.is_young)
    needs_content = is_by_content or not is_sure
    content = content_at(path) if needs_content else None
    if needs_content and content is None:
        return None
    folder, name = os.path.split(path)
    place = os.fsencode(os.path.join(real_folder(folder, os.getcwd()), name))
    key = digest(b"content", content) if is_by_content and content else digest(b"path", place)
    return File(place, state, key, is_by_content, is_sure, content)


def state_at(path: str | bytes) -> State | None:
    """The state of a file; None if it is no file, cannot be asked, or has more bytes than a photo may have."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:
        return None
    return State(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def content_at(path: str | bytes) -> bytes | None:
    """The digest of the content of a file; None if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=DIGEST_BYTES)).digest()
    except OSError:
        return None


@functools.lru_cache(maxsize=64)
def real_folder(folder: str, here: str) -> str:
    """A folder without links; relative ones are relative to `here`."""
    return os.path.realpath(os.path.join(here, folder))


def digest(*parts: bytes) -> bytes:
    """The digest of some bytes one after the other; their lengths count."""
    total = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        total.update(len(part).to_bytes(8, "little") + part)
    return total.digest()


def settings(
    model: Model,
    side: int,
    *,
    max_pixels: int = MAX_PIXELS,
    pages: bool = False,
    develop_raw: bool = False,
    share: float = SHARPEST_SHARE,
    softest: bool = False,
    detail: bool = False,
) -> bytes:
    """What the user chose that may change a score, or whether there is one, as a digest.

    Parameters
    ----------
    model : Model
    side : int, pixels
        Longer side at which photos are measured, 0 = their own.
    max_pixels, pages, develop_raw, share, softest, detail
        As for `Model.score`, `scores` and `read_photo`.

    Returns
    -------
    bytes
    """
    backend = backend_for(model.device, ANY_SHAPE)
    device = "cpu" if backend is CpuBackend else f"{backend.device} {backend.torch.__version__}"
    chosen = (model.method, model.weights_of("score"), model.as_published, device, side, max_pixels, pages, develop_raw)
    return digest(repr((*chosen, share, softest, detail)).encode())


@functools.cache
def formula() -> bytes:
    """What measures, as a digest: blurkit to the last letter of its code, and what decodes and computes for it."""
    total = [blurkit.__version__, numpy.__version__, PIL.__version__, cv2.getBuildInformation()]
    total += [f"{name} {version_of(name)}" for name in DECODERS]
    parts = [text.encode() for text in total]
    package = Path(blurkit.__file__).parent
    for path in sorted(package.rglob("*.py")):
        parts += [path.relative_to(package).as_posix().encode(), path.read_bytes()]
    return digest(*parts)


def version_of(package: str) -> str | None:
    """The version of an installed package, None if it is missing."""
    from importlib import metadata  # takes longer than all else here

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
