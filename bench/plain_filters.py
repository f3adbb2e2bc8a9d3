"""Plain filters to beat, smoothed and divided by their maximum: plain_filters.py laplacian|dog PHOTO OUT.npy"""

import sys

import cv2
import numpy as np

FINE, COARSE = 1.0, 1.6  # pixels; sigmas of the difference of Gaussians
WIDE = 10  # pixels; sigma of the smoothing


def laplacian(grey):
    return cv2.Laplacian(grey, cv2.CV_32F)


def dog(grey):
    return cv2.GaussianBlur(grey, (0, 0), FINE) - cv2.GaussianBlur(grey, (0, 0), COARSE)


FILTERS = {"laplacian": laplacian, "dog": dog}

if __name__ == "__main__":
    name, photo, out = sys.argv[1:]
    grey = cv2.imread(photo, cv2.IMREAD_GRAYSCALE).astype(np.float32)
    magnitude = cv2.GaussianBlur(np.abs(FILTERS[name](grey)), (0, 0), WIDE)
    np.save(out, magnitude / max(float(magnitude.max()), 1e-6))
