"""Patch sets: records of small patches of known sharpness, cut from photos."""

import math

import cv2
import numpy as np

from blurkit import methods
from blurkit.errors import UsageError
from blurkit.ops.resize import reduce_to, working_shape
from blurkit.training.compose import BLURRED, IN_FOCUS, KINDS, UNKNOWN, compose, spoiled
from blurkit.training.degrade import degrade

USUAL, MOST = 80, 400  # patches per picture
DEGRADED_EVERY = 4  # one composition in this many is degraded afterwards
SPOILED_SHARE = 0.2  # of the copies of a photo with a mask, where the kind of its blur is told


def usual_count(method, pictures, part="map"):
    """Patches per picture: `USUAL`, and of few pictures so many more that the method has plenty, up to `MOST`."""
    return min(max(math.ceil(methods.info(method, part).plenty / max(pictures, 1)), USUAL), MOST)


def picture(photo, companion, copy, source, method, seed, number, kind=None, part="map"):
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
    kind : {None, 'defocus', 'motion'}
        What blurs the photos: with masks, in the photo; with compositions, on purpose. With a kind some copies with
        masks are ``compose.spoiled``.
    part : {'map', 'score'}
        What is to learn from the picture, see ``methods.PARTS``. If it learns kinds, the photo is reduced to the
        working size first: blur is measured there, and the factors of ``MethodInfo.scales`` are meant from there on.

    Returns
    -------
    picture : ndarray, (h, w, 3)
    companion : ndarray
        The truth of the picture, (h, w) uint8, see ``compose``; for sharp photos the photo before its blur, (h, w, 3).
    sigma : float
        Blur of what is not in focus, pixels; NaN if unknown.
    """
    rng = np.random.default_rng([seed, number, copy])
    if source == "sharp photos":
        return methods.get(method).blurred(photo, rng)
    info = methods.info(method, part)
    if info.learns_kinds:
        photo, companion = at_working_size(photo, companion)
    if source == "compositions":
        photo, truth, sigma = compose(photo, companion, rng, kind)
        is_degraded = copy % DEGRADED_EVERY == DEGRADED_EVERY - 1
    else:
        truth, sigma = named(companion, kind), np.nan
        is_degraded = copy > 0
        if kind and is_degraded and rng.random() < SPOILED_SHARE:
            photo, truth = spoiled(photo, truth, rng)
    if not is_degraded:
        return photo, truth, sigma
    photo, truth = degrade(photo, truth, rng, info.scales)
    return photo, truth, np.nan


def at_working_size(photo, companion):
    """A photo and its mask or segmentation, both reduced to the working size; no new values in the companion."""
    shape = working_shape(photo.shape)
    if shape == photo.shape[:2]:
        return photo, companion
    companion = cv2.resize(companion.astype(np.float32), shape[::-1], interpolation=cv2.INTER_NEAREST)
    return reduce_to(photo, shape), companion.astype(np.int64)


def named(truth, kind):
    """The truth of a mask, (h, w) uint8, with the number of a kind of blur where it is `BLURRED`; None: as it is."""
    if kind is None:
        return truth
    return np.where(truth == IN_FOCUS, IN_FOCUS, np.where(truth == BLURRED, KINDS[kind], UNKNOWN)).astype(np.uint8)


def unnamed(truth):
    """A truth, (h, w) uint8, without the numbers of kinds of blur: `BLURRED` in their place."""
    return np.where(np.isin(truth, list(KINDS.values())), BLURRED, truth).astype(np.uint8)


def centres(picture, companion, copy, count, method, seed, number, part="map"):
    """Centres of about `count` patches of a picture, chosen by the method.

    Parameters
    ----------
    picture, companion : ndarray
        As returned by `picture`.
    copy, method, seed, number, part
        As for `picture`.
    count : int

    Returns
    -------
    ndarray, (n, k), int
        Row, column, and further columns of the method.
    """
    rng = np.random.default_rng([seed, number, copy, count])
    return methods.get(method, part).centres(picture, companion, copy, count, rng)


def cut(picture, companion, at, method, name, number, copy, sigma, part="map"):
    """Records of the patches of a picture.

    Parameters
    ----------
    picture, companion, sigma
        As returned by `picture`.
    at : ndarray, (n, k), int
        From `centres`.
    method, number, copy, part
        As for `centres`.
    name : bytes
        Of the photo; its last 64 bytes are kept.

    Returns
    -------
    ndarray, (n,), the method's ``patch_record()``
    """
    records = methods.get(method, part).cut(picture, companion, at, sigma)
    lacking = {"photo", "number", "copy"} - set(records.dtype.names or ())
    if lacking:
        raise UsageError(f"the patch_record of method {method} lacks {', '.join(sorted(lacking))}")
    records["photo"], records["number"], records["copy"] = name[-64:], number, copy
    return records
