"""Bars and frames of one value at the sides of a photo, and where the content begins.

A bar is found by its straight, hard edge: lines (rows or columns) of one value end within a pixel, along most of
their length. The edges of things in a photo are neither as straight nor parallel to its sides, and a bright or dark
sky fades. The text of a status bar may stand in a bar, as long as most of each line has the value of the bar.
"""

import cv2
import numpy as np

from blurkit.ops.colour import eight_bits, grey_levels

# Levels are 8-bit steps of luma. JPEG stores blocks of 8 x 8 pixels; one wholly within a bar comes back as one value,
# one that an edge crosses is spoiled: with halved colours its ripples reach 20 levels at quality 75.
RIPPLE = 20  # levels
STEADY = 3  # levels; how far values of a bar lie from each other away from its edge
BLOCK = 8  # pixels; side of a block of JPEG
FLAT_SHARE = 0.95  # of a line, which is of one value; the rest may be specks
EDGE_SHARE = 0.9  # the same of the last line of a bar
CLEAN_SHARE = 0.75  # the same of lines that no block spoils, text or not
TEXT_SHARE = 0.5  # the same of lines with text in a status bar
THIN = 16  # pixels; bars up to this width may be spoiled throughout
# Share of a line that leaves the value of the bar at its edge: by more than ripples can, and at all. A thick bar needs
# THICK_DROP of the first or of the second, as other things than bars, such as bottles, have long straight edges.
THIN_DROP, THICK_DROP, STEADY_DROP = 0.45, 0.6, 0.8
RIPPLED = 1.5  # times the second differences from line to line in the content, which ripples beside a bar exceed
HARD = 0.6  # times the step a few lines farther in, which the second line beside a bar reaches
MIXED = 0.8  # times the step at the edge; a line that reaches less is a mixture of bar and content
ROUNDS = 4  # a frame may lie in a frame; each round takes one
SAMPLES = 512  # positions along a line that are looked at, at least, if it has as many
LEAST_CONTENT = 16  # pixels; a smaller rest is not a photo


def content_box(photo):
    """Where the content of a photo lies within its bars.

    Parameters
    ----------
    photo : ndarray, (H, W, 3) or luma (H, W), uint8 or uint16

    Returns
    -------
    tuple of int
        (top, bottom, left, right): the content is ``photo[top:bottom, left:right]``. All of the photo if it has no
        bars, or nothing but bars.

    Examples
    --------
    >>> photo = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    >>> photo[:12] = 0
    >>> content_box(photo)
    (12, 90, 0, 120)
    """
    top, bottom, left, right = 0, photo.shape[0], 0, photo.shape[1]
    for _ in range(ROUNDS if min(photo.shape[:2]) > LEAST_CONTENT else 0):
        widths = bar_widths(photo[top:bottom, left:right])
        if not any(widths):
            break
        top, bottom = top + widths[0], bottom - widths[1]
        left, right = left + widths[2], right - widths[3]
    if min(bottom - top, right - left) < LEAST_CONTENT:
        return 0, photo.shape[0], 0, photo.shape[1]
    return top, bottom, left, right


def bar_widths(photo):
    """Widths of the outermost bars of a photo, (top, bottom, left, right), pixels; 0 where there is none."""
    turned = photo.swapaxes(0, 1)
    sides = [lines_of_bar(side) for side in (photo, photo[::-1], turned, turned[::-1])]
    flat = [flat_lines(side) for side in sides]
    if flat[0] + flat[1] >= photo.shape[0] or flat[2] + flat[3] >= photo.shape[1]:
        return 0, 0, 0, 0
    across, down = slice(flat[2], photo.shape[1] - flat[3]), slice(flat[0], photo.shape[0] - flat[1])
    lengths = (across, across, down, down)  # of the content alone: a frame goes on beside its edge
    return tuple(
        bar_width(side[:, length]) if count else 0 for side, length, count in zip(sides, lengths, flat, strict=True)
    )


def lines_of_bar(side):
    """The lines of a side, (n, L[, 3]), in which its bar can end: few if the first is not as steady as a thick bar."""
    first = levels(side[:1])
    is_steady_there = share_near(first, np.median(first), STEADY)[0] >= TEXT_SHARE
    return side if is_steady_there else side[: THIN + 3 * BLOCK]


def levels(lines):
    """Luma of lines at up to twice `SAMPLES` positions along them: (n, L[, 3]) -> (n, l) uint8."""
    step = max(1, lines.shape[1] // SAMPLES)
    return grey_levels(eight_bits(np.ascontiguousarray(lines[:, ::step])))


def share_near(lines, value, most):
    """Share of each line that differs from a value by at most `most`: (n, l) uint8 -> (n,) float."""
    near = cv2.inRange(lines, max(0, value - most), min(255, value + most))
    return cv2.reduce(near, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[:, 0] / 255


def shares_down_to(side, value, least):
    """Share of each line near a value, from the first line to the first below `least`, and some beyond.

    Parameters
    ----------
    side : ndarray, (n, L[, 3])
        The photo from one of its sides inwards. In a photo without bars few lines are looked at.
    value : float, 8-bit steps
    least : float in [0, 1]

    Returns
    -------
    shares : ndarray, (m,), float
    count : int
        Lines before the first below `least`.
    """
    parts, count, ahead = [], 0, 3
    while count < len(side):
        parts.append(share_near(levels(side[count : count + ahead]), value, RIPPLE))
        below = parts[-1] < least
        if below.any():
            return np.concatenate(parts), count + int(np.argmax(below))
        count, ahead = count + len(below), ahead * 3
    return np.concatenate(parts), len(side)


def flat_lines(side):
    """How many lines from the first on are of the value of the first: (n, L[, 3]) -> int."""
    value = np.median(levels(side[:1]))
    return shares_down_to(side, value, FLAT_SHARE)[1]


def bar_width(side):
    """Width of the bar at a side of a photo, with what is spoiled beside it.

    Parameters
    ----------
    side : ndarray, (n, L[, 3])
        The photo from that side inwards.

    Returns
    -------
    int, pixels
        0 if there is no bar.
    """
    value = np.median(levels(side[:1]))
    near, end = shares_down_to(side, value, TEXT_SHARE)
    if len(near) < min(end + 2, len(side)):
        near = np.append(near, share_near(levels(side[len(near) : end + 2]), value, RIPPLE))
    drops = near[:-2] - near[2:]  # over two lines: one may be a mixture
    last_lines = np.flatnonzero((near[:-2] >= EDGE_SHARE) & (drops >= THIN_DROP))
    for last in last_lines[last_lines < end][::-1]:
        width = int(last) + 1
        lines = levels(side[: width + 3 * BLOCK])
        steady_drop = near[last] - share_near(lines[last + 2 : last + 3], value, STEADY)[0]
        is_long = drops[last] >= THICK_DROP or steady_drop >= STEADY_DROP
        if width > THIN and not (is_long and is_steady(lines[: width - THIN], value)):
            continue
        if is_hard(lines[width:], value):
            return width + spoiled(lines, width, value)
    return 0


def is_hard(content, value):
    """True if content, (n, l) uint8, is about as far from the value of a bar beside it as a few lines farther in."""
    steps = np.abs(content - np.float32(value)).mean(axis=1)
    return bool(steps[1] >= HARD * steps[min(len(steps) - 1, BLOCK // 2)])


def is_steady(lines, value):
    """True if lines of a bar away from its edge have its value, but for text in some of them."""
    shares = share_near(lines, value, STEADY)
    return bool((shares >= TEXT_SHARE).all() and (shares >= EDGE_SHARE).any())


def spoiled(lines, width, value):
    """How many lines beside a bar are spoiled: by the blocks of JPEG that its edge crosses, or as mixtures."""
    clean_lines = np.flatnonzero(share_near(lines[:width], value, 1) >= CLEAN_SHARE)
    clean = int(clean_lines[-1]) + 1 if len(clean_lines) else 0  # the bar as far as no block is crossed
    if clean < width:
        return (clean - width) % BLOCK  # to the end of the block that the edge crosses
    beside = lines[width:].astype(np.float32)
    step, next_step = beside[:2] - value
    mixed = int((step * next_step).sum() < MIXED * (next_step**2).sum())
    near, far = bends(beside[mixed : mixed + 6]), bends(beside[BLOCK:])
    if len(beside) == 3 * BLOCK and np.quantile(near, 0.25) > RIPPLED * np.median(far):
        return BLOCK - 1  # black and white hide the ripples in the bar itself
    return mixed


def bends(lines):
    """Mean absolute second difference from line to line, (n, l) float32 -> (n - 2,)."""
    return np.abs(np.diff(lines, 2, axis=0)).mean(axis=1)
