"""blurkit finds what is in focus in a photograph, pixel by pixel.

Arrays in, arrays out: the six modules ``patches``, ``train``, ``map``,
``refine``, ``mask`` and ``score`` carry the work of the six commands of the
same names; ``image`` and ``store`` read and write the files; `read_maps` and
`write_map` are for filters of one's own among the commands. Nothing is imported
before it is asked for (PEP 562), so that ``--help`` stays instant.
"""

import importlib

__version__ = "0.1.0"

FROM = {"read_maps": "streams", "write_map": "streams"}  # what is offered here, and the module that has it
__all__ = [*FROM]


def __getattr__(name):
    if name not in FROM:
        raise AttributeError(f"module 'blurkit' has no attribute {name!r}")
    return getattr(importlib.import_module(f"blurkit.{FROM[name]}"), name)


def __dir__():
    return [*globals(), *FROM]
