"""What is measured of a photo, as Python gets it."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]


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
