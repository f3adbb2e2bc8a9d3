"""Degradation of photos: resizing, sensor noise, JPEG compression."""

import cv2
import numpy as np

from blurkit.ops import resize
from blurkit.ops.colour import eight_bits
from blurkit.ops.filters import smooth

NOISE_RANGE = (0.0, 10.0)  # 8-bit steps; standard deviation of the noise, the same for all channels
QUALITY_RANGE = (40, 96)  # JPEG quality, libjpeg's scale
SHARE = 0.6  # probability of each of the three degradations


def degrade(photo, truth, rng, scales):
    """A copy of a photo, resized, with noise, and compressed, each with probability `SHARE`.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16, RGB
    truth : ndarray, (H, W), uint8
    rng : numpy.random.Generator
    scales : tuple of float
        Least and largest factor of resizing, drawn log-uniformly.

    Returns
    -------
    photo : ndarray, (h, w, 3), uint8, RGB
    truth : ndarray, (h, w), uint8
        Resized with the photo; no new values.
    """
    photo = eight_bits(photo)
    is_resized, is_noisy, is_compressed = rng.random(3) < SHARE
    if is_resized:
        scale = log_uniform(rng, scales)
        rows, columns = resize.scaled_shape(truth.shape, scale)
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        photo = cv2.resize(photo, (columns, rows), interpolation=interpolation)
        truth = cv2.resize(truth, (columns, rows), interpolation=cv2.INTER_NEAREST)
    if is_noisy:
        sigma = rng.uniform(*NOISE_RANGE)
        photo = add_noise(photo, sigma, rng)
    if is_compressed:
        quality = int(rng.integers(*QUALITY_RANGE))
        photo = compress(photo, quality)
    return photo, truth


def log_uniform(rng, limits):
    """One random number between two positive limits, uniform on a logarithmic scale: float64."""
    return np.exp(rng.uniform(*np.log(limits)))


def add_noise(photo, sigma, rng, dtype=np.uint8, grain=0.0):
    """A photo with Gaussian noise.

    Parameters
    ----------
    photo : ndarray, (h, w[, 3]), number
        In the range of `dtype`, which it need not have.
    sigma : float, 8-bit steps
        Standard deviation of the noise.
    rng : numpy.random.Generator
    dtype : uint8 or uint16
    grain : float, pixels
        Sigma of a blur of the noise, which keeps its standard deviation; 0: every pixel has noise of its own.

    Returns
    -------
    ndarray, (h, w[, 3]), `dtype`
        Rounded, and clipped to the range of `dtype`.
    """
    full_scale = np.iinfo(dtype).max
    noisy = rng.standard_normal(photo.shape)  # changed in place: fresh memory costs more than the arithmetic
    if grain:
        noisy = smooth(noisy.astype(np.float32), grain)
        noisy /= noisy.std()
    noisy *= sigma * (full_scale / 255)
    noisy += photo
    np.rint(noisy, out=noisy)
    return np.clip(noisy, 0, full_scale, out=noisy).astype(dtype)


def compress(photo, quality):
    """A photo, (h, w, 3) uint8 RGB, compressed and decompressed by JPEG at a quality from 0 to 100, libjpeg's scale."""
    _, data = cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])
