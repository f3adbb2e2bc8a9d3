"""The scores of many files as records, ready for a table."""

import math
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from blurkit import api
from blurkit.arrays import Photo
from blurkit.defaults import MAX_PIXELS, SCORE_SIDE
from blurkit.errors import InputError, UsageError
from blurkit.io.photo import decode_photo, whole_shape
from blurkit.io.pictures import pictures
from blurkit.methods import info
from blurkit.model import Model
from blurkit.noscore import reason
from blurkit.results import Score

if TYPE_CHECKING:
    from blurkit.cache import Kept

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
    cache: bool | Literal["content"] = False,
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
    cache : bool or "content"
        Keep scores where ``blur-score --cache`` keeps them, and measure no photo twice; it is known by size and times,
        or by its content. What goes wrong there is a RuntimeWarning, and photos are measured.

    Yields
    ------
    dict
        In the order of the paths, each when it is measured. A file that cannot be read ends no run: it has a record as
        well, whose `no_score` says why.

    Raises
    ------
    InputError
        `paths` is one path.
    UsageError
        `cache` is something else.

    Examples
    --------
    >>> import blurkit
    >>> [record["no_score"] for record in blurkit.scores(["missing.jpg"])]
    ['No such file or directory']
    """
    if isinstance(paths, str | bytes | os.PathLike):
        raise InputError(f"paths is one path; many are needed: scores([{os.fspath(paths)!r}])")
    if cache not in (False, True, "content"):
        raise UsageError(f"cache is {cache!r}; it must be True, False or 'content'")
    model = api.loaded("joint") if model is None else model
    names = (os.fspath(path) for path in paths)
    if cache:
        return with_cache(names, model, max_pixels, pages, cache == "content")
    return (record for path in names for record in of_file(path, model, max_pixels, pages))


def with_cache(paths: Iterable[str], model: Model, max_pixels: int, pages: bool, by_content: bool) -> Iterator[Record]:
    """The records of some files; scores that are kept are not measured, and the others are kept."""
    from blurkit.cache import Cache
    from blurkit.identity import file_at, settings

    chosen = settings(model, side_of(model), max_pixels=max_pixels, pages=pages)
    with Cache(lambda text: warnings.warn(text, RuntimeWarning, stacklevel=2)) as store:
        for path in paths:
            file = file_at(path, by_content)
            kept = None if file is None else store.get(file, chosen)
            if kept is not None:
                yield record_of(path, 1, kept.no_score, kept.score(model))
            elif file is None:
                yield from of_file(path, model, max_pixels, pages)
            else:
                yield from of_file(path, model, max_pixels, pages, partial(store.put, file, chosen))


def of_file(
    path: str, model: Model, max_pixels: int, pages: bool, keep: "Callable[[Kept], None] | None" = None
) -> Iterator[Record]:
    """The records of one file; the last one holds the error that ended it, if any.

    `keep` is called in the end if the photo is alone and could be read.
    """
    frame, kept = 0, None
    try:
        with open(path, "rb") as stream:
            for frame, picture in enumerate(pictures(stream, max_pixels, pages=pages), 1):
                record = of_picture(path, frame, picture.data, model, max_pixels)
                kept = kept_of(record, picture.others) if keep and frame == 1 else None
                yield record
    except InputError as error:
        yield failed(path, frame + 1, model, str(error))
    except OSError as error:
        yield failed(path, frame + 1, model, error.strerror or str(error))
    else:
        if keep and kept:
            keep(kept)


def kept_of(record: Record, others: int) -> "Kept | None":
    """What is kept of a photo; None of one that could not be read. `others` are the pages that are passed over."""
    from blurkit.cache import FIGURES, Kept

    if record["kind"] is None:
        return None
    values = cast(dict[str, Any], record)
    return Kept({name: values[name] for name in FIGURES}, record["no_score"], others)


def of_picture(path: str, frame: int, data: bytes, model: Model, max_pixels: int) -> Record:
    """The record of the photo in some bytes."""
    side = side_of(model)
    try:
        photo = decoded(data, model.method, side, max_pixels)
    except InputError as error:
        return failed(path, frame, model, str(error))
    measured = model.measure_blur(photo, working_size=side, shape=whole_shape(data, photo))
    score = model.score_of(measured)
    no_score = reason(measured) if math.isnan(score.score) else None
    return record_of(path, frame, no_score, score._asdict())


def failed(path: str, frame: int, model: Model, error: str) -> Record:
    """The record of a photo that cannot be read."""
    values: dict[str, object] = {name: math.nan if name in UNKNOWN else None for name in Score._fields}
    values |= {"method": model.method, "weights": model.weights_of("score")}
    return record_of(path, frame, error, values)


def record_of(path: str, frame: int, no_score: str | None, values: dict[str, Any]) -> Record:
    """A record; `values` are those of the fields of `Score`, in their order."""
    return cast(Record, {"path": path, "frame": frame, "no_score": no_score, **values})


def side_of(model: Model) -> int:
    """Longer side at which a model measures photos for their scores, pixels; 0 = their own."""
    return SCORE_SIDE if model.working_size is None else model.working_size


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
