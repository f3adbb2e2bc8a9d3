"""The methods there are.

A method is a package whose ``pipeline`` offers these verbs and a few facts:

============================== ==================================================
``centres(picture, second, copy, count, rng)``  where to cut patches, (n, ...) int
``blurred(photo, rng)``        a copy blurred on purpose, if it learns from sharp photos
``cut(picture, second, at, sigma)``  records of dtype ``patch_record()`` there
``fit(records, ...)``          weights, and how well they did
``estimate(photo, ...)``       raw map
``refine(raw, guide, ...)``    refined map
``blur(photo, weights, device)``  sigma of every cell, and how sure it is, for the score
``needs_guide(as_published)``  True if ``refine`` needs the photo
``SHAPES``                     what its weights file holds
``EPOCHS``, ``LEAST_ACCURACY`` how long it trains; below which accuracy that failed
``LEARNS_FROM``                "masks": photos and their truth; "sharp photos": alone
``SCALES``                     sizes of its degraded copies, if it learns from masks: least, most
``RAW_PLANES``                 of a raw map: 1, or 2 (value and weight)
``BLUR_NEEDS_COLOUR``          True: ``blur`` looks at more of a photo than its luma
``MEASURES_SIGMA``             True: maps can tell blur in pixels (``in_pixels``)
``IS_PUBLISHED``               True: there is a paper, and ``as_published`` follows it
``REFINES_IN_STEPS``           True: as published, ``refine`` goes in ``steps`` and can stop at any
============================== ==================================================

``second`` is what goes with a picture: its truth, or the sharp photo it was blurred from.
A raw map is (H, W), or (2, H, W) where only some places were measured: value and weight.
"""

import importlib

from blurkit.errors import UsageError

METHODS = {
    "zeng": "blurkit.methods.zeng.pipeline",
    "park": "blurkit.methods.park.pipeline",
    "joint": "blurkit.methods.joint.pipeline",
}
DEFAULT = "joint"


def pipeline(name):
    """The pipeline module of a method."""
    if name not in METHODS:
        raise UsageError(f"unknown method {name!r}; there are: {', '.join(METHODS)}")
    return importlib.import_module(METHODS[name])


def those_with(fact):
    """The methods of which a fact is true, for an error that names them."""
    return " or ".join(name for name in METHODS if getattr(pipeline(name), fact))
