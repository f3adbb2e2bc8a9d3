"""A method with its weights, ready for any number of photos."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, cast, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blurkit import boxes as box_scores
from blurkit import detail as details
from blurkit import map as maps
from blurkit import methods
from blurkit import score as scores
from blurkit.arrays import Box, Photo, as_array, as_boxes, as_photo
from blurkit.defaults import SCORE_SIDE, SHARPEST_SHARE
from blurkit.errors import InputError, UsageError, check_sizes
from blurkit.io.maps import as_map
from blurkit.refine import refine_map
from blurkit.results import Map, RawMap, Score
from blurkit.weights import Weights


class Model:
    """A method with its weights; made by `load`.

    Attributes
    ----------
    method : str
    info : methods.MethodInfo
        Properties of the method.
    """

    def __init__(
        self,
        method: str,
        read: Callable[[str], Weights],
        device: str,
        as_published: bool,
        working_size: int | None,
    ):
        self.method, self.info = method, methods.info(method)
        self.device, self.as_published, self.working_size = device, as_published, working_size
        self._read = read
        self._parts: dict[str, Weights] = {}

    def __repr__(self) -> str:
        return f"<blurkit.Model {self.method}>"

    def weights_of(self, part: Literal["map", "score"] = "map") -> str:
        """The first 12 digits of the checksum of the weights of maps, or of those of the score.

        Weights are read when they are first needed: raises WeightsError if they are missing or damaged.
        """
        return str(self._weights(part)[1]["checksum"])[:12]

    def _weights(self, part: str) -> Weights:
        if part == "score" and self.as_published:
            raise UsageError("the papers have no score: load the method without as_published")
        if part not in self._parts:
            self._parts[part] = self._read(part)
        return self._parts[part]

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

    def kind_map(self, photo: ArrayLike, *, threshold: float = 0.5) -> NDArray[np.uint8]:
        """What blurs every pixel: (H, W) uint8, 0 sharp, 1 out of focus, 2 moving; for joint.

        Parameters
        ----------
        photo : array_like
            As for `sharpness_map`.
        threshold : float
            Pixels with at least this much sharpness are sharp.
        """
        if not self.info.learns_kinds:
            able = methods.those_with("learns_kinds")
            raise UsageError(f"method {self.method} does not tell kinds of blur apart; method {able} does")
        arrays, _ = self._weights("map")
        result = maps.kind_map(as_photo(photo), arrays, self.method, self.device, self._side(), threshold)
        return cast(NDArray[np.uint8], result)

    def stage(self, photo: ArrayLike, name: str) -> NDArray[Any]:
        """What one stage of the method gives; see `blurkit.stage`."""
        arrays, _ = self._weights("map")
        result = maps.stage(as_photo(photo), arrays, self.method, name, self.device, self._side())
        return cast(NDArray[Any], result)

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

    @overload
    def score(
        self,
        photo: ArrayLike,
        *,
        share: float = SHARPEST_SHARE,
        softest: bool = False,
        mask: ArrayLike | None = None,
        detail: bool = False,
        boxes: None = None,
    ) -> Score:
        """The score of all of a photo."""

    @overload
    def score(self, photo: ArrayLike, *, share: float = SHARPEST_SHARE, boxes: ArrayLike) -> list[Score]:
        """The scores of boxes of a photo."""

    def score(
        self,
        photo: ArrayLike,
        *,
        share: float = SHARPEST_SHARE,
        softest: bool = False,
        mask: ArrayLike | None = None,
        detail: bool = False,
        boxes: ArrayLike | None = None,
    ) -> Score | list[Score]:
        """How sharp a photo is, or what lies in boxes of it.

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
        boxes : array_like, optional
            (n, 4), left, top, width and height in pixels of the photo: what lies in each, a face for example, is
            measured as with `detail`, and a list of n scores is returned. What reaches beyond the photo is left out.

        Raises
        ------
        InputError
            The share is out of range, photo and mask differ in size, or a box is none or lies outside of the photo.
        UsageError
            The model has a working size, or the softest share is requested; neither goes with `detail` or `boxes`. Or
            the model is as published: the papers have no score.
        """
        if not 0 < share <= 1:
            raise InputError(f"share is {share}; it must be above 0, and at most 1")
        checked = as_photo(photo)
        if boxes is not None:
            if softest or detail or mask is not None:
                raise UsageError("boxes go with neither softest nor detail nor mask")
            places = as_boxes(boxes, checked.shape)
            return [self.score_of_box(box, share=share) for box in self.measure_boxes(checked, places)]
        region = None if mask is None else as_map(as_array(mask, "mask")) > 0.5
        if region is not None:
            check_sizes("photo", checked.shape, "its mask", region.shape)
        if detail:
            if softest:
                raise UsageError("detail looks where the photo is sharpest; softest does not go with it")
            return self.score_of_detail(self.measure_detail(checked, region=region), share=share)
        return self.score_of(self.measure_blur(checked), share=share, region=region, softest=softest)

    def measure_boxes(self, photo: Photo, boxes: Sequence[Box]) -> Iterator[box_scores.Boxed]:
        """What lies in each of some boxes, as `measure_blur` gives that of all; boxes are those of `as_boxes`."""
        if self.working_size:
            raise UsageError("boxes are measured at the photo's own size; working_size does not go with them")
        arrays, _ = self._weights("score")
        measured = box_scores.measure_boxes(photo, boxes, arrays, self.method, self.device)
        return cast(Iterator[box_scores.Boxed], measured)

    def score_of_box(self, boxed: box_scores.Boxed, *, share: float = SHARPEST_SHARE) -> Score:
        """The score from one of the results of `measure_boxes`."""
        return self._scored(box_scores.score_of_box(boxed, share))

    def measure_detail(self, photo: Photo, *, region: NDArray[np.bool_] | None = None) -> details.Detail:
        """The blur of tiles of a photo where it is sharpest, as `measure_blur` gives that of all; arguments alike."""
        if self.working_size:
            raise UsageError("detail is measured at the photo's own size; working_size does not go with it")
        arrays, _ = self._weights("score")
        return cast(details.Detail, details.measure_detail(photo, arrays, self.method, self.device, region))

    def score_of_detail(self, detail: details.Detail, *, share: float = SHARPEST_SHARE, softest: bool = False) -> Score:
        """The score from the result of `measure_detail`."""
        return self._scored(details.score_of_detail(detail, share))

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
        sides = (working_size, self.working_size, SCORE_SIDE)
        side = next(side for side in sides if side is not None)
        measured = scores.measure_blur(photo, self._weights("score")[0], self.method, self.device, side, shape)
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
        return self._scored(scores.score_from_blur(measured, share, region, softest))

    def _scored(self, figures: dict[str, Any]) -> Score:
        return Score(**figures, method=self.method, weights=self.weights_of("score"))

    def _map(self, photo: ArrayLike, raw: bool, sigma: bool) -> Map:
        arrays, _ = self._weights("map")
        result = maps.sharpness_map(
            as_photo(photo), arrays, self.method, raw, self.as_published, self.device, self._side(), sigma
        )
        return cast(Map, result)

    def _side(self) -> int:
        return cast(int, methods.side_of(self.method, self.working_size))

    def _check_sigma(self, sigma: bool) -> None:
        if sigma and not self.info.measures_sigma:
            able = methods.those_with("measures_sigma")
            raise UsageError(f"method {self.method} does not measure blur in pixels; method {able} does")
