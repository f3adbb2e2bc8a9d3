"""Patch sets: records of small patches of known sharpness, cut from photos."""

import math

import numpy as np

from blurkit import methods
from blurkit.training.compose import compose
from blurkit.training.degrade import degrade

USUAL, MOST = 80, 400  # patches per picture
DEGRADED_EVERY = 4  # one composition in this many is degraded afterwards


def usual_count(method, pictures):
    """Patches per picture: `USUAL`, and of few pictures so many more that the method has plenty, up to `MOST`."""
    return min(max(math.ceil(methods.info(method).plenty / max(pictures, 1)), USUAL), MOST)


def picture(photo, companion, copy, source, method, seed, number):
    """One of the pictures made from a photo to cut patches from; always the same for the same arguments.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16
    companion : ndarray, (H, W), or None
        For masks the truth (uint8: 255 in focus, 0 out of focus, else unknown); for compositions the region numbers
        of a segmentation; for sharp photos None.
    copy : int
        Number of the picture. With masks, 0 is the photo itself; all others are made from it.
    source : str
        ``masks``, ``compositions``, or ``sharp photos``, which the method itself blurs.
    method : str
        Name of the method.
    seed : int
        Of the run.
    number : int
        Of the photo within the run.

    Returns
    -------
    picture : ndarray, (h, w, 3)
    companion : ndarray
        The truth of the picture, (h, w) uint8; for sharp photos the photo before its blur, (h, w, 3).
    sigma : float
        Blur of what is out of focus, pixels; NaN if unknown.
    """
    rng = np.random.default_rng([seed, number, copy])
    if source == "sharp photos":
        return methods.get(method).blurred(photo, rng)
    if source == "compositions":
        photo, truth, sigma = compose(photo, companion, rng)
        is_degraded = copy % DEGRADED_EVERY == DEGRADED_EVERY - 1
    else:
        truth, sigma = companion, np.nan
        is_degraded = copy > 0
    if not is_degraded:
        return photo, truth, sigma
    photo, truth = degrade(photo, truth, rng, methods.info(method).scales)
    return photo, truth, np.nan


def centres(picture, companion, copy, count, method, seed, number):
    """Centres of about `count` patches of a picture, chosen by the method.

    Parameters
    ----------
    picture, companion : ndarray
        As returned by `picture`.
    copy, method, seed, number
        As for `picture`.
    count : int

    Returns
    -------
    ndarray, (n, k), int
        Row, column, and further columns of the method.
    """
    rng = np.random.default_rng([seed, number, copy, count])
    return methods.get(method).centres(picture, companion, copy, count, rng)


def cut(picture, companion, at, method, name, number, copy, sigma):
    """Records of the patches of a picture.

    Parameters
    ----------
    picture, companion, sigma
        As returned by `picture`.
    at : ndarray, (n, k), int
        From `centres`.
    method, number, copy
        As for `picture`.
    name : bytes
        Of the photo; its last 64 bytes are kept.

    Returns
    -------
    ndarray, (n,), the method's ``patch_record()``
    """
    records = methods.get(method).cut(picture, companion, at, sigma)
    records["photo"], records["number"], records["copy"] = name[-64:], number, copy
    return records
