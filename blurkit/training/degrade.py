"""What happens to photos on their way: other sizes, sensor noise, JPEG."""

import cv2
import numpy as np

from blurkit.ops.colour import eight_bits

NOISE_RANGE = (0.0, 10.0)  # 8-bit steps; standard deviation, the same for all channels
QUALITY_RANGE = (40, 96)  # JPEG quality, libjpeg's scale
SHARE = 0.6  # of the copies that get each of the three


def degrade(photo, truth, rng, scales):
    """A copy of a photo, resized, noised and compressed, each at random.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16, RGB
    truth : ndarray, (H, W), uint8
    rng : numpy.random.Generator
    scales : tuple of float
        Least and most of the photo's size, drawn log-uniformly.

    Returns
    -------
    photo : ndarray, (h, w, 3), uint8, RGB
    truth : ndarray, (h, w), uint8, the same values as before
    """
    photo = eight_bits(photo)
    resized, noisy, packed = rng.random(3) < SHARE
    if resized:
        scale = np.exp(rng.uniform(*np.log(scales)))
        size = tuple(max(1, round(n * scale)) for n in truth.shape[::-1])
        photo = cv2.resize(photo, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        truth = cv2.resize(truth, size, interpolation=cv2.INTER_NEAREST)
    if noisy:
        photo = add_noise(photo, rng.uniform(*NOISE_RANGE), rng)
    if packed:
        photo = compress(photo, int(rng.integers(*QUALITY_RANGE)))
    return photo, truth


def add_noise(photo, sigma, rng, dtype=np.uint8):
    """Gaussian noise of `sigma` 8-bit steps added to a photo of the scale of `dtype`, rounded and clipped to that; same shape, `dtype`."""
    top = np.iinfo(dtype).max
    noisy = rng.standard_normal(photo.shape)  # worked on in place: fresh memory costs more than the arithmetic
    noisy *= sigma * (top / 255)
    noisy += photo
    return np.clip(np.rint(noisy, out=noisy), 0, top, out=noisy).astype(dtype)


def compress(photo, quality):
    """A uint8 photo, (h, w, 3) RGB, after JPEG of a quality on libjpeg's scale."""
    _, data = cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])
