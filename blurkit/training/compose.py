"""Partly blurred photos with exact truth, made from photos and their segmentations.

Truth is (h, w) uint8: `IN_FOCUS`, `BLURRED`, or one of `KINDS` where the kind of blur is known; other values: unknown.
"""

import cv2
import numpy as np

from blurkit.ops.colour import eight_bits
from blurkit.ops.filters import convolve
from blurkit.ops.resize import scaled_shape
from blurkit.training import shake
from blurkit.training.degrade import add_noise, log_uniform

IN_FOCUS, BLURRED, UNKNOWN = 255, 0, 128  # values of truth
KINDS = {"defocus": 1, "motion": 2}  # values of truth where the kind of blur is known
SIGMA_RANGE = (0.7, 6.0)  # pixels; blur of the regions put out of focus, drawn log-uniformly
MOTION_RANGE = (3.0, 40.0)  # pixels; length of the path of the regions that move, drawn log-uniformly
BOTH_SHARE, BOTH_RANGE = 0.2, (0.4, 1.5)  # of the moving regions are out of focus too; by which sigma, pixels
NOISE_RANGE = (0.0, 1.5)  # 8-bit steps; standard deviation of the sensor noise over everything
SCALE_RANGE = (0.6, 1.0)  # factor by which the photo is reduced first, since few photos are sharp at pixel level
WHOLLY = 0.15  # share of composed photos that are sharp everywhere, and of those that are blurred everywhere
AREA_RANGE = (0.15, 0.85)  # share of the photo that the chosen regions may cover
CHOSEN_RANGE = (0.2, 0.8)  # probability with which a region is chosen, drawn uniformly for every try
TRIES = 20  # most draws of regions until their area is within `AREA_RANGE`
DISC_SHARE = 0.5  # share of blurs by a disc (circle of confusion); the others are Gaussian
SPOILED_MOVED = 0.4  # share of spoiled photos whose part moves; in the others it is out of focus
SPOILED_SIGMA = (2.0, 9.0)  # pixels; as `SIGMA_RANGE`, of spoiled photos: what is blurred less may pass for sharp
SPOILED_WHOLLY = 0.2  # share of spoiled photos that are blurred everywhere
FRONT_SHARE = 0.5  # share of partly blurred photos whose foreground is blurred; in the others it is the background
REGIONS = 40  # super-pixels of a photo without a segmentation; few, so that they are as large as objects
LEAST_COVER = 1e-3  # blurred cover of a region from which on its blurred colour is defined


def compose(photo, segments, rng, kind=None):
    """One partly blurred photo.

    Regions of the segmentation are chosen at random as the foreground. Either the foreground stays sharp before a
    blurred background, into which no colour of the foreground leaks; or the foreground is blurred, its border
    included, before a sharp background.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16
        Sharp everywhere.
    segments : ndarray, (H, W), integer
        Region numbers.
    rng : numpy.random.Generator
    kind : {None, 'defocus', 'motion'}
        What blurs; None is defocus that the truth does not name.

    Returns
    -------
    photo : ndarray, (h, w, 3), uint8 or uint16
    truth : ndarray, (h, w), uint8
        `IN_FOCUS`; `BLURRED`, or the number of the kind.
    sigma : float
        Blur of what is not in focus, pixels: standard deviation of its kernel along the axis where that is largest.
    """
    scale = rng.uniform(*SCALE_RANGE)
    rows, columns = scaled_shape(segments.shape, scale)
    photo = cv2.resize(photo, (columns, rows), interpolation=cv2.INTER_AREA)
    segments = cv2.resize(segments.astype(np.float32), (columns, rows), interpolation=cv2.INTER_NEAREST)
    extent = rng.random()
    kernel = moving_kernel(rng) if kind == "motion" else defocus_kernel(rng)
    if extent < WHOLLY:
        mixed, sharp = photo, np.full(segments.shape, True)
    elif extent < 2 * WHOLLY:
        mixed, sharp = convolve(photo.astype(np.float32), kernel), np.full(segments.shape, False)
    else:
        front = choose_regions(segments, rng)
        blur_front = rng.random() < FRONT_SHARE
        mixed = blurred_front(photo, front, kernel) if blur_front else blurred_back(photo, front, kernel)
        sharp = ~front if blur_front else front
    noise_sigma = rng.uniform(*NOISE_RANGE)
    noisy = add_noise(mixed, noise_sigma, rng, photo.dtype)
    truth = np.where(sharp, IN_FOCUS, KINDS.get(kind, BLURRED)).astype(np.uint8)
    return noisy, truth, spread_of(kernel)


def spoiled(photo, truth, rng):
    """A photo, a part of which, or all of it, is blurred on purpose.

    What a photo shows then no longer tells what is in focus: subjects that are mostly sharp are soft as well.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16
    truth : ndarray, (H, W), uint8
    rng : numpy.random.Generator

    Returns
    -------
    photo : ndarray, (H, W, 3), of the same type
    truth : ndarray, (H, W), uint8
        In the part the number of the new kind of blur; `BLURRED` where it was blurred before in another way.
    """
    is_moved = rng.random() < SPOILED_MOVED
    kernel = moving_kernel(rng) if is_moved else defocus_kernel(rng, SPOILED_SIGMA)
    part = np.full(truth.shape, True)
    if rng.random() >= SPOILED_WHOLLY:
        part = choose_regions(regions(photo), rng)
    blur_front = rng.random() < FRONT_SHARE
    mixed = blurred_front(photo, part, kernel) if blur_front else blurred_back(photo, ~part, kernel)
    full_scale = np.iinfo(photo.dtype).max
    new = KINDS["motion" if is_moved else "defocus"]
    was_blurred_else = (truth == BLURRED) | (np.isin(truth, list(KINDS.values())) & (truth != new))
    truth = np.where(part, np.where(was_blurred_else, BLURRED, new), truth).astype(np.uint8)
    return np.rint(mixed).clip(0, full_scale).astype(photo.dtype), truth


def defocus_kernel(rng, sigmas=SIGMA_RANGE):
    """A Gaussian or a disc of a random sigma: (k, k) float32, sum 1."""
    sigma = log_uniform(rng, sigmas)
    return blur_kernel(sigma, disc=rng.random() < DISC_SHARE)


def moving_kernel(rng):
    """The trace of a random path, sometimes out of focus besides: (k, k) float32, sum 1."""
    kernel = shake.kernel_of(shake.random_path(log_uniform(rng, MOTION_RANGE), rng))
    if rng.random() < BOTH_SHARE:
        kernel = shake.out_of_focus_too(kernel, blur_kernel(log_uniform(rng, BOTH_RANGE), disc=False))
    return kernel


def blur_kernel(sigma, disc):
    """A Gaussian of sigma pixels, or a disc of the same standard deviation: (k, k) float32, sum 1."""
    half = int(np.ceil(3 * sigma))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    distance = np.hypot(x, y)
    # A disc of radius r has the standard deviation r/2 along an axis; its soft rim, one pixel wide, adds a little.
    kernel = np.clip(2 * sigma + 0.5 - distance, 0, 1) if disc else np.exp(-(distance**2) / (2 * sigma**2))
    return (kernel / kernel.sum()).astype(np.float32)


def spread_of(kernel):
    """Standard deviation of a kernel along the axis where that is largest, pixels."""
    across, upwards, mixed = shake.covariance(kernel)
    return float(np.sqrt(np.linalg.eigvalsh([[across, mixed], [mixed, upwards]])[1]))


def regions(photo):
    """Regions of a photo without a segmentation: large SLIC super-pixels, which follow its edges.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16

    Returns
    -------
    ndarray, (H, W), int64
        Region numbers.
    """
    from skimage.segmentation import slic

    return slic(eight_bits(photo), n_segments=REGIONS, start_label=0)


def choose_regions(segments, rng):
    """Random regions that together cover a share of the photo within `AREA_RANGE`.

    If `TRIES` draws give none, the last one is taken as it is.

    Parameters
    ----------
    segments : ndarray, (h, w), number
        Region numbers.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, (h, w), bool
    """
    numbers = np.unique(segments)
    for _ in range(TRIES):
        draws = rng.random(len(numbers))
        probability = rng.uniform(*CHOSEN_RANGE)
        chosen = np.isin(segments, numbers[draws < probability])
        if AREA_RANGE[0] <= chosen.mean() <= AREA_RANGE[1]:
            break
    return chosen


def blurred_front(photo, front, kernel):
    """A photo with its foreground out of focus, the border blurred over the sharp background.

    Parameters
    ----------
    photo : ndarray, (h, w, 3), uint8 or uint16
    front : ndarray, (h, w), bool
        The foreground.
    kernel : ndarray, (k, k), float32

    Returns
    -------
    ndarray, (h, w, 3), float32
        On the scale of the photo.
    """
    cover, colour = blurred_region(photo, front, kernel)
    return colour * cover + photo * (1 - cover)


def blurred_back(photo, front, kernel):
    """A photo with its background out of focus, without colour from the foreground; arguments as in `blurred_front`."""
    _, colour = blurred_region(photo, ~front, kernel)
    return np.where(front[..., None], photo, colour)


def blurred_region(photo, region, kernel):
    """One region of a photo, blurred on its own.

    Returns
    -------
    cover : ndarray, (h, w, 1), float32 in [0, 1]
        The region itself, blurred.
    colour : ndarray, (h, w, 3), float32
        Its blurred colour; the photo's where the cover is below `LEAST_COVER`.
    """
    cover = convolve(region.astype(np.float32), kernel)[..., None]
    inside = photo.astype(np.float32) * region[..., None]
    colour = convolve(inside, kernel)
    return cover, np.where(cover > LEAST_COVER, colour / np.maximum(cover, LEAST_COVER), photo)
