"""Partly blurred photos with exact truth, made from sharp photos and their segmentations."""

import cv2
import numpy as np

from blurkit.ops.colour import eight_bits
from blurkit.training.degrade import add_noise

SIGMA_RANGE = (0.7, 6.0)  # pixels; blur of what is put out of focus, drawn log-uniformly
NOISE_RANGE = (0.0, 1.5)  # 8-bit steps; standard deviation of the sensor noise over everything
SCALE_RANGE = (0.6, 1.0)  # the photo is reduced first: at pixel level few photos are sharp as they are
WHOLLY = 0.15  # share of composed photos sharp everywhere, and as many blurred everywhere
AREA_RANGE = (0.15, 0.85)  # share of the photo the chosen regions cover
DISC_SHARE = 0.5  # of blurs: a disc (circle of confusion); the others Gaussian
REGIONS = 40  # super-pixels of a photo without a segmentation; few, so that they are as large as things are
TRIES = 20  # draws of regions until the area fits


def compose(photo, segments, rng):
    """One partly blurred photo.

    Regions of the segmentation are chosen at random. Either they stay sharp before
    a blurred background, whose blur takes nothing from them, or they are
    blurred, border and all, before a sharp background.

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
    size = tuple(max(1, round(n * scale)) for n in segments.shape[::-1])
    photo = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    segments = cv2.resize(segments.astype(np.float32), size, interpolation=cv2.INTER_NEAREST)
    kind = rng.random()
    kernel = blur_kernel(np.exp(rng.uniform(*np.log(SIGMA_RANGE))), disc=rng.random() < DISC_SHARE)
    if kind < WHOLLY:
        mixed, sharp = photo, np.full(segments.shape, True)
    elif kind < 2 * WHOLLY:
        mixed, sharp = convolve(photo.astype(np.float32), kernel), np.full(segments.shape, False)
    else:
        front = choose_regions(segments, rng)
        blur_front = rng.random() < 0.5
        mixed = blurred_front(photo, front, kernel) if blur_front else blurred_back(photo, front, kernel)
        sharp = ~front if blur_front else front
    noisy = add_noise(mixed, rng.uniform(*NOISE_RANGE), rng, photo.dtype)
    return noisy, np.where(sharp, 255, 0).astype(np.uint8), spread_of(kernel)


def convolve(array, kernel):
    """Each channel of (h, w[, 3]) float32 with a kernel, borders mirrored."""
    return cv2.filter2D(array, -1, kernel, borderType=cv2.BORDER_REFLECT_101)


def blur_kernel(sigma, disc):
    """A Gaussian of sigma pixels, or a disc of the same spread: (k, k) float32, sum 1."""
    half = int(np.ceil(3 * sigma))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    distance = np.hypot(x, y)
    # A disc of radius r spreads like a Gaussian of sigma r/2; its soft rim, one pixel wide, adds a little.
    kernel = np.clip(2 * sigma + 0.5 - distance, 0, 1) if disc else np.exp(-(distance**2) / (2 * sigma**2))
    return (kernel / kernel.sum()).astype(np.float32)


def spread_of(kernel):
    """Standard deviation of a symmetric kernel along one axis, pixels."""
    offset = np.arange(len(kernel)) - len(kernel) // 2
    return float(np.sqrt((kernel.sum(axis=0) * offset**2).sum()))


def regions(photo):
    """Regions along the edges of a photo where nobody drew any: large SLIC super-pixels.

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
    """Random regions that cover a fair part of the photo: (h, w) bool."""
    numbers = np.unique(segments)
    for _ in range(TRIES):
        chosen = np.isin(segments, numbers[rng.random(len(numbers)) < rng.uniform(0.2, 0.8)])
        if AREA_RANGE[0] <= chosen.mean() <= AREA_RANGE[1]:
            break
    return chosen


def blurred_front(photo, front, kernel):
    """The chosen regions out of focus, their border spread over a sharp background: float32."""
    cover, colour = spread(photo, front, kernel)
    return colour * cover + photo * (1 - cover)


def blurred_back(photo, front, kernel):
    """All but the chosen regions out of focus, without taking colour from them: float32."""
    _, colour = spread(photo, ~front, kernel)
    return np.where(front[..., None], photo, colour)


def spread(photo, region, kernel):
    """Blurred cover (h, w, 1) in [0, 1] of a region and its blurred colour alone (h, w, 3), float32."""
    cover = convolve(region.astype(np.float32), kernel)[..., None]
    inside = photo.astype(np.float32) * region[..., None]
    colour = convolve(inside, kernel)
    return cover, np.where(cover > 1e-3, colour / np.maximum(cover, 1e-3), photo)
