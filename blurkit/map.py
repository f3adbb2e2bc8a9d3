"""Sharpness maps of photos."""

from blurkit import methods
from blurkit.defaults import WORKING_SIDE
from blurkit.refine import refine_map


def sharpness_map(photo, weights, method, raw=False, as_published=False, device="auto", side=WORKING_SIDE, sigma=False):
    """What is in focus in a photo.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16, RGB
    weights : dict of ndarray
        From ``weights.read_weights``.
    method : str
    raw : bool
        Leave out the refinement.
    as_published : bool
        The method as its paper has it, without what this project adds.
    device : str
        As for ``backend.backend_for``.
    side : int, pixels
        Longest side at which to measure; 0 = the photo's own size.
    sigma : bool
        Blur in pixels of the photo, for methods that measure it.

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1], 1 = in focus; with `sigma`, pixels; raw maybe (2, H, W), see ``methods``
    """
    found = methods.get(method).estimate(photo, weights, as_published, device, side)
    if not raw:
        return refine_map(found, photo, method, as_published, side, sigma)
    return methods.get(method).in_pixels(found, as_published, side) if sigma else found
