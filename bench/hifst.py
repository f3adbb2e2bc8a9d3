"""HiFST (Golestaneh and Karam, CVPR 2017) as the package blur_detector has it, its example's settings. hifst.py PHOTO OUT.npy"""

import sys

import cv2
import numpy as np
from blur_detector import detectBlur

if __name__ == "__main__":
    photo, out = sys.argv[1:]
    grey = cv2.imread(photo, cv2.IMREAD_GRAYSCALE)
    found = detectBlur(
        grey, downsampling_factor=4, num_scales=4, scale_start=2, num_iterations_RF_filter=3, show_progress=False
    )
    found = cv2.resize(np.float32(found), grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    np.save(out, np.clip(found / max(float(found.max()), 1e-6), 0, 1))
