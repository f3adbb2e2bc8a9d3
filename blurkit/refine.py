"""Refinement of raw maps."""

from blurkit import methods
from blurkit.errors import UsageError, check_sizes
from blurkit.limits import WORKING_SIDE


def refine(raw, guide, method, as_published=False, side=WORKING_SIDE):
    """Refine a raw map, along the photo it was made from where the method uses one.

    Parameters
    ----------
    raw : ndarray, (H, W), float32 in [0, 1]
    guide : ndarray, (H, W, 3), uint8 or uint16, or None
    method : str
    as_published : bool
    side : int, pixels
        As for ``map.sharpness_map``.

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1], 1 = in focus

    Raises
    ------
    InputError
        Map and photo differ in size.
    UsageError
        The method needs a photo and there is none.
    """
    pipeline = methods.pipeline(method)
    if guide is None and pipeline.needs_guide(as_published):
        raise UsageError(f"method {method} refines along the photo: give it with --guide")
    if guide is not None:
        check_sizes("map", raw.shape, "photo", guide.shape)
    return pipeline.refine(raw, guide, as_published, side)
