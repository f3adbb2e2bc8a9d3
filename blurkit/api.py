"""The front door for Python: photos in, maps, masks and scores out; a method loaded once serves for many photos.

Everything here is offered by ``import blurkit`` itself.
"""

import functools
import os
from collections.abc import Sequence
from typing import Any, BinaryIO, Literal, NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blurkit import map as maps
from blurkit import mask as masks
from blurkit import methods
from blurkit import score as scores
from blurkit.defaults import MAX_PIXELS, SCORE_SIDE, SHARPEST_SHARE, WORKING_SIDE
from blurkit.errors import InputError, UsageError, WeightsError, check_sizes
from blurkit.io.maps import as_map
from blurkit.io.photo import decode_photo
from blurkit.io.weights import LARGEST_WEIGHTS, find_weights, read_weights
from blurkit.ops.backend import backend_for
from blurkit.refine import refine_map

Source = str | os.PathLike[str] | bytes | BinaryIO
"""A file: its path, its bytes, or an open binary file."""
Map = NDArray[np.float32]
Photo = NDArray[np.uint8] | NDArray[np.uint16]

MOST_BYTES = 2 << 30  # of a file that is read
ANY_SHAPE = (64, 64)  # of a photo that any device takes


class Score(NamedTuple):
    """How sharp a photo is, and what that rests on; the fields are those of ``blur-score --json``."""

    score: float
    """1 / (1 + sigma): bigger is sharper, from 0 to 1; NaN where nothing can be judged."""
    sigma: float
    """Blur where the photo is sharpest, pixels of the working size, about 0.35 in the sharpest of photos."""
    coverage: float
    """Share of the photo, or of the mask, that can be judged."""
    noise: float
    """Deviation of the noise of its luma, 8-bit steps."""
    working_size: int
    """Longer side at which it was measured, pixels."""
    method: str
    weights: str
    """The first 12 digits of the checksum of the weights."""


class RawMap(NamedTuple):
    """A map before its refinement."""

    value: Map
    """(H, W) in [0, 1], 1 = in focus; or, where so asked for, blur in pixels."""
    weight: Map | None = None
    """(H, W) in [0, 1], how much each value counts, 0 where none was measured; None where every pixel was measured."""

    def planes(self) -> Map:
        """As the commands write it: (H, W), or (2, H, W), value and weight."""
        return self.value if self.weight is None else np.stack([self.value, self.weight])


class Model:
    """A method with its weights; made by `load`.

    Attributes
    ----------
    method : str
    info : methods.MethodInfo
        What is known of the method.
    weights : str
        The first 12 digits of the checksum of its weights.
    """

    def __init__(
        self,
        method: str,
        arrays: dict[str, NDArray[np.float32]],
        header: dict[str, Any],
        device: str,
        as_published: bool,
        working_size: int | None,
    ):
        self.method, self.info, self.weights = method, methods.info(method), str(header["checksum"])[:12]
        self.device, self.as_published, self.working_size = device, as_published, working_size
        self._arrays = arrays

    def __repr__(self) -> str:
        return f"<blurkit.Model {self.method}, weights {self.weights}>"

    def sharpness_map(self, photo: ArrayLike) -> Map:
        """What is in focus: (H, W) float32 in [0, 1], 1 = in focus.

        Parameters
        ----------
        photo : array_like
            (H, W), (H, W, 3) or (H, W, 4); uint8, uint16, or floating point in [0, 1]. Alpha is left out.
        """
        return self._map(photo, raw=False, sigma=False)

    def blur_map(self, photo: ArrayLike) -> Map:
        """How wide the blur is: (H, W) float32, sigma in pixels of the photo; for methods that measure it (park)."""
        self._check_sigma(True)
        return self._map(photo, raw=False, sigma=True)

    def raw_map(self, photo: ArrayLike, *, sigma: bool = False) -> RawMap:
        """The map before its refinement; with `sigma`, blur in pixels of the photo (park)."""
        self._check_sigma(sigma)
        planes = self._map(photo, raw=True, sigma=sigma)
        return RawMap(planes) if planes.ndim == 2 else RawMap(planes[0], planes[1])

    def refine(
        self,
        raw: RawMap | ArrayLike,
        photo: ArrayLike | None = None,
        *,
        sigma: bool = False,
        steps: int | None = None,
    ) -> Map:
        """A raw map, refined along the photo it was made from.

        Parameters
        ----------
        raw : RawMap or array_like
            From `raw_map` without `sigma`, or (H, W) or (2, H, W) as `read_maps` gives it.
        photo : array_like, optional
            The photo; zeng as published alone does without.
        sigma : bool
            Blur in pixels instead of sharpness (park).
        steps : int, optional
            The map after so many steps alone (zeng as published).
        """
        self._check_sigma(sigma)
        planes = raw.planes() if isinstance(raw, RawMap) else np.asarray(raw)
        guide = None if photo is None else as_photo(photo)
        return cast(Map, refine_map(as_map(planes, raw=True), guide, self.method, self.as_published, self._side(), sigma, steps))

    def score(self, photo: ArrayLike, *, share: float = SHARPEST_SHARE, mask: ArrayLike | None = None) -> Score:
        """How sharp a photo is.

        Parameters
        ----------
        photo : array_like
            As for `sharpness_map`.
        share : float
            How much of what can be judged counts: its sharpest part, above 0, up to 1.
        mask : array_like, optional
            (H, W), of the photo's size: judge only where it is true, or above one half.
        """
        if not 0 < share <= 1:
            raise InputError(f"share is {share}; it must be above 0, and at most 1")
        picture = as_photo(photo)
        region = None if mask is None else as_map(np.asarray(mask)) > 0.5
        if region is not None:
            check_sizes("photo", picture.shape, "its mask", region.shape)
        measured, blur = self.measure_blur(picture)
        return self.score_of(measured, blur, share=share, region=region)

    def measure_blur(self, photo: Photo, *, working_size: int | None = None) -> tuple[Photo, Map]:
        """A photo at the size at which its score is measured, and the blur of its cells of 4 x 4 pixels there.

        Parameters
        ----------
        photo : ndarray, (H, W, 3), uint8 or uint16; or its luma, (H, W), unless ``info.blur_needs_colour``
        working_size : int, optional
            In place of that of the model.

        Returns
        -------
        measured : ndarray, (h, w, 3), or its luma, (h, w)
        blur : ndarray, (2, ceil(h / 4), ceil(w / 4)), float32
            Sigma in pixels, and deviation of its logarithm, infinite where nothing shows.
        """
        sides = (working_size, self.working_size, SCORE_SIDE)
        side = next(side for side in sides if side is not None)
        return cast(tuple[Photo, Map], scores.measure_blur(photo, self._arrays, self.method, self.device, side))

    def score_of(self, measured: Photo, blur: Map, *, share: float = SHARPEST_SHARE, region: NDArray[np.bool_] | None = None) -> Score:
        """The score by what `measure_blur` gives."""
        return Score(**scores.score_from_blur(measured, blur, share, region), method=self.method, weights=self.weights)

    def _map(self, photo: ArrayLike, raw: bool, sigma: bool) -> Map:
        return cast(
            Map,
            maps.sharpness_map(as_photo(photo), self._arrays, self.method, raw, self.as_published, self.device, self._side(), sigma),
        )

    def _side(self) -> int:
        return WORKING_SIDE if self.working_size is None else self.working_size

    def _check_sigma(self, sigma: bool) -> None:
        if sigma and not self.info.measures_sigma:
            able = methods.those_with("measures_sigma")
            raise UsageError(f"method {self.method} does not measure blur in pixels; method {able} does")


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
        Weights to use; those that come with blurkit, or those of ``$BLURKIT_WEIGHTS``.
    device : str
        ``auto`` (a GPU if there is one), ``cpu``, ``cuda`` or ``cuda:N``.
    as_published : bool
        The method as its paper has it, without what blurkit adds (zeng, park).
    working_size : int, optional
        Photos with a longer side are measured at so many pixels; 0 = never reduce; 1536 for maps, 1024 for scores.

    Raises
    ------
    UsageError
        There is no such method; or what is asked for does not go together.
    WeightsError
        The weights are missing, damaged, or those of another method.
    DeviceError
        The GPU is not there.

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
    backend_for(device, ANY_SHAPE)  # so that a GPU that is not there is told here
    arrays, header = weights_of(method, weights)
    return Model(method, arrays, header, device, as_published, working_size)


def weights_of(method: str, source: Source | None = None) -> tuple[dict[str, NDArray[np.float32]], dict[str, Any]]:
    """Arrays and header of the weights of a method; an error names the file it is about."""
    source = find_weights(method) if source is None else source
    data, name = read_bytes(source, LARGEST_WEIGHTS + 1, WeightsError)
    try:
        return cast(tuple[dict[str, Any], dict[str, Any]], read_weights(data, method, methods.get(method).SHAPES))
    except WeightsError as error:
        raise WeightsError(f"{name}{error}") from error


def read_bytes(source: Source, most: int, error_type: type[InputError] | type[WeightsError]) -> tuple[bytes, str]:
    """At most so many bytes of a file, and its name with a colon for errors, empty where it has none."""
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), ""
    if not isinstance(source, str | os.PathLike):
        return source.read(most), ""
    name = os.fspath(source)
    try:
        with open(name, "rb") as file:
            return file.read(most), f"{name}: "
    except OSError as error:
        raise error_type(f"{name}: {error.strerror}") from error


def read_photo(source: Source, *, max_pixels: int = MAX_PIXELS, develop_raw: bool = False, max_size: int | None = None) -> Photo:
    """A photo, upright: (H, W, 3) uint8 or uint16, RGB.

    Parameters
    ----------
    source : path, bytes or binary file
        JPEG, PNG, TIFF, HEIC, RAW and others, told by content; see blurkit-formats(5).
    max_pixels : int
        Larger photos are refused before they are decoded.
    develop_raw : bool
        Develop a RAW file, instead of taking the preview in it.
    max_size : int, optional
        Pixels: decode a JPEG reduced, as long as its longer side stays at least so long, which is faster.

    Raises
    ------
    InputError
        It is missing, no photo, damaged, truncated or too large.
    """
    data, name = read_bytes(source, MOST_BYTES + 1, InputError)
    try:
        if len(data) > MOST_BYTES:
            raise InputError(f"has more than {MOST_BYTES} bytes")
        return cast(Photo, decode_photo(data, max_pixels, develop_raw, max_size))
    except InputError as error:
        raise InputError(f"{name}{error}") from error


def as_photo(photo: ArrayLike) -> Photo:
    """Any array that is a photo as (H, W, 3), uint8 or uint16, RGB.

    Parameters
    ----------
    photo : array_like
        (H, W) or (H, W, 1), grey; (H, W, 2), grey and alpha; (H, W, 3), RGB; (H, W, 4), RGB and alpha. uint8, uint16, or
        floating point in [0, 1], which becomes 16 bits. Alpha is left out.

    Raises
    ------
    InputError
        Another shape, no pixels, another type, NaN, or values out of range.
    """
    array = np.asarray(photo)
    if array.ndim not in (2, 3) or array.ndim == 3 and not 1 <= array.shape[2] <= 4:
        raise InputError(f"photo has shape {array.shape}; (H, W), (H, W, 3) or (H, W, 4) is needed")
    if not array.size:
        raise InputError(f"photo has no pixels: its shape is {array.shape}")
    if array.dtype.kind == "f":
        array = sixteen_bits(array)
    elif array.dtype not in (np.uint8, np.uint16):
        raise InputError(f"photo has values of type {array.dtype}; uint8, uint16, or floating point in [0, 1] is needed")
    if array.ndim == 3 and array.shape[2] >= 3:
        return np.ascontiguousarray(array[..., :3])
    grey = array if array.ndim == 2 else array[..., 0]
    return np.repeat(grey[..., None], 3, axis=2)


def sixteen_bits(array: NDArray[np.floating]) -> NDArray[np.uint16]:
    """Values from 0 to 1 as 16 bits."""
    low, high = array.min(), array.max()
    if not (low >= 0 and high <= 1):
        raise InputError(f"photo values run from {low:g} to {high:g}; floating point must lie in [0, 1]")
    return np.rint(array * 65535).astype(np.uint16)


def list_methods() -> list[str]:
    """Names of the methods there are, the default first."""
    return sorted(methods.METHODS, key=lambda name: (name != methods.DEFAULT, name))


@functools.cache
def loaded(method: str) -> Model:
    """A method as it comes, kept for the functions below."""
    return load(method)


def sharpness_map(photo: ArrayLike, *, method: str = methods.DEFAULT) -> Map:
    """What is in focus in a photo: (H, W) float32 in [0, 1], 1 = in focus; see `Model.sharpness_map`."""
    return loaded(method).sharpness_map(photo)


def blur_map(photo: ArrayLike, *, method: str = "park") -> Map:
    """How wide the blur of a photo is: (H, W) float32, sigma in pixels of the photo; see `Model.blur_map`."""
    return loaded(method).blur_map(photo)


def score_photo(
    photo: ArrayLike,
    *,
    method: str = methods.DEFAULT,
    share: float = SHARPEST_SHARE,
    mask: ArrayLike | None = None,
) -> Score:
    """How sharp a photo is; see `Model.score`."""
    return loaded(method).score(photo, share=share, mask=mask)


def focus_mask(sharpness: ArrayLike, threshold: float | Literal["otsu", "mean"] = 0.5, *, invert: bool = False) -> NDArray[np.bool_]:
    """What is in focus, as a mask: (H, W) bool.

    Parameters
    ----------
    sharpness : array_like, (H, W), in [0, 1]
    threshold : float, 'otsu' or 'mean'
        In focus is above it: a number from 0 to 1; Otsu's, between two classes of pixels; or 1.5 x mean of the map.
    invert : bool
        Mark what is out of focus instead.
    """
    rules: Sequence[str] = ("otsu", "mean")
    if isinstance(threshold, str) and threshold not in rules or not isinstance(threshold, str) and not 0 <= threshold <= 1:
        raise InputError(f"threshold is {threshold!r}; it must be a number from 0 to 1, 'otsu' or 'mean'")
    rule, value = (threshold, 1.5) if isinstance(threshold, str) else ("fixed", float(threshold))
    return cast(NDArray[np.bool_], masks.focus_mask(as_map(np.asarray(sharpness)), rule, value, invert) == 255)
