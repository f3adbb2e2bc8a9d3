"""Partly blurred photos with exact truth, made from sharp photos and their segmentations."""

import cv2
import numpy as np

from blurkit.ops.colour import eight_bits
from blurkit.ops.filters import convolve
from blurkit.ops.resize import scaled_shape
from blurkit.training.degrade import add_noise, log_uniform

SIGMA_RANGE = (0.7, 6.0)  # pixels; blur of the regions put out of focus, drawn log-uniformly
NOISE_RANGE = (0.0, 1.5)  # 8-bit steps; standard deviation of the sensor noise over everything
SCALE_RANGE = (0.6, 1.0)  # factor by which the photo is reduced first, since few photos are sharp at pixel level
WHOLLY = 0.15  # share of composed photos that are sharp everywhere, and of those that are blurred everywhere
AREA_RANGE = (0.15, 0.85)  # share of the photo that the chosen regions may cover
CHOSEN_RANGE = (0.2, 0.8)  # probability with which a region is chosen, drawn uniformly for every try
TRIES = 20  # most draws of regions until their area is within `AREA_RANGE`
DISC_SHARE = 0.5  # share of blurs by a disc (circle of confusion); the others are Gaussian
FRONT_SHARE = 0.5  # share of partly blurred photos whose foreground is blurred; in the others it is the background
REGIONS = 40  # super-pixels of a photo without a segmentation; few, so that they are as large as objects
LEAST_COVER = 1e-3  # blurred cover of a region from which on its blurred colour is defined


def compose(photo, segments, rng):
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

    Returns
    -------
    photo : ndarray, (h, w, 3), uint8 or uint16
    truth : ndarray, (h, w), uint8
        255 in focus, 0 out of focus.
    sigma : float
        Blur of what is out of focus, pixels (standard deviation of its kernel along one axis).
    """
    scale = rng.uniform(*SCALE_RANGE)
    rows, columns = scaled_shape(segments.shape, scale)
    photo = cv2.resize(photo, (columns, rows), interpolation=cv2.INTER_AREA)
    segments = cv2.resize(segments.astype(np.float32), (columns, rows), interpolation=cv2.INTER_NEAREST)
    kind = rng.random()
    sigma = log_uniform(rng, SIGMA_RANGE)
    kernel = blur_kernel(sigma, disc=rng.random() < DISC_SHARE)
    if kind < WHOLLY:
        mixed, sharp = photo, np.full(segments.shape, True)
    elif kind < 2 * WHOLLY:
        mixed, sharp = convolve(photo.astype(np.float32), kernel), np.full(segments.shape, False)
    else:
        front = choose_regions(segments, rng)
        blur_front = rng.random() < FRONT_SHARE
        mixed = blurred_front(photo, front, kernel) if blur_front else blurred_back(photo, front, kernel)
        sharp = ~front if blur_front else front
    noise_sigma = rng.uniform(*NOISE_RANGE)
    noisy = add_noise(mixed, noise_sigma, rng, photo.dtype)
    truth = np.where(sharp, 255, 0).astype(np.uint8)
    return noisy, truth, spread_of(kernel)


def blur_kernel(sigma, disc):
    """A Gaussian of sigma pixels, or a disc of the same standard deviation: (k, k) float32, sum 1."""
    half = int(np.ceil(3 * sigma))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    distance = np.hypot(x, y)
    # A disc of radius r has the standard deviation r/2 along an axis; its soft rim, one pixel wide, adds a little.
    kernel = np.clip(2 * sigma + 0.5 - distance, 0, 1) if disc else np.exp(-(distance**2) / (2 * sigma**2))
    return (kernel / kernel.sum()).astype(np.float32)


def spread_of(kernel):
    """Standard deviation of a symmetric kernel along one axis, pixels."""
    offset = np.arange(len(kernel)) - len(kernel) // 2
    return float(np.sqrt((kernel.sum(axis=0) * offset**2).sum()))


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
