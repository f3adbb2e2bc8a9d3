"""Stage 2: patches at edge points, and blurred copies of sharp photos to cut training patches from."""

import cv2
import numpy as np

from blurkit.methods.park import edges
from blurkit.ops.colour import eight_bits
from blurkit.ops.resize import scaled_shape
from blurkit.training.degrade import add_noise, compress

LARGE, SMALL = 27, 15  # pixels; sides of the patches at weak and at strong edges
SIDE = LARGE + 1  # pixels; with the row and the column that forward differences need

SIGMAS = np.array([0.5, 0.65, 0.8, 0.95, 1.1, 1.25, 1.4, 1.55, 1.7, 1.85, 2.0], np.float32)
"""Pixels; the paper's eleven classes of blur."""

CLASSES = np.concatenate([[0.0, 0.3], SIGMAS, [2.3, 2.7, 3.2, 4.0]]).astype(np.float32)
"""Pixels; our classes: the paper's, sharper ones for sharper photos, stronger ones for blur that leaves no edge."""

SHARPEST = 2  # index of the paper's first class in `CLASSES`

KERNEL = 27  # pixels; side of the blur kernel (the published program)
SCALE_RANGE = (0.25, 0.6)  # of the size; photos are reduced first, since few are sharp at the level of pixels
CLEAN_SHARE = 0.35  # of the copies; only rounded to 8 bits
NOISE_RANGE = (0.5, 8.0)  # 8-bit steps; sensor noise of the others, standard deviation
QUALITY_RANGE = (60, 97)  # JPEG quality of the others
NOISE, JPEG = 1, 2
DEGRADATIONS = (NOISE, JPEG, NOISE | JPEG)  # of the others, equally often
SHARPENED_SHARE = 0.2  # of the photos before blur; as cameras do
SHARPENING = (0.3, 1.2)  # of the difference to a blurred copy, added
SHARPENING_SIGMA = 0.8  # pixels

SHARP, BLURRED, SEEDS = 0, 1, 2
SOURCES = (SHARP, BLURRED, SEEDS)
"""Where points come from: edges of the sharp photo (as the paper trains), edges of the blurred copy (as it estimates),
and seeds of the blurred copy (as our default estimates)."""

SEED_CELL = 3  # pixels; as `edges.THIN`, but smaller: training takes more seeds of a photo than a map does

RECORD = np.dtype(
    [
        ("patch", "u1", (SIDE, SIDE, 3)),  # RGB; the point is at (13, 13)
        ("strong", "u1"),  # 1 at a strong edge, whose patch is the middle 15 x 15; 0 at a weak one
        ("sigma", "<f4"),  # blur in pixels, one of CLASSES
        ("source", "u1"),  # where the point comes from: SHARP, BLURRED or SEEDS
        ("photo", "S64"),  # file name, its last 64 bytes
        ("number", "<u4"),  # of the photo within its run, for files of one name
        ("copy", "<u2"),  # of the blurred copies of a photo
        ("row", "<u4"),  # of the point in the blurred copy, pixels
        ("col", "<u4"),
    ]
)


def blurred(photo, rng):
    """A reduced copy of a sharp photo, blurred by a known sigma, then with noise or compressed, or both, at random.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16, RGB
        Sharp everywhere.
    rng : numpy.random.Generator

    Returns
    -------
    picture : ndarray, (h, w, 3), uint8
    sharp : ndarray, (h, w, 3), uint8
        The same before blur, noise and compression.
    sigma : float
        One of CLASSES, pixels.
    """
    scale = np.exp(rng.uniform(*np.log(SCALE_RANGE)))
    height, width = scaled_shape(photo.shape, scale)
    sharp = cv2.resize(eight_bits(photo), (width, height), interpolation=cv2.INTER_AREA)
    if rng.random() < SHARPENED_SHARE:
        amount = rng.uniform(*SHARPENING)
        sharp = sharpen(sharp, amount)
    sigma = float(rng.choice(CLASSES))
    picture = gaussian_blur(sharp, sigma)
    if rng.random() >= CLEAN_SHARE:
        picture = degraded(picture, rng)
    return picture, sharp, sigma


def degraded(picture, rng):
    """A uint8 photo with noise, or compressed, or both, at random."""
    kind = DEGRADATIONS[rng.integers(len(DEGRADATIONS))]
    if kind & NOISE:
        deviation = rng.uniform(*NOISE_RANGE)
        picture = add_noise(picture, deviation, rng)
    if kind & JPEG:
        quality = int(rng.integers(*QUALITY_RANGE))
        picture = compress(picture, quality)
    return picture


def gaussian_blur(photo, sigma):
    """A uint8 photo blurred by sigma pixels, rounded; 0 leaves it as it is."""
    if sigma == 0:
        return photo
    kernel = cv2.getGaussianKernel(KERNEL, sigma, cv2.CV_32F)
    soft = cv2.sepFilter2D(photo.astype(np.float32), cv2.CV_32F, kernel, kernel, borderType=cv2.BORDER_REPLICATE)
    return np.clip(np.rint(soft), 0, 255).astype(np.uint8)


def sharpen(photo, amount):
    """Unsharp masking of a uint8 photo."""
    photo = photo.astype(np.float32)
    sharper = photo + amount * (photo - cv2.GaussianBlur(photo, None, SHARPENING_SIGMA))
    return np.clip(np.rint(sharper), 0, 255).astype(np.uint8)


def points(picture, sharp, source, count, rng):
    """About `count` points of a blurred copy: edge points, half of them strong, or seeds.

    Parameters
    ----------
    picture, sharp : ndarray, (H, W, 3), uint8
        From `blurred`.
    source : int
        SHARP, BLURRED or SEEDS.
    count : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, (n, 4), int64
        Row, column, 1 if strong, source.
    """
    grey = edges.value(sharp if source == SHARP else picture)
    kinds = edges.edges(grey, edges.TRAIN if source == SHARP else edges.ESTIMATE)
    if source == SEEDS:
        chosen = drawn(edges.seeds(grey, SEED_CELL), count, rng)
    else:
        half = -(-count // 2)
        weak = drawn(np.argwhere(kinds == edges.WEAK), half, rng)
        strong = drawn(np.argwhere(kinds == edges.STRONG), half, rng)
        chosen = np.concatenate([weak, strong])
    is_strong = kinds[chosen[:, 0], chosen[:, 1]] == edges.STRONG
    return np.column_stack([chosen, is_strong, np.full(len(chosen), source)])


def drawn(points, count, rng):
    """At most `count` of some points, (n, 2), drawn at random."""
    order = rng.permutation(len(points))
    return points[order[:count]]


def cut(picture, at, sigma):
    """Records of the patches at the points `at` (from `points`) of a copy blurred by `sigma`.

    Returns
    -------
    ndarray, (n,), RECORD
        `photo`, `number` and `copy` are left zero.
    """
    records = np.zeros(len(at), RECORD)
    records["patch"] = gather(picture, at)
    row, column, strong, source = at.T
    records["row"], records["col"] = row, column
    records["strong"], records["source"] = strong, source
    records["sigma"] = sigma
    return records


def gather(photo, points):
    """Patches of SIDE x SIDE pixels, the point at (13, 13), the photo's border repeated.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8
    points : ndarray, (n, 2), int
        (row, column).

    Returns
    -------
    ndarray, (n, 28, 28, 3), uint8
    """
    return windows(photo)[points[:, 0], points[:, 1]]


def windows(photo):
    """The patches of all pixels as a view, (H, W, 28, 28, 3) uint8, to be indexed a few at a time."""
    half = LARGE // 2
    padded = cv2.copyMakeBorder(photo, half, half + 1, half, half + 1, cv2.BORDER_REPLICATE)
    return np.lib.stride_tricks.sliding_window_view(padded, (SIDE, SIDE, 3))[:, :, 0]
