"""Refinement of raw sharpness maps."""

from blurkit import methods
from blurkit.errors import InputError, UsageError, check_sizes
from blurkit.methods.contract import check_map
from blurkit.ops import borders


def refine_map(raw, guide, method, as_published=False, side=None, sigma=False, steps=None, content=None):
    """Refine a raw map, following the edges of its photo where the method uses one.

    Parameters
    ----------
    raw : ndarray, (H, W) or (2, H, W), float32 in [0, 1]
        Of two planes, the value and its weight.
    guide : ndarray, (H, W, 3), uint8 or uint16, or None
        The photo. Its bars, frames and flat ground are left out, as by ``map.sharpness_map``.
    method : str
        Name of the method.
    as_published : bool
        As for ``map.sharpness_map``.
    side : int, pixels
        As for ``map.sharpness_map``.
    sigma : bool
        Blur in pixels of the photo instead of sharpness, for methods that measure it.
    steps : int or "mix", optional
        The map after this many steps alone, or the mix of several, both as the formulas of the paper give them (zeng
        as published). Without it that mix is divided by the largest value it can have.
    content : borders.Content, optional
        What of the guide is the photo, if that is known; else it is looked for.

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1], 1 = in focus
        With `sigma`, in pixels.

    Raises
    ------
    InputError
        Map and photo differ in size, or the map has not the planes of this method.
    UsageError
        The method needs a photo and there is none, or it does not refine in steps.
    """
    stages, info = methods.get(method), methods.info(method)
    side = methods.side_of(method, side)
    if steps and not (as_published and info.refines_in_steps):
        able = methods.those_with("refines_in_steps")
        raise UsageError(f"the argument steps is for a refinement in steps: that of method {able}, as_published")
    if guide is None and stages.needs_guide(as_published):
        raise UsageError(f"method {method} refines along the photo: the argument photo is missing")
    planes = raw.shape[0] if raw.ndim == 3 else 1
    if planes != info.raw_planes:
        plural = "s" if planes > 1 else ""
        fits = " or ".join(name for name in methods.METHODS if methods.info(name).raw_planes == planes)
        hint = f", those of method {fits} have {planes}" if fits else ""
        raise InputError(f"raw map has {planes} plane{plural}; those of method {method} have {info.raw_planes}{hint}")
    if guide is not None:
        check_sizes("map", raw.shape[-2:], "photo", guide.shape)
    if as_published or guide is None:
        refined = stages.refine(raw, guide, as_published, side, sigma, steps)
        check_map(method, refined, raw.shape[-2:])
        return refined
    content = content or borders.content(guide)
    part = content.within(guide)
    refined = stages.refine(content.taken_out(raw), part, as_published, side, sigma, steps)
    check_map(method, refined, part.shape[:2])
    return content.put_back(refined)
