"""The plain filter to beat: absolute Laplacian, Gaussian of sigma 10, divided by its maximum. laplacian.py -o OUT/ PHOTO..."""

import sys
from pathlib import Path

import cv2
import numpy as np

if __name__ == "__main__":
    _, _, out, *names = sys.argv
    for name in names:
        grey = cv2.imread(name, cv2.IMREAD_GRAYSCALE).astype(np.float32)
        answer = cv2.GaussianBlur(np.abs(cv2.Laplacian(grey, cv2.CV_32F)), (0, 0), 10)
        np.save(Path(out) / f"{Path(name).stem}.npy", answer / max(float(answer.max()), 1e-6))
