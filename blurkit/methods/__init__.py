"""The methods there are, what is known of each before it is loaded, and how it is loaded.

A method is a package with ``STAGES``, the order of its modules, and ``INFO``; its last stage, ``method``, fills the
contract of ``contract.Method``. A fourth one is a package like these three, its weights, and one line in `METHODS`.
Nothing here imports NumPy or a stage, so that ``--help`` stays instant.
"""

import importlib
from collections import namedtuple

from blurkit.errors import UsageError

METHODS = {
    "zeng": "blurkit.methods.zeng",
    "park": "blurkit.methods.park",
    "joint": "blurkit.methods.joint",
}
DEFAULT = "joint"


class MethodInfo(  # dataclasses would double the time of --help
    namedtuple(
        "MethodInfo",
        (
            "title",
            "learns_from",
            "epochs",
            "least_accuracy",
            "scales",
            "raw_planes",
            "measures_sigma",
            "blur_needs_colour",
            "is_published",
            "refines_in_steps",
        ),
        defaults=((1.0, 1.0), 1, False, False, False, False),
    )
):
    """What is known of a method before it is loaded; frozen.

    Attributes
    ----------
    title : str
        What it is, in half a line.
    learns_from : {'masks', 'sharp photos'}
        Photos and their truth, or sharp photos alone, which the method blurs itself (``blurred``).
    epochs : int
        Passes of its training.
    least_accuracy : float
        On photos kept out of training; below, the training has failed.
    scales : tuple of float
        Least and most size of the degraded copies of a photo it learns from, where it learns from masks.
    raw_planes : int
        Of a raw map: 1, or 2 (value and weight) where only some places are measured.
    measures_sigma : bool
        Maps can hold blur in pixels (``in_pixels``).
    blur_needs_colour : bool
        ``blur``, for the score, looks at more of a photo than its luma.
    is_published : bool
        There is a paper, and ``as_published`` follows it.
    refines_in_steps : bool
        As published, ``refine`` goes in steps and can stop after any.
    """

    __slots__ = ()


def known(name):
    """The package of a method; a UsageError where there is none of that name."""
    if name not in METHODS:
        raise UsageError(f"unknown method {name!r}; there are: {', '.join(METHODS)}")
    return METHODS[name]


def info(name):
    """The `MethodInfo` of a method."""
    return importlib.import_module(known(name)).INFO


def get(name):
    """The module of a method that fills ``contract.Method``."""
    return importlib.import_module(f"{known(name)}.method")


def those_with(fact):
    """The methods of which a fact is true, for a sentence that names them."""
    return " or ".join(name for name in METHODS if getattr(info(name), fact))
