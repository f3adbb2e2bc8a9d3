"""A method with its weights, ready for any number of photos; `as_photo` checks the arrays it is given as photos."""

from typing import Any, Literal, NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blurkit import detail as details
from blurkit import map as maps
from blurkit import methods
from blurkit import score as scores
from blurkit.defaults import SCORE_SIDE, SHARPEST_SHARE, WORKING_SIDE
from blurkit.errors import InputError, UsageError, check_sizes
from blurkit.io.maps import as_map
from blurkit.refine import refine_map

Map = NDArray[np.float32]
Photo = NDArray[np.uint8] | NDArray[np.uint16]


class Score(NamedTuple):
    """How sharp a photo is, and the measurements behind it; the fields are those of ``blur-score --json``."""

    score: float
    """1 / (1 + sigma): bigger is sharper, from 0 to 1; NaN where nothing can be judged."""
    sigma: float
    """Blur where the photo is sharpest, in its worst direction: pixels of the working size, about 0.35 in the sharpest
    photos."""
    sigma_photo: float
    """The same in pixels of the photo."""
    kind: Literal["sharp", "defocus", "motion", "unsure"]
    """What the blur is; "unsure" where too few directions can be judged, or the method tells none apart."""
    motion: float
    """Length of a straight motion that explains how much blurrier the worst direction is than the best, pixels of the
    photo; 0 in a sharp photo, NaN where it is unknown."""
    angle: float
    """Direction of that motion, degrees from 0 to 180: 0 is horizontal, then counter-clockwise; NaN if sharp or not
    known."""
    coverage: float
    """Share of the photo, or of the mask, that can be judged."""
    noise: float
    """Standard deviation of the noise of its luma, 8-bit steps."""
    working_size: int
    """Longer side at which it was measured, pixels."""
    cropped: float
    """Share of the pixels that are bars, frames or flat ground, and were left out."""
    method: str
    weights: str
    """The first 12 digits of the checksum of the weights."""


class RawMap(NamedTuple):
    """A map before its refinement."""

    value: Map
    """(H, W) in [0, 1], 1 = in focus; or, if requested, blur in pixels."""
    weight: Map | None = None
    """(H, W) in [0, 1], confidence of each value, 0 where none was measured; None if every pixel was measured."""

    def planes(self) -> Map:
        """The map as the commands write it: (H, W), or (2, H, W), value and weight."""
        return self.value if self.weight is None else np.stack([self.value, self.weight])


class Model:
    """A method with its weights; made by `load`.

    Attributes
    ----------
    method : str
    info : methods.MethodInfo
        Properties of the method.
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
        """Sharpness map of a photo: (H, W) float32 in [0, 1], 1 = in focus.

        Parameters
        ----------
        photo : array_like
            (H, W), (H, W, 3) or (H, W, 4); uint8, uint16, or floating point in [0, 1]. Alpha is left out.
        """
        return self._map(photo, raw=False, sigma=False)

    def blur_map(self, photo: ArrayLike) -> Map:
        """Width of the blur: (H, W) float32, sigma in pixels of the photo; for methods that measure it (park)."""
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
        steps: int | Literal["mix"] | None = None,
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
        steps : int or "mix", optional
            The map after these steps alone, or the paper's mix of several, not brought to 1 (zeng as published).
        """
        self._check_sigma(sigma)
        planes = raw.planes() if isinstance(raw, RawMap) else as_array(raw, "raw map")
        guide = None if photo is None else as_photo(photo)
        checked = as_map(planes, raw=True)
        result = refine_map(checked, guide, self.method, self.as_published, self._side(), sigma, steps)
        return cast(Map, result)

    def score(
        self,
        photo: ArrayLike,
        *,
        share: float = SHARPEST_SHARE,
        softest: bool = False,
        mask: ArrayLike | None = None,
        detail: bool = False,
    ) -> Score:
        """How sharp a photo is.

        Parameters
        ----------
        photo : array_like
            As for `sharpness_map`.
        share : float
            The sharpest share of the edges of every direction makes the score; above 0, up to 1.
        softest : bool
            The softest share of the photo makes the score instead, for what must be sharp everywhere.
        mask : array_like, optional
            (H, W), of the photo's size: judge only where it is true, or above one half.
        detail : bool
            Measure tiles of the photo's own pixels where it is sharpest, to tell nearly equal photos of one size apart;
            sigma is in pixels of the photo then, and a large one scores lower.

        Raises
        ------
        InputError
            The share is out of range, or photo and mask differ in size.
        UsageError
            The model has a working size, or the softest share is requested; neither goes with `detail`. Or it is as
            published: the papers have no score.
        """
        if not 0 < share <= 1:
            raise InputError(f"share is {share}; it must be above 0, and at most 1")
        checked = as_photo(photo)
        region = None if mask is None else as_map(as_array(mask, "mask")) > 0.5
        if region is not None:
            check_sizes("photo", checked.shape, "its mask", region.shape)
        if detail:
            if softest:
                raise UsageError("detail looks where the photo is sharpest; softest does not go with it")
            return self.score_of_detail(self.measure_detail(checked, region=region), share=share)
        return self.score_of(self.measure_blur(checked), share=share, region=region, softest=softest)

    def measure_detail(self, photo: Photo, *, region: NDArray[np.bool_] | None = None) -> details.Detail:
        """The blur of tiles of a photo where it is sharpest, as `measure_blur` gives that of all; arguments alike."""
        self._check_score()
        if self.working_size:
            raise UsageError("detail is measured at the photo's own size; working_size does not go with it")
        return cast(details.Detail, details.measure_detail(photo, self._arrays, self.method, self.device, region))

    def score_of_detail(self, detail: details.Detail, *, share: float = SHARPEST_SHARE, softest: bool = False) -> Score:
        """The score from the result of `measure_detail`."""
        return Score(**details.score_of_detail(detail, share), method=self.method, weights=self.weights)

    def measure_blur(
        self, photo: Photo, *, working_size: int | None = None, shape: tuple[int, int] | None = None
    ) -> scores.Measured:
        """A photo at the working size of scores, and the blur of its cells there.

        Parameters
        ----------
        photo : ndarray, (H, W, 3), uint8 or uint16; or its luma, (H, W), unless ``info.blur_needs_colour``
        working_size : int, optional
            Replaces the working size of the model.
        shape : tuple, optional
            (H, W) of the photo as it is stored, if `photo` was reduced on decoding.
        """
        self._check_score()
        sides = (working_size, self.working_size, SCORE_SIDE)
        side = next(side for side in sides if side is not None)
        measured = scores.measure_blur(photo, self._arrays, self.method, self.device, side, shape)
        return cast(scores.Measured, measured)

    def score_of(
        self,
        measured: scores.Measured,
        *,
        share: float = SHARPEST_SHARE,
        softest: bool = False,
        region: NDArray[np.bool_] | None = None,
    ) -> Score:
        """The score from the result of `measure_blur`."""
        figures = scores.score_from_blur(measured, share, region, softest)
        return Score(**figures, method=self.method, weights=self.weights)

    def _map(self, photo: ArrayLike, raw: bool, sigma: bool) -> Map:
        result = maps.sharpness_map(
            as_photo(photo), self._arrays, self.method, raw, self.as_published, self.device, self._side(), sigma
        )
        return cast(Map, result)

    def _side(self) -> int:
        return WORKING_SIDE if self.working_size is None else self.working_size

    def _check_score(self) -> None:
        if self.as_published:
            raise UsageError("the papers have no score: load the method without as_published")

    def _check_sigma(self, sigma: bool) -> None:
        if sigma and not self.info.measures_sigma:
            able = methods.those_with("measures_sigma")
            raise UsageError(f"method {self.method} does not measure blur in pixels; method {able} does")


def as_photo(photo: ArrayLike) -> Photo:
    """An array that is a photo, converted to (H, W, 3), uint8 or uint16, RGB.

    Parameters
    ----------
    photo : array_like
        (H, W) or (H, W, 1), grey; (H, W, 2), grey and alpha; (H, W, 3), RGB; (H, W, 4), RGB and alpha. Alpha is left
        out. uint8, uint16, or floating point in [0, 1], which becomes 16 bits.

    Returns
    -------
    ndarray, (H, W, 3), uint8 or uint16

    Raises
    ------
    InputError
        Another shape, no pixels, another type, NaN, or values out of range.
    """
    if isinstance(photo, str | bytes) or hasattr(photo, "__fspath__"):
        raise InputError("photo is a file, not an array; read it by blurkit.read_photo")
    array = as_array(photo, "photo")
    if array.ndim not in (2, 3) or array.ndim == 3 and not 1 <= array.shape[2] <= 4:
        raise InputError(f"photo has shape {array.shape}; (H, W), (H, W, 3) or (H, W, 4) is needed, of one photo")
    if not array.size:
        raise InputError(f"photo has no pixels: its shape is {array.shape}")
    if array.dtype.kind == "f":
        array = sixteen_bits(array)
    elif array.dtype not in (np.uint8, np.uint16):
        raise InputError(
            f"photo has values of type {array.dtype}; uint8, uint16, or floating point in [0, 1] is needed; convert it"
        )
    if array.ndim == 3 and array.shape[2] >= 3:
        return np.ascontiguousarray(array[..., :3])
    grey = array if array.ndim == 2 else array[..., 0]
    return np.repeat(grey[..., None], 3, axis=2)


def as_array(values: ArrayLike, what: str) -> NDArray[Any]:
    """An array; an InputError that names `what` it should be if it is none."""
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InputError(f"{what} is no array: {error}") from error


def sixteen_bits(array: NDArray[np.floating]) -> NDArray[np.uint16]:
    """Values in [0, 1], floating point, as uint16 from 0 to 65535; InputError if one is out of range or NaN."""
    low, high = array.min(), array.max()
    if not (low >= 0 and high <= 1):
        raise InputError(f"photo values run from {low:g} to {high:g}; floating point must lie in [0, 1]")
    scaled = array * np.float32(65535)  # float32, as float16 ends at 65504
    return cast(NDArray[np.uint16], np.rint(scaled).astype(np.uint16))
