"""The weights of a method and of its parts: those that are found by default, or given."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from blurkit import methods
from blurkit.errors import WeightsError
from blurkit.io.weights import LARGEST_WEIGHTS, OtherPartError, find_weights, read_weights, shipped_weights
from blurkit.sources import read_bytes

Weights = tuple[dict[str, NDArray[np.float32]], dict[str, Any]]
"""Arrays of a weights file, and its header."""


def default_weights(method: str, part: str) -> Weights:
    """Arrays and header of the default weights of a part of a method."""
    if not methods.get(method, part).SHAPES:
        return {}, {"checksum": "none"}  # a method that has learned nothing
    path = find_weights(methods.weights_name(method, part), methods.file_of(method))
    return given_weights(method, *read_bytes(path, LARGEST_WEIGHTS + 1, WeightsError), part)


def given_weights(method: str, data: bytes, prefix: str, part: str) -> Weights:
    """Arrays and header of the weights of a part of a method, of a file that may hold those of another part.

    The message of an error begins with `prefix`.
    """
    stages = methods.get(method, part)
    own_part = part if methods.has_own_score(method) else methods.PARTS[0]
    try:
        return cast(Weights, read_weights(data, method, stages.SHAPES, own_part))
    except OtherPartError:
        path = shipped_weights(methods.weights_name(method, part), methods.file_of(method))
        data, prefix = read_bytes(path, LARGEST_WEIGHTS + 1, WeightsError)
        return cast(Weights, read_weights(data, method, stages.SHAPES, own_part))
    except WeightsError as error:
        raise WeightsError(f"{prefix}{error}") from error
