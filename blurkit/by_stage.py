"""What the stages of a method give, for those who build on one of them."""

from typing import Any

from numpy.typing import ArrayLike, NDArray

from blurkit import methods
from blurkit.api import loaded


def list_stages(method: str = methods.DEFAULT) -> dict[str, str]:
    """The stages of a method that `stage` can give, in their order: {name: its shape, and what it is}.

    >>> blurkit.list_stages("park")["guide"]
    '(3, H, W): the photo after rolling guidance: R, G, B, 0 to 1'
    """
    return {name: f"{output.shape}: {output.about}" for name, output in methods.outputs(method).items()}


def stage(photo: ArrayLike, name: str, *, method: str = methods.DEFAULT) -> NDArray[Any]:
    """What one stage of a method gives for a photo, as ``blur-map --stage`` writes it, but for the rounding of sums.

    blurkit-formats(5) describes every array.

    With weights of one's own, or on a GPU: ``load(..., as_published=True).stage(photo, name)``; joint has
    no paper.

    Parameters
    ----------
    photo : array_like
        As for `sharpness_map`.
    name : str
        One of `list_stages`.
    method : str
        The stages of zeng and park are those of their papers, at the photo's own size, with weights as published.

    Returns
    -------
    ndarray
        float32, (H, W), (n, H, W) or of cells, (h, w); or a table of points, structured, (n,).

    Raises
    ------
    UsageError
        There is no such method or stage.
    InputError
        park's paper does not take this photo: too small, too large, or without edges.

    >>> blurkit.stage(photo, "features", method="park")["fD"].shape[1]
    40
    """
    return loaded(method, methods.info(method).is_published).stage(photo, name)
