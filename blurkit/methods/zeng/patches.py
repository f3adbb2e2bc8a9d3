"""Stage 2: a square patch at every super-pixel, labelled by the truth inside it."""

import cv2
import numpy as np

from blurkit.ops.colour import eight_bits

SIZE = 48
"""Pixels. The network sees a 24-pixel crop of it (the paper's super-pixel patch, whose size it does not give), the
calibration the whole."""

CORE = 8  # pixels; the middle of a patch, whose truth the calibration learns
SHARP_SHARE = 0.9  # share of sharp truth from which a patch counts as sharp
BLURRED_SHARE = 0.1  # the same, up to which it counts as blurred; between the two it is mixed

IN_FOCUS, OUT_OF_FOCUS = 255, 0  # values of a truth; anything else is unknown

RECORD = np.dtype(
    [
        ("patch", "u1", (SIZE, SIZE, 3)),  # RGB
        ("label", "i1"),  # 1 sharp, 0 blurred, -1 mixed or unknown
        ("share", "<f4"),  # share of sharp pixels among the labelled ones of the patch, NaN if too few are
        ("core", "<f4"),  # the same in the middle CORE x CORE pixels
        ("sigma", "<f4"),  # blur in pixels, 0 if sharp; NaN where it is not exactly known (photo not composed)
        ("photo", "S64"),  # file name, its last 64 bytes
        ("number", "<u4"),  # of the photo within its run, for files of one name
        ("copy", "<u2"),  # 0 the photo itself, from 1 on degraded or composed copies
        ("row", "<u4"),  # centre of the patch in the photo, pixels
        ("col", "<u4"),
    ]
)


def cut(photo, truth, centres):
    """Patches around centres; the photo is mirrored beyond its border.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16
    truth : ndarray, (H, W), uint8
        255 in focus, 0 out of focus, anything else unknown.
    centres : ndarray, (n, 2), int
        (row, column), pixels.

    Returns
    -------
    ndarray, (n,), RECORD
        `photo`, `number`, `copy` and `sigma` are left zero.
    """
    half = SIZE // 2
    photo = cv2.copyMakeBorder(eight_bits(photo), half, half, half, half, cv2.BORDER_REFLECT_101)
    truth = cv2.copyMakeBorder(truth, half, half, half, half, cv2.BORDER_REFLECT_101)
    records = np.zeros(len(centres), RECORD)
    for record, (row, column) in zip(records, centres, strict=True):
        window = np.s_[row : row + SIZE, column : column + SIZE]
        record["patch"] = photo[window]
        record["share"] = sharp_share(truth[window])
        middle = np.s_[(SIZE - CORE) // 2 : (SIZE + CORE) // 2]
        record["core"] = sharp_share(truth[window][middle, middle])
    records["label"] = -1
    records["label"][records["share"] <= BLURRED_SHARE] = 0
    records["label"][records["share"] >= SHARP_SHARE] = 1
    records["row"], records["col"] = centres[:, 0], centres[:, 1]
    return records


def sharp_share(truth):
    """Share of sharp pixels among the labelled ones; NaN if fewer than half are labelled."""
    sharp, blurred = np.count_nonzero(truth == IN_FOCUS), np.count_nonzero(truth == OUT_OF_FOCUS)
    labelled = sharp + blurred
    return sharp / labelled if 2 * labelled >= truth.size else np.nan
