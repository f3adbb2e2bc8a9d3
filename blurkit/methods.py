"""The methods there are.

A method is a package whose ``pipeline`` offers four verbs and a few facts:

========================== ======================================================
``cut(photo, truth, at)``  records of dtype ``patch_record()`` at ``centres(photo, n)``
``fit(records, ...)``      weights, and how well they did
``estimate(photo, ...)``   raw map
``refine(raw, guide, ...)`` refined map
``SHAPES``, ``EPOCHS``     what its weights file holds; how long it trains
========================== ======================================================
"""

import importlib

from blurkit.errors import UsageError

METHODS = {
    "zeng": "blurkit.zeng.pipeline",
}
DEFAULT = "zeng"


def pipeline(name):
    """The pipeline module of a method."""
    if name not in METHODS:
        raise UsageError(f"unknown method {name!r}; there are: {', '.join(METHODS)}")
    return importlib.import_module(METHODS[name])
