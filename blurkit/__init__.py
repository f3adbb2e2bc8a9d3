"""blurkit finds what is in focus in a photograph, pixel by pixel.

>>> import blurkit
>>> photo = blurkit.read_photo("photo.jpg")
>>> sharp = blurkit.sharpness_map(photo)

`load` gives a method that is kept for many photos; `read_maps` and `write_map` are for filters of one's own among the
commands. What is named here is imported when it is first asked for (PEP 562), so that ``import blurkit`` and
``--help`` stay instant.
"""

import importlib

__version__ = "0.2.0"

FROM = {  # what is offered here, and the module that has it
    "load": "api",
    "list_methods": "api",
    "Model": "model",
    "RawMap": "results",
    "Score": "results",
    "Record": "records",
    "read_photo": "api",
    "read_photos": "api",
    "sharpness_map": "api",
    "kind_map": "api",
    "blur_map": "api",
    "focus_mask": "api",
    "score_photo": "api",
    "list_stages": "by_stage",
    "stage": "by_stage",
    "scores": "records",
    "read_maps": "io.streams",
    "write_map": "io.streams",
    "BlurkitError": "errors",
    "DeviceError": "errors",
    "InputError": "errors",
    "UsageError": "errors",
    "WeightsError": "errors",
}
__all__ = [*FROM]


def __getattr__(name: str) -> object:
    if name not in FROM:
        raise AttributeError(f"module 'blurkit' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"blurkit.{FROM[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
