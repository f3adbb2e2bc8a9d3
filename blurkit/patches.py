"""Patch sets: photos and truths in, records of small labelled patches out."""

import numpy as np

from blurkit import methods
from blurkit.compose import compose
from blurkit.degrade import degrade


def picture(photo, second, copy, composed, seed, number):
    """One of the pictures made from a photo, always the same for the same arguments.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16
    second : ndarray, (H, W)
        The truth (uint8: 255 in focus, 0 out of focus, else unknown), or, if `composed`,
        the region numbers of a segmentation.
    copy : int
        0 is the photo itself (or, composed, the first composition).
    composed : bool
    seed, number : int
        Of the run, and of the photo within it.

    Returns
    -------
    photo : ndarray, (h, w, 3)
    truth : ndarray, (h, w), uint8
    pristine : bool
        Composed and not degraded afterwards.
    """
    rng = np.random.default_rng([seed, number, copy])
    if composed:
        photo, truth = compose(photo, second, rng)
        if copy % 2 == 0:
            return photo, truth, True
        return *degrade(photo, truth, rng), False
    if copy == 0:
        return photo, second, False
    return *degrade(photo, second, rng), False


def cut(photo, truth, at, method, name, copy, pristine):
    """Records of the patches at the centres `at`, as the method's ``patch_record()``."""
    records = methods.pipeline(method).cut(photo, truth, at)
    records["photo"], records["copy"], records["pristine"] = name[-64:], copy, pristine
    return records
