"""The flat ground on which a photo was cut out, and how it is filled so that no false edge appears.

A ground is of exactly one value, fills at least two corners of the picture, and ends in an outline that is one pixel
wide, which no lens draws: so end cut-outs, rounded corners, ovals, and photos turned on black. A sky or a studio
background, however bright, ends in the blur of the lens, and is part of the photo. So is paper: what stands on it is
small, letters and lines.
"""

import cv2
import numpy as np

from blurkit.ops.bars import BLOCK, RIPPLE, STEADY
from blurkit.ops.colour import eight_bits, grey_levels
from blurkit.ops.filters import highest

CORNER = 4  # pixels along both sides of a corner that are of one value where it belongs to a ground
LEAST_AREA = 24  # pixels of a ground
EXACT_SHARE = 0.85  # of a ground, which is within 1 level of its value
ROUNDED_SHARE = 0.5  # the same if all corners are of that value: of small ones blocks spoil the most
LOOSE = 1.2 * RIPPLE  # levels; what differs less from the ground beside it may be its ripples
CONTRAST = 60  # levels; outlines of less contrast do not show how wide they are
SHOWN_SHARE = 0.25  # of the outline, which has that contrast
# Share of the step at the outline that its first and its second pixel reach, on average. In trials cut-outs, smoothed
# ones too, had .57 or more and .76 or more; of 1917 corners of photos 12 had .55 and .73.
FIRST_STEP, SECOND_STEP = 0.56, 0.755
WINDOW = 7  # pixels; side of the square in which the whole step is looked for
LEAST_THING = 0.02  # of the picture; what is cut out is larger, and letters are smaller, even those of a title
SMOOTHING = {1.5: 5, 6: 13, 14: 27}  # {pixels from the content: side of the square over which the filling is averaged}
MARGIN = BLOCK  # pixels beside a ground that its edge may have spoiled


def ground(photo):
    """Where a picture is a flat ground, and not the photo.

    Parameters
    ----------
    photo : ndarray, (H, W, 3) or luma (H, W), uint8 or uint16
        Without bars, see ``bars.content_box``.

    Returns
    -------
    ndarray, (H, W), bool, or None
        None if there is no ground, as in most photos; then only the corners were looked at.
    """
    groups = flat_corners(photo)
    if not groups:
        return None
    plane = grey_levels(eight_bits(photo))
    found = np.zeros(plane.shape, bool)
    for corners in groups:
        found |= ground_from(plane, corners)
    return found if found.any() and holds_things(~found) else None


def holds_things(content):
    """True if most of some content, (H, W) bool, is in connected parts large enough to be cut out."""
    areas = cv2.connectedComponentsWithStats(content.astype(np.uint8))[2][1:, cv2.CC_STAT_AREA]
    return bool(areas[areas >= LEAST_THING * content.size].sum() > 0.5 * areas.sum())


def flat_corners(photo):
    """The corners of one value, (row, column), in groups of two or more that share it: a list of lists."""
    height, width = photo.shape[:2]
    groups = {}
    if min(height, width) < 2 * CORNER:
        return []
    for row, rows in ((0, slice(CORNER)), (height - 1, slice(height - CORNER, height))):
        for column, columns in ((0, slice(CORNER)), (width - 1, slice(width - CORNER, width))):
            lines = np.concatenate([photo[row, columns], photo[rows, column]])[None]
            line = grey_levels(eight_bits(lines)).astype(int)
            if np.ptp(line) <= STEADY:
                value = next((v for v in groups if abs(line[0, 0] - v) <= STEADY), line[0, 0])
                groups.setdefault(value, []).append((row, column))
    return [corners for corners in groups.values() if len(corners) > 1]


def ground_from(plane, corners):
    """The ground that reaches from some corners of (H, W) uint8 luma, (H, W) bool; all False if there is none."""
    value = int(plane[corners[0]])
    marked = np.zeros((plane.shape[0] + 2, plane.shape[1] + 2), np.uint8)
    how = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | 1 << 8  # four neighbours; 1 into the mask
    for row, column in corners:
        if not marked[row + 1, column + 1]:
            cv2.floodFill(plane, marked, (column, row), 0, STEADY, STEADY, how)
    core = marked[1:-1, 1:-1]
    difference = cv2.absdiff(plane, value)
    area = np.count_nonzero(core)
    exact_share = ROUNDED_SHARE if len(corners) == 4 else EXACT_SHARE
    if area < LEAST_AREA or np.count_nonzero(core & (difference <= 1)) < exact_share * area:
        return np.zeros(plane.shape, bool)
    whole = core | (grown(core, BLOCK) & (difference <= LOOSE))
    return whole > 0 if has_hard_outline(whole, difference) else np.zeros(plane.shape, bool)


def has_hard_outline(area, difference):
    """True if an area, (H, W) uint8 of 0 and 1, ends within one or two pixels, by the difference to its value."""
    to_first = grown(area, 1)
    first, second = to_first > area, grown(area, 2) > to_first
    step = highest(difference, WINDOW)
    shows = step >= CONTRAST
    if np.count_nonzero(first & shows) < max(CORNER, SHOWN_SHARE * np.count_nonzero(first)):
        return False
    reached = difference / np.maximum(step, 1).astype(np.float32)
    return bool(reached[first & shows].mean() >= FIRST_STEP and reached[second & shows].mean() >= SECOND_STEP)


def grown(area, reach):
    """An area, (H, W) uint8 of 0 and 1, with all pixels at most `reach` rows and columns from it; the same form."""
    return highest(area, 2 * reach + 1)


def fill(array, outside):
    """An array in which the content next to it stands, smoothed with the distance, where there is no content.

    Parameters
    ----------
    array : ndarray, (H, W) or (H, W, 3), uint8, uint16 or float32
    outside : ndarray, (H, W), bool
        True where there is no content; not everywhere.

    Returns
    -------
    ndarray, of the same shape and dtype
    """
    distance, labels = cv2.distanceTransformWithLabels(
        outside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    places = np.zeros(labels.max() + 1, np.int64)  # of every label: the content pixel it stands for
    content = np.flatnonzero(~outside)
    places[labels.ravel()[content]] = content
    nearest = array.reshape(outside.size, -1)[places[labels]].reshape(array.shape)
    result = nearest.copy()
    for least_distance, window in SMOOTHING.items():
        beyond = distance >= least_distance
        result[beyond] = cv2.blur(nearest, (window, window))[beyond]
    return result
