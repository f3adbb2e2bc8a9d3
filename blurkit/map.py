"""Sharpness maps of photos."""

from blurkit import methods
from blurkit.limits import WORKING_SIDE
from blurkit.refine import refine


def sharpness_map(photo, weights, method, raw=False, as_published=False, device="auto", side=WORKING_SIDE):
    """What is in focus in a photo.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16, RGB
    weights : dict of ndarray
        From ``store.read_weights``.
    method : str
    raw : bool
        Leave out the refinement.
    as_published : bool
        The method as its paper has it, without what this project adds.
    device : str
        As for ``device.window_for``.
    side : int, pixels
        Longest side at which to measure; 0 = the photo's own size.

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1], 1 = in focus
    """
    found = methods.pipeline(method).estimate(photo, weights, as_published, device, side)
    return found if raw else refine(found, photo, method, as_published, side)
