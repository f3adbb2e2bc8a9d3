"""The registry of methods: their names, facts about each that need no loading, and how each is loaded.

A method is a package with ``STAGES``, the order of its modules, and ``INFO``; its last stage, ``method``, fulfils the
contract of ``contract.Method``. A fourth one is a package like these three, its weights, and one line in `METHODS`.
Nothing here imports NumPy or a stage, so that ``--help`` stays instant.

A method of somebody else is a package of theirs that names it in its entry points, in the group `GROUP`; nothing of
blurkit is edited. It is looked for only if a name is none of `METHODS`, or if all names are wanted.
"""

import functools
import importlib
from collections import namedtuple

from blurkit.defaults import PARTS as PARTS
from blurkit.defaults import WORKING_SIDE
from blurkit.errors import UsageError

METHODS = {
    "zeng": "blurkit.methods.zeng",
    "park": "blurkit.methods.park",
    "joint": "blurkit.methods.joint",
}
DEFAULT = "joint"
GROUP = "blurkit.methods"  # of entry points: NAME = the module that has INFO and the operations, or a package of both


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
            "learns_kinds",
            "working_side",
            "least_as_published",
            "plenty",
            "takes_half",
        ),
        defaults=("masks", 1, 0.5, (1.0, 1.0), 1, False, False, False, False, False, WORKING_SIDE, 0.0, 0, False),
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
    learns_kinds : bool
        Kinds of blur are told apart (``estimate_kinds``), and learned where the truth names them.
    working_side : int
        Pixels; photos whose longer side exceeds this are reduced to it before maps are measured, by default.
    least_as_published : float
        `least_accuracy` of training as published, by ``fit_as_published``, whose weights ship beside those of the
        method; 0 if there is no such training.
    plenty : int
        Patches for which `epochs` passes are enough; fewer take more passes (``train.passes``). 0: any number.
    takes_half : bool
        Weights of the map that are stored in half precision are handed over so; otherwise all are float32.
    """

    __slots__ = ()


def package_of(name):
    """Dotted name of the package of a method; raises UsageError if no method has that name."""
    if name in METHODS:
        return METHODS[name]
    found = installed().get(name, [])
    if not found:
        raise UsageError(f"unknown method {name!r}; there are: {', '.join(names())}")
    if len(found) > 1:
        raise UsageError(
            f"method {name} is in several packages: {', '.join(map(package, found))}; uninstall all but one"
        )
    return found[0].value


@functools.cache
def installed():
    """Entry points of the methods of other packages: {name: list of importlib.metadata.EntryPoint}."""
    from importlib.metadata import entry_points  # not for help, nor for a method of ours

    found = {}
    for point in entry_points(group=GROUP):
        if point.name not in METHODS:
            found.setdefault(point.name, []).append(point)
    return found


def package(point):
    """The installed package that has an entry point, as pip calls it."""
    return point.dist.name if point.dist else point.value


def names():
    """Names of all methods, ours first, those of other packages by name."""
    return [*METHODS, *sorted(installed())]


def full_name(name):
    """A method of another package in an error: its name, and that of the package to turn to."""
    return f"method {name} (of the package {package(installed()[name][0])})"


def load(name, module):
    """A module of a method, imported; a UsageError that names the method if it is another package's and cannot be."""
    if name in METHODS:
        return importlib.import_module(module)
    try:
        return importlib.import_module(module)
    except (ImportError, SyntaxError) as error:
        raise UsageError(f"{full_name(name)} cannot be loaded: {error}") from error


def info(name, part="map"):
    """The `MethodInfo` of a method, or of one of its `PARTS`; raises UsageError if no method has that name."""
    found = load(name, package_of(name))
    return found.SCORE_INFO if part == "score" and has_own_score(name) else found.INFO


def side_of(name, side=None):
    """Longer side at which a method measures, pixels: `side`, or its own if that is None."""
    return info(name).working_side if side is None else side


def get(name, part="map"):
    """The module of a method, or of one of its `PARTS`, that fulfils ``contract.Method``; UsageError as for `info`.

    It is the module ``method`` of its package, or ``scoring``; a method that is one module is that itself.
    """
    found = load(name, package_of(name))
    stage = "scoring" if part == "score" and has_own_score(name) else "method"
    return load(name, f"{found.__name__}.{stage}") if hasattr(found, "__path__") else found


def has_own_score(name):
    """True if the score of a method has weights of its own."""
    return hasattr(load(name, package_of(name)), "SCORE_INFO")


def weights_name(name, part="map", as_published=False):
    """Name of the weights file of a part of a method, without its suffix; NAME-published if so trained ones ship."""
    if as_published and info(name).least_as_published:
        return f"{name}-published"
    return f"{name}-score" if part == "score" and has_own_score(name) else name


def file_of(name):
    """The file of a method of another package, beside which its weights lie; None for one of ours."""
    return None if name in METHODS else load(name, package_of(name)).__file__


def outputs(name):
    """What the stages of a method give: {name of the stage: contract.Output}.

    Raises UsageError if no method has that name, or if it has no such table.
    """
    from importlib.util import find_spec

    if name in METHODS and find_spec(f"blurkit.outputs.{name}"):
        return load(name, f"blurkit.outputs.{name}").OUTPUTS
    table = getattr(get(name), "OUTPUTS", {})
    if not table:
        raise UsageError(f"method {name} says nothing of its stages")
    return table


def output(name, stage):
    """The ``contract.Output`` of a stage of a method; raises UsageError if there is no such stage."""
    table = outputs(name)
    if stage not in table:
        raise UsageError(f"method {name} has no stage {stage!r}; there are: {', '.join(table)}")
    return table[stage]


def shapes_of(name, part="map", as_published=False):
    """Shapes of the arrays that training gives, by name; a UsageError if the method is not trained as published."""
    if not as_published:
        return get(name, part).SHAPES
    if not info(name).least_as_published:
        able = those_with("least_as_published")
        raise UsageError(f"method {name} has no training of its own as_published; method {able} has")
    return get(name).PUBLISHED_SHAPES


def those_with(fact):
    """Names of the methods whose `MethodInfo` has a true value for a fact, joined by "or" for a sentence."""
    return " or ".join(name for name in METHODS if getattr(info(name), fact))
