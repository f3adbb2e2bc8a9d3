"""The registry of methods: their names, facts about each that need no loading, and how each is loaded.

A method is a package with ``STAGES``, the order of its modules, and ``INFO``; its last stage, ``method``, fulfils the
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
            "least_as_published",
            "plenty",
        ),
        defaults=((1.0, 1.0), 1, False, False, False, False, 0.0, 0),
    )
):
    """Facts about a method that need no loading; read-only.

    Attributes
    ----------
    title : str
        Short description, half a line.
    learns_from : {'masks', 'sharp photos'}
        Photos with their truth, or sharp photos alone, which the method blurs itself (``blurred``).
    epochs : int
        Passes of its training over the patches.
    least_accuracy : float
        On photos held out of training, in [0.5, 1); below it, the training has failed.
    scales : tuple of float
        Smallest and largest size, relative to the photo, of the degraded copies used in training from masks.
    raw_planes : int
        Planes of a raw map: 1, or 2 (value and weight) if only some pixels are measured.
    measures_sigma : bool
        Maps can hold blur in pixels (``in_pixels``).
    blur_needs_colour : bool
        ``blur``, for the score, needs the colours of a photo, not only its luma.
    is_published : bool
        There is a paper, and ``as_published`` follows it.
    refines_in_steps : bool
        As published, ``refine`` iterates and can stop after any step.
    least_as_published : float
        `least_accuracy` of training as published, by ``fit_as_published``, whose weights ship beside those of the
        method; 0 if there is no such training.
    plenty : int
        Patches for which `epochs` passes are enough; fewer take more passes (``train.passes``). 0: any number.
    """

    __slots__ = ()


def package_of(name):
    """Dotted name of the package of a method; raises UsageError if no method has that name."""
    if name not in METHODS:
        raise UsageError(f"unknown method {name!r}; there are: {', '.join(METHODS)}")
    return METHODS[name]


def info(name):
    """The `MethodInfo` of a method; raises UsageError if no method has that name."""
    return importlib.import_module(package_of(name)).INFO


def get(name):
    """The module of a method that fulfils ``contract.Method``; raises UsageError if no method has that name."""
    return importlib.import_module(f"{package_of(name)}.method")


def weights_name(name, as_published=False):
    """Name of the shipped weights of a method, without suffix: its own, or NAME-published if so trained ones ship."""
    return f"{name}-published" if as_published and info(name).least_as_published else name


def those_with(fact):
    """Names of the methods whose `MethodInfo` has a true value for a fact, joined by "or" for a sentence."""
    return " or ".join(name for name in METHODS if getattr(info(name), fact))
