"""Patch sets: photos and truths in, records of small labelled patches out."""

import numpy as np

from blurkit import methods
from blurkit.compose import compose
from blurkit.degrade import degrade

DEGRADED_EVERY = 4  # every fourth composition is degraded afterwards


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
    sigma : float
        Blur of what is out of focus, pixels, where it is known: composed and not
        degraded afterwards. Else NaN.
    """
    rng = np.random.default_rng([seed, number, copy])
    if composed:
        photo, second, sigma = compose(photo, second, rng)
        if copy % DEGRADED_EVERY != DEGRADED_EVERY - 1:
            return photo, second, sigma
    elif copy == 0:
        return photo, second, np.nan
    return *degrade(photo, second, rng), np.nan


def cut(photo, truth, at, method, name, number, copy, sigma):
    """Records of the patches at the centres `at`, as the method's ``patch_record()``."""
    records = methods.pipeline(method).cut(photo, truth, at)
    records["photo"], records["number"], records["copy"] = name[-64:], number, copy
    records["sigma"] = np.where(records["label"] == 1, np.minimum(sigma, 0), sigma)
    return records
