"""Scores of large JPEGs, decoded no larger than needed, against those of all their pixels."""

import cv2
import measure
import numpy as np
import photos
from scoring import scores

from blurkit.methods import METHODS
from blurkit.training.degrade import add_noise

SIZES = ((4000, 3000), (4032, 3024), (6000, 4000), (8064, 6048))  # pixels; of mosaics, for the detail of a camera's
APART = 0.01  # most that the score of a reduced JPEG may be from that of the whole
OWN = 450  # pixels; about the width of the photos
EACH = 12  # photos of each size


def reduced(data, scratch, results):
    """Scores of large JPEGs, decoded no larger than needed, against those of all their pixels, from a PNM."""
    for method in METHODS:
        rng, apart = np.random.default_rng(0), []
        for size in SIZES:
            for number in range(EACH):
                jpeg, pixels = scratch / f"{number}.jpg", scratch / f"{number}.ppm"
                write_large(data, size, rng, jpeg)
                cv2.imwrite(str(pixels), cv2.imread(str(jpeg)))
                less, whole = scores(method, [jpeg, pixels])
                apart.append(abs(less - whole))
        yield f"reduced, {method}", {"share within": float(np.mean(np.less_equal(apart, APART))), "most": max(apart)}


def write_large(data, size, rng, path):
    """A mosaic of photos at about their own size as JPEG: blurred and noisy or neither, of any usual quality."""
    names = (photos.sharp(data), photos.validation(data), photos.labelled(data))[rng.integers(3)]
    side = round(size[0] / OWN)
    photo = measure.mosaic([names[i] for i in rng.integers(0, len(names), side**2)], size, side)
    sigma = rng.choice((0, 0, 0.7, 1, 1.5, 2, 3, 6))
    copy = cv2.GaussianBlur(photo, (0, 0), sigma) if sigma else photo
    copy = add_noise(copy, rng.choice((0, 0, 3, 8)), rng)
    sampling = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)[rng.integers(2)]
    options = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(75, 98)), cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    cv2.imwrite(str(path), copy, options)
