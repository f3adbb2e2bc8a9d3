"""Stage 2: patches at edge points, and the photos blurred on purpose they are learned from."""

import cv2
import numpy as np

from blurkit.methods.park import edges
from blurkit.ops.colour import eight_bits
from blurkit.training.degrade import add_noise, compress

LARGE, SMALL = 27, 15  # pixels; sides of the patches at weak and at strong edges
SIDE = LARGE + 1  # pixels; with the row and the column that forward differences need

SIGMAS = np.array([0.5, 0.65, 0.8, 0.95, 1.1, 1.25, 1.4, 1.55, 1.7, 1.85, 2.0], np.float32)
"""Pixels; the paper's eleven classes of blur."""

CLASSES = np.concatenate([[0.0, 0.3], SIGMAS, [2.3, 2.7, 3.2, 4.0]]).astype(np.float32)
"""Pixels; our classes: the paper's, sharper ones for photos that are, stronger ones for what no edge is left of."""

SHARPEST = 2  # place of the paper's first class among ours

KERNEL = 27  # pixels; side of the blur kernel (the published program)
SCALE_RANGE = (0.25, 0.6)  # sources are reduced first: at pixel level few photos are sharp as they are
CLEAN_SHARE = 0.35  # of the pictures; only rounded to 8 bits
NOISE_RANGE = (0.5, 8.0)  # 8-bit steps; sensor noise of the others, standard deviation
QUALITY_RANGE = (60, 97)  # JPEG quality of the others
SHARPENED_SHARE = 0.2  # of the sources; as cameras do
SHARPENING = (0.3, 1.2)  # of the difference to a blurred copy, added
SHARPENING_SIGMA = 0.8  # pixels

SHARP, BLURRED, SEEDS = 0, 1, 2
"""Where points are found: as the paper trains (edges of the sharp source), as it estimates
(edges of the blurred copy), and as our default does (its seeds). Copies take turns."""

SEED_CELL = 3  # pixels; of the seeds learned from, more than are measured

RECORD = np.dtype(
    [
        ("patch", "u1", (SIDE, SIDE, 3)),  # RGB; the point is at (13, 13)
        ("strong", "u1"),  # 1 at a strong edge, whose patch is the middle 15 x 15; 0 at a weak one
        ("sigma", "<f4"),  # blur in pixels, one of CLASSES
        ("source", "u1"),  # how the point was found: SHARP, BLURRED or SEEDS
        ("photo", "S64"),  # file name, its last 64 bytes
        ("number", "<u4"),  # of the photo within its run, for files of one name
        ("copy", "<u2"),  # of the blurred copies of a photo
        ("row", "<u4"),  # of the point in the blurred copy, pixels
        ("col", "<u4"),
    ]
)


def blurred(photo, rng):
    """A reduced copy of a sharp photo, blurred by a known sigma, then noised and compressed at random.

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
    size = tuple(max(1, round(n * scale)) for n in photo.shape[1::-1])
    sharp = cv2.resize(eight_bits(photo), size, interpolation=cv2.INTER_AREA)
    if rng.random() < SHARPENED_SHARE:
        sharp = sharpen(sharp, rng.uniform(*SHARPENING))
    sigma = float(rng.choice(CLASSES))
    picture = gaussian_blur(sharp, sigma)
    if rng.random() >= CLEAN_SHARE:
        noisy, packed = [(True, False), (False, True), (True, True)][rng.integers(3)]
        if noisy:
            picture = add_noise(picture, rng.uniform(*NOISE_RANGE), rng)
        if packed:
            picture = compress(picture, int(rng.integers(*QUALITY_RANGE)))
    return picture, sharp, sigma


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
    """About `count` points of a blurred copy, as many at strong as at weak edges.

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
    found = edges.edges(grey, edges.TRAIN if source == SHARP else edges.ESTIMATE)
    if source == SEEDS:
        at = edges.seeds(grey, SEED_CELL)
        chosen = [at[rng.permutation(len(at))[:count]]]
    else:
        chosen = []
        for kind in (edges.WEAK, edges.STRONG):
            at = np.argwhere(found == kind)
            chosen.append(at[rng.permutation(len(at))[: -(-count // 2)]])
    at = np.concatenate(chosen)
    strong = found[at[:, 0], at[:, 1]] == edges.STRONG
    return np.column_stack([at, strong, np.full(len(at), source)])


def cut(picture, at, sigma):
    """Records of the patches at the points `at` (from `points`) of a copy blurred by `sigma`.

    Returns
    -------
    ndarray, (n,), RECORD
        `photo`, `number` and `copy` are left empty.
    """
    records = np.zeros(len(at), RECORD)
    records["patch"] = gather(picture, at)
    records["row"], records["col"], records["strong"], records["source"] = at.T
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
    """The patches of all points as a view, (H, W, 28, 28, 3), to be indexed a few at a time."""
    half = LARGE // 2
    padded = cv2.copyMakeBorder(photo, half, half + 1, half, half + 1, cv2.BORDER_REPLICATE)
    return np.lib.stride_tricks.sliding_window_view(padded, (SIDE, SIDE, 3))[:, :, 0]
