"""The weights of a method and of its parts: those that are found by default, or given."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from blurkit import methods
from blurkit.errors import WeightsError
from blurkit.io.weights import LARGEST_WEIGHTS, OtherPartError, find_weights, read_weights, shipped_weights
from blurkit.sources import read_bytes

Weights = tuple[dict[str, NDArray[np.floating]], dict[str, Any]]
"""Arrays of a weights file, and its header."""


def default_weights(method: str, part: str, as_published: bool = False) -> Weights:
    """Arrays and header of the default weights of a part of a method; a file of its other part is passed over."""
    if not methods.get(method, part).SHAPES:
        return {}, {"checksum": "none"}  # a method that has learned nothing
    path = find_weights(methods.weights_name(method, part, as_published), methods.file_of(method))
    try:
        return read(method, part, as_published, *read_bytes(path, LARGEST_WEIGHTS + 1, WeightsError))
    except OtherPartError:
        return shipped(method, part)


def given_weights(method: str, held: dict[str, Weights], part: str) -> Weights:
    """Arrays and header of the weights of a part of a method: those that a file holds, else those that come with it."""
    return held[part] if part in held else shipped(method, part)


def held_weights(method: str, as_published: bool, data: bytes, prefix: str) -> dict[str, Weights]:
    """What a weights file holds: the arrays and the header of the parts of a method that it serves."""
    if not methods.has_own_score(method):
        return dict.fromkeys(methods.PARTS, read(method, methods.PARTS[0], as_published, data, prefix))
    first, second = methods.PARTS
    try:
        return {first: read(method, first, as_published, data, prefix)}
    except OtherPartError:
        return {second: read(method, second, as_published, data, prefix)}


def shipped(method: str, part: str) -> Weights:
    """Arrays and header of the weights of a part that come with a method."""
    path = shipped_weights(methods.weights_name(method, part), methods.file_of(method))
    return read(method, part, False, *read_bytes(path, LARGEST_WEIGHTS + 1, WeightsError))


def read(method: str, part: str, as_published: bool, data: bytes, prefix: str) -> Weights:
    """Arrays and header of the weights of a part of a method.

    The message of an error begins with `prefix`. It is an OtherPartError if the method has weights for each of its
    parts, and these are sound, but for the other one.
    """
    has_parts = methods.has_own_score(method)
    own_part = part if has_parts else methods.PARTS[0]
    shapes = methods.shapes_of(method, part, as_published and bool(methods.info(method).least_as_published))
    try:
        return cast(
            Weights,
            read_weights(data, method, shapes, own_part, as_published, methods.info(method, own_part).takes_half),
        )
    except WeightsError as error:
        kind = OtherPartError if has_parts and isinstance(error, OtherPartError) else WeightsError
        raise kind(f"{prefix}{error}") from error
