"""Sharpness maps of photos."""

import numpy as np

from blurkit import methods
from blurkit.methods.contract import check_map
from blurkit.ops import borders
from blurkit.refine import refine_map


def sharpness_map(photo, weights, method, raw=False, as_published=False, device="auto", side=None, sigma=False):
    """Sharpness map of a photo.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16, RGB
    weights : dict of ndarray
        From ``weights.read_weights``.
    method : str
        Name of the method.
    raw : bool
        Leave out the refinement.
    as_published : bool
        The method as in its paper, without the additions of blurkit.
    device : str
        As for ``backend.backend_for``.
    side : int, pixels
        Longest side at which to measure; 0 = the photo's own size; default: that of the method.
    sigma : bool
        Blur in pixels of the photo instead of sharpness, for methods that measure it.

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1], 1 = in focus
        With `sigma`, in pixels. With `raw`, of some methods (2, H, W): value and weight, see ``methods.contract``.
        0 in bars, frames and flat ground (see ``borders.content``), which are not measured; a method as published
        takes them for the photo.
    """
    stages = methods.get(method)
    side = methods.side_of(method, side)
    content = borders.whole(photo) if as_published else borders.content(photo)
    part = content.within(photo)
    estimate = stages.estimate(part, weights, as_published, device, side)
    planes = (methods.info(method).raw_planes,)
    check_map(method, estimate, planes * (planes[0] > 1) + part.shape[:2])
    if raw and sigma:
        return content.put_back(stages.in_pixels(estimate, as_published, side))
    estimate = content.put_back(estimate)
    return estimate if raw else refine_map(estimate, photo, method, as_published, side, sigma, content=content)


def stage(photo, weights, method, name, device="auto", side=None):
    """What one stage of a method gives.

    Parameters
    ----------
    photo, weights, method, device, side
        As for `sharpness_map`. The stages of a method that is published are those of its paper, at the photo's own
        size.
    name : str
        One of ``methods.outputs(method)``.

    Returns
    -------
    ndarray
        As that table has it. Bars, frames and flat ground around the photo are left out, and not put back; a method
        that is published takes them for the photo.

    Raises
    ------
    UsageError
        The method has no such stage.
    """
    output = methods.output(method, name)
    side = methods.side_of(method, side)
    content = borders.whole(photo) if methods.info(method).is_published else borders.content(photo)
    return output.make(content.within(photo), weights, device, side)


def kind_map(photo, weights, method, device="auto", side=None, threshold=0.5):
    """What blurs every pixel of a photo.

    Parameters
    ----------
    photo, weights, method, device, side
        As for `sharpness_map`, of a method that tells kinds apart.
    threshold : float
        Of the refined map; what reaches it is sharp.

    Returns
    -------
    ndarray, (H, W), uint8
        0 sharp, 1 out of focus, 2 moving. Bars, frames and flat ground, which are not measured, are 0.
    """
    stages = methods.get(method)
    side = methods.side_of(method, side)
    content = borders.content(photo)
    part = content.within(photo)
    raw, motion = stages.estimate_kinds(part, weights, device, side)
    refined = stages.refine(raw, part, False, side)
    blurred = np.where(motion > 0.5, np.float32(2), np.float32(1))
    return content.put_back(np.where(refined >= threshold, np.float32(0), blurred)).astype(np.uint8)
