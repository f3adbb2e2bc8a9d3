"""What photos taken one after the other are: a burst, or a set that must stay whole."""

from itertools import combinations, pairwise, product
from typing import NamedTuple

import numpy as np

from blurkit.ops import filters, resize
from blurkit.ops.colour import grey

THUMBNAIL_SIDE = 96  # pixels; longer side at which frames are laid over each other
COARSE = 15  # pixels of the thumbnail; what is coarser does not tell where a frame lies
GRID = 16  # cells along the longer side, over which the fine detail of frames is compared
NOISE = 2.0  # 8-bit steps; detail below it is noise
# Overlapping crops of 24 photos correlate by .73 or more, and gain .43 or more; different photos by .35 at most.
LEAST_OVERLAP = 0.2  # share of a frame that two must have in common to be laid over each other
ALIKE = 0.6  # correlation from which on two frames show the same
BETTER = 0.2  # of correlation; how much a shift must gain over none
AT_REST = 5  # pixels of the thumbnail; so far hands move between two frames
LEAST_SHIFT = 0.15  # of the width or height; a panorama moves on by more from frame to frame, a burst by less
SAME_WAY = 0.8  # length of the mean of unit vectors; the frames of a panorama follow one direction
LEAST_STEP = 0.3  # stops; brackets differ by this or more in their bias
VALUE_STEP = 0.6  # stops; the same for exposures set by hand
FOLLOWS = -0.4  # stops of brightness for one of exposure value; in a burst by a meter it is about 0
GAMMA = 2.2  # of the brightness of a picture
# Of 80 composed focus stacks of 5 and 10 frames 75 are found so; of 240 bursts with noise or focus that misses none is
# taken for one (bench/study_sets.py).
SHARPER = 0.7  # of the logarithm of energy; a cell is sharper in one frame than in another from this on
BOTH_WAYS = 0.08  # share of the cells with detail; so many must be sharper in each of two frames of a focus stack
SHOWS_DETAIL = 1.0  # of the logarithm of energy above noise
MOST_COMPARED = 16  # frames of a focus stack, spread over it; each is compared with each
FEWEST_CELLS = 8  # with detail, to tell anything


class Exposure(NamedTuple):
    """How a photo was exposed; made by ``io.exif.exposure``."""

    bias: float | None
    """Exposure compensation, stops; None if it is unknown."""
    value: float | None
    """Exposure value at ISO 100, stops, the higher the less light; None if it is unknown."""
    is_bracket: bool
    """The camera says that it brackets."""


class Look(NamedTuple):
    """What of a photo is compared with its neighbours; made by `look`."""

    thumbnail: np.ndarray
    """(h, w) uint8, longer side `THUMBNAIL_SIDE`."""
    energy: np.ndarray
    """(h, w) float16: the energy of fine detail, 8-bit steps squared."""


def look(picture):
    """What of a photo is compared with its neighbours.

    Parameters
    ----------
    picture : ndarray, (H, W) or (H, W, 3), uint8 or uint16
        At the working size.

    Returns
    -------
    Look
    """
    plane = 255 * grey(picture)
    shape = shape_of(plane.shape, THUMBNAIL_SIDE)
    small = resize.resize_to(plane, shape)
    energy = np.zeros(plane.shape, np.float32)
    inner = 4 * plane[1:-1, 1:-1] - plane[:-2, 1:-1] - plane[2:, 1:-1] - plane[1:-1, :-2] - plane[1:-1, 2:]
    energy[1:-1, 1:-1] = inner**2 / 20  # 1 for white noise of a deviation of 1
    energy = resize.resize_to(energy, shape)
    return Look(np.clip(np.rint(small), 0, 255).astype(np.uint8), energy.astype(np.float16))


def shape_of(shape, side):
    """(rows, columns) of (H, W) whose longer side becomes `side`."""
    return tuple(max(1, round(n * side / max(shape))) for n in shape[:2])


def kind(looks, exposures):
    """What two photos or more are that were taken one after the other.

    Parameters
    ----------
    looks : sequence of Look
        In the order of time.
    exposures : sequence of Exposure

    Returns
    -------
    str
        ``bracket``: of different exposure on purpose; ``panorama``: each frame moves on by more than `LEAST_SHIFT`, in
        one direction; ``stack``: other places are sharp in other frames; else ``burst``.
    """
    if is_bracket(looks, exposures):
        return "bracket"
    if len({one.thumbnail.shape for one in looks}) > 1:  # turned in between: no two frames lie over each other
        return "burst"
    if is_panorama([one.thumbnail for one in looks]):
        return "panorama"
    return "stack" if is_stack(looks) else "burst"


def is_bracket(looks, exposures):
    """True for photos of one scene at different exposures: by the camera, its compensation, or by hand."""
    if sum(one.is_bracket for one in exposures) > 1:
        return True
    biases = [one.bias for one in exposures if one.bias is not None]
    if biases and max(biases) - min(biases) >= LEAST_STEP:
        return True
    values = [one.value for one in exposures]
    if None in values or max(values) - min(values) < VALUE_STEP:
        return False
    brightness = [GAMMA * np.log2(one.thumbnail.mean() + 1) for one in looks]
    return bool(np.polyfit(values, brightness, 1)[0] < FOLLOWS)


def is_panorama(thumbnails):
    """True if half of the frames or more move on from the one before, all of them in about one direction."""
    steps = [step for one, other in pairwise(thumbnails) if (step := shift(one, other)) is not None]
    if not steps or 2 * len(steps) < len(thumbnails) - 1:
        return False
    ways = np.array(steps) / np.linalg.norm(steps, axis=1, keepdims=True)
    return bool(np.linalg.norm(ways.mean(axis=0)) >= SAME_WAY)


def shift(first, second):
    """How far a frame has moved against the one before.

    Parameters
    ----------
    first, second : ndarray, (h, w), uint8

    Returns
    -------
    (down, right) in shares of the height and the width, or None if it is less than `LEAST_SHIFT`, or nothing shows it
    """
    height, width = first.shape
    if min(height, width) <= 2 * AT_REST:
        return None
    by_shift = correlations(first, second)
    place = np.unravel_index(by_shift.argmax(), by_shift.shape)
    down, right = ((n + size) % (2 * size) - size for n, size in zip(place, first.shape, strict=True))
    near = np.arange(-AT_REST, AT_REST + 1)
    at_rest = by_shift[np.ix_(near, near)].max()
    moved = down / height, right / width
    if by_shift[place] < max(ALIKE, at_rest + BETTER) or max(map(abs, moved)) < LEAST_SHIFT:
        return None
    return moved


def correlations(first, second):
    """The correlation of two frames where they overlap, for every shift of one against the other.

    Parameters
    ----------
    first, second : ndarray, (h, w), uint8

    Returns
    -------
    ndarray, (2 h, 2 w), from -1 to 1
        By shift, negative ones from the end on; -1 where too little overlaps.
    """
    height, width = first.shape
    size = (2 * height, 2 * width)
    one, other = (fine(frame) for frame in (first, second))
    ones = np.fft.rfft2(np.ones((height, width)), size)

    def sums(left, right):
        return np.fft.irfft2(left * right.conj(), size)

    spectra = [[np.fft.rfft2(frame**power, size) for power in (1, 2)] for frame in (one, other)]
    (a, a_squared), (b, b_squared) = spectra
    count = np.maximum(np.rint(sums(ones, ones)), 1)
    mean_a, mean_b = sums(a, ones) / count, sums(ones, b) / count
    variance_a = sums(a_squared, ones) / count - mean_a**2
    variance_b = sums(ones, b_squared) / count - mean_b**2
    spread = np.sqrt(np.maximum(variance_a, NOISE**2) * np.maximum(variance_b, NOISE**2))
    by_shift = (sums(a, b) / count - mean_a * mean_b) / spread
    return np.where(count >= LEAST_OVERLAP * height * width, by_shift, -1)


def fine(frame):
    """A frame without what is coarse in it: (h, w) uint8 -> float32."""
    plane = frame.astype(np.float32)
    return plane - filters.box_mean(plane, COARSE)


def is_stack(looks):
    """True if of two frames of the same view each is the sharper one in a good part of it."""
    looks = looks[:: -(-len(looks) // MOST_COMPARED)]
    details = [detail_of(one.energy) for one in looks]
    return any(
        both_sharper(details[one], details[other]) and both_sharper(*laid_over(looks[one], looks[other]))
        for one, other in combinations(range(len(looks)), 2)
    )


def both_sharper(first, second):
    """True if each of two frames is the sharper one in `BOTH_WAYS` of the cells that have detail; (n,) of each."""
    has_detail = np.maximum(first, second) > np.log(NOISE**2) + SHOWS_DETAIL
    gain = (first - second)[has_detail]
    if len(gain) < FEWEST_CELLS:
        return False
    return min((gain > SHARPER).mean(), (gain < -SHARPER).mean()) >= BOTH_WAYS


def detail_of(energy):
    """The logarithm of energy, (h, w) float16, in the cells of the grid: (n,) float32."""
    return np.log(resize.resize_to(energy.astype(np.float32), shape_of(energy.shape, GRID)) + NOISE**2).ravel()


def laid_over(first, second):
    """The detail of two looks where they overlap, once one is moved as a hand may have moved it; none if it cannot."""
    (height, width), edge = first.thumbnail.shape, AT_REST
    if min(height, width) <= 2 * edge:
        return (np.zeros(0), np.zeros(0))
    middle = fine(first.thumbnail)[edge:-edge, edge:-edge].ravel()
    whole, best = fine(second.thumbnail), (ALIKE, None)
    for down, right in product(range(2 * edge + 1), repeat=2):
        place = slice(down, down + height - 2 * edge), slice(right, right + width - 2 * edge)
        best = max(best, (correlation(middle, whole[place].ravel()), place), key=lambda pair: pair[0])
    if best[1] is None:
        return (np.zeros(0), np.zeros(0))
    return detail_of(first.energy[edge:-edge, edge:-edge]), detail_of(second.energy[best[1]])


def correlation(first, second):
    """The correlation of two planes of detail around 0, (n,) each, from -1 to 1."""
    return float(first @ second / max(np.sqrt((first @ first) * (second @ second)), 1e-6))
