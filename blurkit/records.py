"""The scores of many files as records, ready for a table."""

import math
import os
from collections.abc import Iterable, Iterator
from typing import TypedDict, cast

from blurkit import api
from blurkit.arrays import Photo
from blurkit.defaults import MAX_PIXELS, SCORE_SIDE
from blurkit.errors import InputError
from blurkit.io.photo import decode_photo, whole_shape
from blurkit.io.pictures import pictures
from blurkit.methods import info
from blurkit.model import Model, Score
from blurkit.noscore import reason

UNKNOWN = {"score", "sigma", "sigma_photo", "motion", "angle", "coverage", "noise", "cropped"}  # NaN without a photo


class Record(TypedDict):
    """One photo in a table; from ``score`` on the fields of `Score`."""

    path: str
    frame: int
    """Number of the picture in its file, from 1."""
    no_score: str | None
    """Why there is none: the error of a file that cannot be read, or what is missing in the photo; None with a score.
    What comes of a photo is NaN, or None for whole numbers and words, where it cannot be read."""
    score: float
    sigma: float
    sigma_photo: float
    kind: str | None
    motion: float
    angle: float
    coverage: float
    noise: float
    working_size: int | None
    cropped: float
    method: str
    weights: str


def scores(
    paths: Iterable[str | os.PathLike[str]],
    *,
    model: Model | None = None,
    max_pixels: int = MAX_PIXELS,
    pages: bool = False,
) -> Iterator[Record]:
    """A record for every photo in some files, with the figures of ``blur-score --json``; see `Record`.

    Parameters
    ----------
    paths : iterable of path
        Files of one photo each, or of pictures one after the other.
    model : Model, optional
        From ``load``; default joint.
    max_pixels : int
        Larger photos are refused before they are decoded.
    pages : bool
        Take every page of a TIFF, not only the first.

    Yields
    ------
    dict
        In the order of the paths, each when it is measured. A file that cannot be read ends no run: it has a record as
        well, whose `no_score` says why.

    Raises
    ------
    InputError
        `paths` is one path.

    Examples
    --------
    >>> import blurkit
    >>> [record["no_score"] for record in blurkit.scores(["missing.jpg"])]
    ['No such file or directory']
    """
    if isinstance(paths, str | bytes | os.PathLike):
        raise InputError(f"paths is one path; many are needed: scores([{os.fspath(paths)!r}])")
    model = api.loaded("joint") if model is None else model
    return (record for path in paths for record in of_file(os.fspath(path), model, max_pixels, pages))


def of_file(path: str, model: Model, max_pixels: int, pages: bool) -> Iterator[Record]:
    """The records of one file; the last one holds the error that ended it, if any."""
    frame = 0
    try:
        with open(path, "rb") as stream:
            for frame, picture in enumerate(pictures(stream, max_pixels, pages=pages), 1):
                yield of_picture(path, frame, picture.data, model, max_pixels)
    except InputError as error:
        yield failed(path, frame + 1, model, str(error))
    except OSError as error:
        yield failed(path, frame + 1, model, error.strerror or str(error))


def of_picture(path: str, frame: int, data: bytes, model: Model, max_pixels: int) -> Record:
    """The record of the photo in some bytes."""
    side = SCORE_SIDE if model.working_size is None else model.working_size
    try:
        photo = decoded(data, model.method, side, max_pixels)
    except InputError as error:
        return failed(path, frame, model, str(error))
    measured = model.measure_blur(photo, working_size=side, shape=whole_shape(data, photo))
    score = model.score_of(measured)
    no_score = reason(measured) if math.isnan(score.score) else None
    return cast(Record, {"path": path, "frame": frame, "no_score": no_score, **score._asdict()})


def failed(path: str, frame: int, model: Model, error: str) -> Record:
    """The record of a photo that cannot be read."""
    values: dict[str, object] = {name: math.nan if name in UNKNOWN else None for name in Score._fields}
    values |= {"method": model.method, "weights": model.weights}
    return cast(Record, {"path": path, "frame": frame, "no_score": error, **values})


def decoded(
    data: bytes, method: str, side: int, max_pixels: int, develop_raw: bool = False, detail: bool = False
) -> Photo:
    """The photo in some bytes; a JPEG no larger than its score needs, and in grey if colours do not count.

    Parameters
    ----------
    data : bytes
    method : str
    side : int
        Pixels; longer side at which it will be measured, 0 = its own.
    max_pixels, develop_raw
        As for ``api.read_photo``.
    detail : bool
        Tiles of its own pixels will be measured.
    """
    is_grey = bool(side or detail) and not info(method).blur_needs_colour
    return cast(Photo, decode_photo(data, max_pixels, develop_raw, side or None, is_grey))
