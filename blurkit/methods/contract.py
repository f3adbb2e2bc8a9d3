"""What every method offers, as Protocols for modules: ``methods.get(name)`` fulfils `Method`.

Annotations name ``np.random`` in quotes: importing it takes as long as all of blurkit.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

import numpy as np

from blurkit import methods
from blurkit.errors import InputError

Weights = dict[str, np.ndarray]
Report = Callable[[str, int, int, float, float], None]
"""``report(phase, step, steps, loss, accuracy)``, called after every step of a training; NaN if not measured."""


class Method(Protocol):
    """The stage ``method`` of a method.

    A photo is (H, W, 3), uint8 or uint16, RGB. The *companion* of a picture in training is its truth, (H, W) uint8,
    255 in focus, 0 out of focus, else unknown (``training.compose``); or the sharp photo from which it was blurred,
    depending on ``INFO.learns_from``. A raw map is (H, W) float32 in [0, 1], 1 = in focus; or (2, H, W), value and
    weight, if only some pixels were measured.
    """

    @property
    def SHAPES(self) -> dict[str, tuple[int, ...]]:  # noqa: N802
        """Shape of every array in a weights file, by name; all are float32, or float16 (``INFO.takes_half``)."""

    def patch_record(self) -> np.dtype:
        """The dtype of one record of a patch set.

        It must have the fields ``photo`` (S64), ``number`` (u4) and ``copy`` (u2), which are filled in for it.
        """

    def centres(
        self, picture: np.ndarray, companion: np.ndarray, copy: int, count: int, rng: "np.random.Generator"
    ) -> np.ndarray:
        """Positions of about `count` patches: (n, k) int; the first two numbers of each are a row and a column."""

    def cut(self, picture: np.ndarray, companion: np.ndarray, at: np.ndarray, sigma: float) -> np.ndarray:
        """Records of the patches at the positions `at`, from `centres`.

        `sigma` is the blur of what is out of focus, in pixels; NaN if unknown.
        """

    def fit(
        self, records: np.ndarray, epochs: int, seed: int, device: str, report: Report
    ) -> tuple[Weights, dict[str, float]]:
        """Weights learned from records, by torch.

        Parameters
        ----------
        records : ndarray, (n,), ``patch_record()``
        epochs : int
            Passes over the records.
        seed : int
            Of all that is random; equal seeds give equal bytes on machines of one kind.
        device : str
            A torch device name.
        report : callable
            ``report(phase, step, steps, loss, accuracy)``, after every step.

        Returns
        -------
        weights : dict of ndarray, float32, as `SHAPES`
        results : dict of float
            How well they do on photos kept out of training, at least ``accuracy`` in [0, 1].
        """

    def estimate(
        self, photo: np.ndarray, weights: Weights, as_published: bool = False, device: str = "auto", side: int = 0
    ) -> np.ndarray:
        """Raw map of a photo.

        Parameters
        ----------
        photo : ndarray, (H, W, 3), uint8 or uint16, RGB
        weights : dict of ndarray, as `SHAPES`
        as_published : bool
            The method as its paper has it; given only if ``INFO`` allows it.
        device : str
            As for ``backend.backend_for``.
        side : int, pixels
            Longest side at which to measure; 0 = the photo's own size.

        Returns
        -------
        ndarray, (H, W) or (2, H, W), float32 in [0, 1], 1 = in focus
        """

    def refine(
        self,
        raw: np.ndarray,
        guide: np.ndarray | None,
        as_published: bool = False,
        side: int = 0,
        sigma: bool = False,
        steps: int | Literal["mix"] | None = None,
    ) -> np.ndarray:
        """Refined map, (H, W) float32; `sigma` and `steps` are given only if ``INFO`` allows them."""

    def needs_guide(self, as_published: bool) -> bool:
        """True if `refine` needs the photo."""

    def blur(self, photo: np.ndarray, weights: Weights, device: str = "auto") -> list[np.ndarray]:
        """How wide the blur of every cell of a photo is, for the score.

        Parameters
        ----------
        photo : ndarray, (h, w, 3), uint8 or uint16; or its luma, (h, w), unless ``INFO.blur_needs_colour``
            At the size at which it is measured.
        weights : dict of ndarray, as `SHAPES`
        device : str
            As for ``backend.backend_for``.

        Returns
        -------
        list of ndarray, (directions, 2, rows, columns), float32
            For the photo, and for every smaller size at which it was measured as well: sigma of every cell in pixels of
            the photo, and the deviation of its natural logarithm, infinite where nothing shows the blur. Directions
            are 8, see ``motion.blur_of``, or 1 if they are not told apart. Cells are squares that cover the photo.
        """


class LearnsFromSharpPhotos(Method, Protocol):
    """A method that blurs sharp photos itself (``INFO.learns_from``)."""

    def blurred(self, photo: np.ndarray, rng: "np.random.Generator") -> tuple[np.ndarray, np.ndarray, float]:
        """A copy blurred by a random sigma, the photo it was made from at the same size, and that sigma in pixels."""


class LearnsAsPublished(Method, Protocol):
    """A method that can be trained as its paper has it (``INFO.least_as_published``)."""

    @property
    def PUBLISHED_SHAPES(self) -> dict[str, tuple[int, ...]]:  # noqa: N802
        """As `SHAPES`, of what the method as published needs; `SHAPES` has it as well."""

    def fit_as_published(
        self, records: np.ndarray, epochs: int, seed: int, device: str, report: Report
    ) -> tuple[Weights, dict[str, float]]:
        """As `fit`."""


class MeasuresSigma(Method, Protocol):
    """A method whose maps can hold blur in pixels (``INFO.measures_sigma``)."""

    def in_pixels(self, raw: np.ndarray, as_published: bool = False, side: int = 0) -> np.ndarray:
        """A raw map converted to blur, in pixels of the photo, as its first plane: (2, H, W) float32."""


class TellsKinds(Method, Protocol):
    """A method that tells kinds of blur apart (``INFO.learns_kinds``)."""

    def estimate_kinds(
        self, photo: np.ndarray, weights: Weights, device: str = "auto", side: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Raw map of a photo as from `estimate`, and the probability that what is blurred moved: two (H, W) float32."""


class Output(NamedTuple):
    """What one stage of a method gives."""

    make: Callable[[np.ndarray, dict[str, np.ndarray], str, int], np.ndarray]
    """``make(photo, weights, device, side)``: the photo is (H, W, 3), uint8 or uint16; the rest as for
    `Method.estimate`."""
    about: str
    """What it is, half a line, with its range and its unit."""
    planes: int = 1
    """1: float32, (H, W). n: float32, (n, H, W). 0: a table of points, structured, (n,)."""
    cells: bool = False
    """Planes are of cells of several pixels, (h, w)."""
    white: float | None = None
    """Value that is white in a PNG, whose black is 0; None if there is no such value."""

    @property
    def shape(self) -> str:
        """The shape in words: ``(n,)``, ``(H, W)``, ``(3, H, W)``, or of cells ``(h, w)``."""
        if not self.planes:
            return "(n,)"
        plane = "h, w" if self.cells else "H, W"
        return f"({self.planes}, {plane})" if self.planes > 1 else f"({plane})"


def check_map(name: str, planes: np.ndarray, shape: tuple[int, ...]) -> None:
    """Raise an InputError if a method of another package gave no map as `Method` has it.

    Parameters
    ----------
    name : str
        Of the method; those of blurkit are not checked.
    planes : ndarray
    shape : tuple
        What its shape must be, (H, W); a raw map has one more axis if ``INFO.raw_planes`` is 2.
    """
    if name in methods.METHODS:
        return
    kind = f"{planes.dtype} {planes.shape}" if isinstance(planes, np.ndarray) else type(planes).__name__
    if kind != f"float32 {shape}":
        raise InputError(f"{methods.full_name(name)} gave {kind}; a map of this photo is float32 {shape}")
    low, high = planes.min(), planes.max()
    if not (low >= 0 and high <= 1):
        raise InputError(f"{methods.full_name(name)} gave values from {low:g} to {high:g}; they must lie in [0, 1]")
