"""Sharpness maps of photos."""

from blurkit import methods
from blurkit.defaults import WORKING_SIDE
from blurkit.ops import borders
from blurkit.refine import refine_map


def sharpness_map(photo, weights, method, raw=False, as_published=False, device="auto", side=WORKING_SIDE, sigma=False):
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
        Longest side at which to measure; 0 = the photo's own size.
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
    content = borders.whole(photo) if as_published else borders.content(photo)
    estimate = stages.estimate(content.filled(content.cut(photo)), weights, as_published, device, side)
    if raw and sigma:
        return content.put_back(stages.in_pixels(estimate, as_published, side))
    estimate = content.put_back(estimate)
    return estimate if raw else refine_map(estimate, photo, method, as_published, side, sigma, content=content)
