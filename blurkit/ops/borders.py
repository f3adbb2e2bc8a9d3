"""What of a picture is the photo: its content, without bars, frames and a flat ground."""

from typing import NamedTuple

import numpy as np

from blurkit.ops import ground as grounds
from blurkit.ops import resize
from blurkit.ops.bars import content_box


class Content(NamedTuple):
    """What of a picture is the photo; made by `content` and `whole`."""

    shape: tuple
    """(H, W) of the picture."""
    box: tuple
    """(top, bottom, left, right), pixels: rows and columns within the bars."""
    ground: np.ndarray | None = None
    """(bottom - top, right - left) bool, True where a flat ground lies within the bars; None if there is none."""

    @property
    def is_whole(self):
        """True if all of the picture is the photo."""
        return self.ground is None and self.box == (0, self.shape[0], 0, self.shape[1])

    @property
    def left_out(self):
        """Share of the pixels of the picture that are not the photo, float in [0, 1)."""
        top, bottom, left, right = self.box
        pixels = (bottom - top) * (right - left) - (0 if self.ground is None else np.count_nonzero(self.ground))
        return 1 - pixels / (self.shape[0] * self.shape[1])

    def cut(self, array):
        """The part within the bars: (H, W[, 3]), or the same picture at another size, -> (h, w[, 3])."""
        (height, width), (top, bottom, left, right) = array.shape[:2], self.box
        rows, columns = height / self.shape[0], width / self.shape[1]
        part = array[round(top * rows) : round(bottom * rows), round(left * columns) : round(right * columns)]
        return np.ascontiguousarray(part)

    def within(self, picture):
        """The photo of a picture, (H, W[, 3]) -> (h, w[, 3]): without bars, and `filled`."""
        return self.filled(self.cut(picture))

    def filled(self, part):
        """A result of `cut`, at any size, in which the photo goes on where the ground and its outline lie."""
        if self.ground is None:
            return part
        outside = self.outside(part.shape)
        return part if outside.all() else grounds.fill(part, outside)

    def outside(self, shape):
        """Where the ground lies and what its outline spoils, on a grid of (h, w[, 3]) within the bars: (h, w) bool."""
        if self.ground is None:
            return np.zeros(shape[:2], bool)
        spoiled = grounds.grown(self.ground.astype(np.uint8), grounds.MARGIN)
        return resize.resize_to(spoiled.astype(np.float32), shape[:2]) > 0

    def region(self, region=None):
        """Where to judge within the bars: (H, W) bool or None, all, -> (h, w) bool or None, all."""
        part = None if region is None else self.cut(region)
        if self.ground is None:
            return part
        inside = ~self.outside(self.ground.shape if part is None else part.shape)
        return inside if part is None else inside & part

    def put_back(self, planes):
        """Planes measured within the bars, (..., h, w) -> (..., H, W): 0 where there is no photo."""
        if self.is_whole:
            return planes
        top, bottom, left, right = self.box
        result = np.zeros((*planes.shape[:-2], *self.shape), planes.dtype)
        result[..., top:bottom, left:right] = planes if self.ground is None else np.where(self.ground, 0, planes)
        return result

    def around(self, cells):
        """Cells measured within the bars, put into the whole picture: (h, w) float32 -> (h', w'), NaN elsewhere."""
        if self.is_whole:
            return cells
        top, bottom, left, right = self.box
        rows, columns = cells.shape[0] / (bottom - top), cells.shape[1] / (right - left)
        above, below = round(top * rows), round((self.shape[0] - bottom) * rows)
        before, behind = round(left * columns), round((self.shape[1] - right) * columns)
        return np.pad(cells, ((above, below), (before, behind)), constant_values=np.float32(np.nan))

    def taken_out(self, planes):
        """The opposite of `put_back`: (..., H, W) -> (..., h, w), filled where the ground lies."""
        top, bottom, left, right = self.box
        part = planes[..., top:bottom, left:right]
        if self.ground is None:
            return part
        if part.ndim == 2:
            return grounds.fill(part, self.ground)
        return np.stack([grounds.fill(plane, self.ground) for plane in part])


def content(photo):
    """What of a picture is the photo.

    Parameters
    ----------
    photo : ndarray, (H, W, 3) or luma (H, W), uint8 or uint16

    Returns
    -------
    Content
    """
    box = content_box(photo)
    top, bottom, left, right = box
    return Content(photo.shape[:2], box, grounds.ground(photo[top:bottom, left:right]))


def whole(photo):
    """A picture, (H, W[, 3]), all of which is the photo: `Content`."""
    height, width = photo.shape[:2]
    return Content((height, width), (0, height, 0, width))
