"""Patch sets: photos in, records of small patches of known sharpness out."""

import numpy as np

from blurkit import methods
from blurkit.training.compose import compose
from blurkit.training.degrade import degrade

DEGRADED_EVERY = 4  # every fourth composition is degraded afterwards


def picture(photo, second, copy, source, method, seed, number):
    """One of the pictures made from a photo, always the same for the same arguments.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16
    second : ndarray, (H, W), or None
        The truth (uint8: 255 in focus, 0 out of focus, else unknown); of a composition
        the region numbers of a segmentation.
    copy : int
        With masks, 0 is the photo itself; all others are made from it.
    source : str
        ``masks``, ``compositions``, or ``sharp photos``, which the method itself blurs.
    method : str
    seed, number : int
        Of the run, and of the photo within it.

    Returns
    -------
    picture : ndarray, (h, w, 3)
    second : ndarray
        The truth of the picture, (h, w) uint8; of sharp photos the one it was blurred from, (h, w, 3).
    sigma : float
        Blur of what is out of focus, pixels, where it is known. Else NaN.
    """
    rng = np.random.default_rng([seed, number, copy])
    if source == "sharp photos":
        return methods.get(method).blurred(photo, rng)
    if source == "compositions":
        photo, second, sigma = compose(photo, second, rng)
        if copy % DEGRADED_EVERY != DEGRADED_EVERY - 1:
            return photo, second, sigma
    elif copy == 0:
        return photo, second, np.nan
    return *degrade(photo, second, rng, methods.info(method).scales), np.nan


def centres(picture, second, copy, count, method, seed, number):
    """Where to cut about `count` patches of a picture, as the method has it: (n, ...) int."""
    rng = np.random.default_rng([seed, number, copy, count])
    return methods.get(method).centres(picture, second, copy, count, rng)


def cut(picture, second, at, method, name, number, copy, sigma):
    """Records of the patches at the centres `at`, as the method's ``patch_record()``."""
    records = methods.get(method).cut(picture, second, at, sigma)
    records["photo"], records["number"], records["copy"] = name[-64:], number, copy
    return records
