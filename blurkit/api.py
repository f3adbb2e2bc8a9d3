"""The Python interface: photos in, maps, masks and scores out.

The public functions here are offered by ``import blurkit`` itself. `load` loads a method once for many photos.
"""

import functools
import io
import os
from collections.abc import Iterator
from typing import Any, BinaryIO, Literal, cast, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blurkit import mask as masks
from blurkit import methods
from blurkit.arrays import Photo
from blurkit.defaults import MAX_PIXELS, MOST_BYTES, SHARPEST_SHARE, is_device
from blurkit.errors import InputError, UsageError, WeightsError
from blurkit.io.maps import as_map
from blurkit.io.photo import decode_photo
from blurkit.io.pictures import pictures
from blurkit.io.weights import LARGEST_WEIGHTS
from blurkit.model import Model
from blurkit.ops.backend import ANY_SHAPE, backend_for
from blurkit.results import Map, Score
from blurkit.sources import Source, read_bytes, read_stream
from blurkit.weights import default_weights, given_weights, held_weights

MEAN_FACTOR = 1.5  # x mean of the map: the threshold 'mean', usual in this field


def load(
    method: str = methods.DEFAULT,
    *,
    weights: Source | None = None,
    device: str = "auto",
    as_published: bool = False,
    working_size: int | None = None,
) -> Model:
    """A method, ready for any number of photos.

    Parameters
    ----------
    method : str
        One of `list_methods`.
    weights : path, bytes or binary file, optional
        Default: those of ``$BLURKIT_WEIGHTS``, a folder or a file, or else those that come with blurkit; for zeng as
        published those trained as published. Of joint one file holds the weights of its maps and another one those of
        its score; what a given file does not hold comes with blurkit. Weights are read when they are first needed.
    device : str
        ``auto`` (a GPU if there is one), ``cpu``, ``cuda`` or ``cuda:N``.
    as_published : bool
        The method as in its paper, without the additions of blurkit (zeng, park).
    working_size : int, optional
        Pixels; photos with a longer side are reduced to it before they are measured; 0 = never. Default: 640 for
        maps of joint, 1536 for those of the others, 1024 for scores.

    Returns
    -------
    Model

    Raises
    ------
    UsageError
        There is no such method, or the arguments do not go together.
    WeightsError
        The weights are missing, damaged, or those of another method.
    DeviceError
        The GPU is missing.

    Examples
    --------
    >>> import blurkit, numpy
    >>> model = blurkit.load()
    >>> model.sharpness_map(numpy.zeros((60, 80), "uint8")).shape
    (60, 80)
    """
    info = methods.info(method)
    if as_published and not info.is_published:
        raise UsageError(f"method {method} has no paper; as_published goes with {methods.those_with('is_published')}")
    if as_published and working_size is not None:
        raise UsageError("as published a method measures at the photo's own size; working_size does not go with it")
    if working_size is not None and (not isinstance(working_size, int) or working_size < 0):
        raise UsageError(f"working_size is {working_size!r}; it must be a whole number of pixels, or 0")
    if not is_device(device):
        raise UsageError(f"unknown device {device!r}; there are auto, cpu, cuda and cuda:N")
    backend_for(device, ANY_SHAPE)  # so that a missing GPU is reported here
    if weights is None:
        read = functools.partial(default_weights, method, as_published=as_published)
    else:
        held = held_weights(method, as_published, *read_bytes(weights, LARGEST_WEIGHTS + 1, WeightsError))
        read = functools.partial(given_weights, method, held)
    return Model(method, read, device, as_published, working_size)


def read_photo(
    source: Source, *, max_pixels: int = MAX_PIXELS, develop_raw: bool = False, max_size: int | None = None
) -> Photo:
    """A photo, upright: (H, W, 3) uint8 or uint16, RGB; of many in one file the first, see `read_photos`.

    Parameters
    ----------
    source : path, bytes or binary file
        JPEG, PNG, TIFF, HEIC, RAW and others, recognised by content; see blurkit-formats(5).
    max_pixels : int
        Larger photos are refused before they are decoded.
    develop_raw : bool
        Develop a RAW file, instead of taking the preview in it.
    max_size : int, optional
        Pixels: the photo is to be measured at a longer side of at most this. A JPEG may be decoded at a half, a quarter
        or an eighth of its size then, 1.9 times as long as this or more, which is faster; 1024 suits scores.

    Raises
    ------
    InputError
        The file is missing, damaged, truncated, too large, or no photo.

    >>> blurkit.read_photo("photo.jpg").shape
    (90, 120, 3)
    """
    data, prefix = read_bytes(source, MOST_BYTES + 1, InputError)
    try:
        if len(data) > MOST_BYTES:
            raise InputError(f"has more than {MOST_BYTES} bytes")
        return cast(Photo, decode_photo(data, max_pixels, develop_raw, max_size))
    except InputError as error:
        raise InputError(f"{prefix}{error}") from error


def read_photos(
    source: Source, *, max_pixels: int = MAX_PIXELS, max_size: int | None = None, pages: bool = False
) -> Iterator[Photo]:
    """Every photo of a file or a stream, one in memory at a time; see STREAMS OF PICTURES in blurkit(7).

    Parameters
    ----------
    source : path, bytes or binary file
        Pictures one after the other, such as ``sys.stdin.buffer`` behind ffmpeg; or one photo of any format.
    max_pixels, max_size
        As for `read_photo`.
    pages : bool
        Take every page of a TIFF, not only the first.

    Yields
    ------
    ndarray
        As `read_photo` gives it.

    Raises
    ------
    InputError
        As for `read_photo`, with the number of the photo; or what follows is no photo that can follow another.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        stream, prefix = cast(BinaryIO, io.BytesIO(source)), ""
    elif isinstance(source, str | os.PathLike):
        prefix = f"{os.fspath(source)}: "
        try:
            stream = open(source, "rb")  # noqa: SIM115  # closed below
        except OSError as error:
            raise InputError(f"{prefix}{error.strerror}") from error
    else:
        read_stream(source, 0, InputError)
        stream, prefix = source, ""
    number = 1
    try:
        for picture in pictures(stream, max_pixels, pages=pages):
            yield cast(Photo, decode_photo(picture.data, max_pixels, side=max_size))
            number += 1
    except InputError as error:
        raise InputError(f"{prefix}photo {number}: {error}") from error
    finally:
        if stream is not source:
            stream.close()


def list_methods() -> list[str]:
    """Names of all methods, the default first; those of other packages as well, see ``contract``."""
    return sorted(methods.names(), key=lambda name: (name != methods.DEFAULT, name))


@functools.cache
def loaded(method: str, as_published: bool = False) -> Model:
    """A method with its default settings, loaded once and kept for the functions below."""
    return load(method, as_published=as_published)


def sharpness_map(photo: ArrayLike, *, method: str = methods.DEFAULT) -> Map:
    """Sharpness map of a photo: (H, W) float32 in [0, 1], 1 = in focus; see `Model.sharpness_map`.

    >>> blurkit.sharpness_map(photo).shape
    (90, 120)
    """
    return loaded(method).sharpness_map(photo)


def kind_map(photo: ArrayLike, *, method: str = methods.DEFAULT, threshold: float = 0.5) -> NDArray[np.uint8]:
    """What blurs every pixel: (H, W) uint8, 0 sharp, 1 out of focus, 2 moving; see `Model.kind_map`."""
    return loaded(method).kind_map(photo, threshold=threshold)


def blur_map(photo: ArrayLike, *, method: str = "park") -> Map:
    """Width of the blur of a photo: (H, W) float32, sigma in pixels of the photo; see `Model.blur_map`.

    >>> bool((blurkit.blur_map(photo) >= 0).all())
    True
    """
    return loaded(method).blur_map(photo)


@overload
def score_photo(
    photo: ArrayLike,
    *,
    method: str = methods.DEFAULT,
    share: float = SHARPEST_SHARE,
    softest: bool = False,
    mask: ArrayLike | None = None,
    detail: bool = False,
    boxes: None = None,
) -> Score:
    """The score of all of a photo."""


@overload
def score_photo(
    photo: ArrayLike, *, method: str = methods.DEFAULT, share: float = SHARPEST_SHARE, boxes: ArrayLike
) -> list[Score]:
    """The scores of boxes of a photo."""


def score_photo(
    photo: ArrayLike,
    *,
    method: str = methods.DEFAULT,
    share: float = SHARPEST_SHARE,
    softest: bool = False,
    mask: ArrayLike | None = None,
    detail: bool = False,
    boxes: ArrayLike | None = None,
) -> Score | list[Score]:
    """How sharp a photo is, or what lies in boxes of it; see `Model.score`.

    >>> 0 < blurkit.score_photo(photo).score < 1
    True
    """
    how: dict[str, Any] = {"share": share, "softest": softest, "mask": mask, "detail": detail, "boxes": boxes}
    return cast(Score | list[Score], loaded(method).score(photo, **how))


def focus_mask(
    sharpness: ArrayLike, threshold: float | Literal["otsu", "mean"] = 0.5, *, invert: bool = False
) -> NDArray[np.bool_]:
    """Mask of the pixels in focus: (H, W) bool.

    Parameters
    ----------
    sharpness : array_like, (H, W), in [0, 1]
    threshold : float, 'otsu' or 'mean'
        A pixel is in focus above it: a number from 0 to 1; 'otsu', Otsu's threshold between two classes of pixels; or
        'mean', 1.5 x mean of the map.
    invert : bool
        Mark the pixels out of focus instead.

    Raises
    ------
    InputError
        The threshold is none of these, or the map is none.

    >>> blurkit.focus_mask([[0.2, 0.6, 0.9]]).tolist()
    [[False, True, True]]
    """
    is_valid = threshold in ("otsu", "mean") if isinstance(threshold, str) else 0 <= threshold <= 1
    if not is_valid:
        raise InputError(f"threshold is {threshold!r}; it must be a number from 0 to 1, 'otsu' or 'mean'")
    rule, value = (threshold, MEAN_FACTOR) if isinstance(threshold, str) else ("fixed", float(threshold))
    return cast(NDArray[np.bool_], masks.focus_mask(as_map(np.asarray(sharpness)), rule, value, invert) == 255)
