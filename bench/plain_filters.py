"""Plain filters to beat: their magnitude under a Gaussian of sigma 10, divided by its maximum. plain_filters.py laplacian|dog PHOTO OUT.npy"""

import sys

import cv2
import numpy as np

FINE, COARSE = 1.0, 1.6  # pixels; sigmas of the difference of Gaussians


def laplacian(grey):
    return cv2.Laplacian(grey, cv2.CV_32F)


def dog(grey):
    return cv2.GaussianBlur(grey, (0, 0), FINE) - cv2.GaussianBlur(grey, (0, 0), COARSE)


if __name__ == "__main__":
    which, photo, out = sys.argv[1:]
    grey = cv2.imread(photo, cv2.IMREAD_GRAYSCALE).astype(np.float32)
    answer = cv2.GaussianBlur(np.abs({"laplacian": laplacian, "dog": dog}[which](grey)), (0, 0), 10)
    np.save(out, answer / max(float(answer.max()), 1e-6))
