"""HiFST (Golestaneh, Karam, CVPR 2017) by the package blur_detector, its example's settings: hifst.py PHOTO OUT.npy"""

import sys

import cv2
import numpy as np
from blur_detector import detectBlur

SETTINGS = {"downsampling_factor": 4, "num_scales": 4, "scale_start": 2, "num_iterations_RF_filter": 3}

if __name__ == "__main__":
    photo, out = sys.argv[1:]
    grey = cv2.imread(photo, cv2.IMREAD_GRAYSCALE)
    sharpness = detectBlur(grey, **SETTINGS, show_progress=False)
    sharpness = cv2.resize(np.float32(sharpness), grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    np.save(out, np.clip(sharpness / max(float(sharpness.max()), 1e-6), 0, 1))
