"""Errors of blurkit, with messages for users, and the checks that several parts share."""

from collections.abc import Sequence


class BlurkitError(Exception):
    """An error the user can act on; its message is one plain line."""


class UsageError(BlurkitError, ValueError):
    """The arguments make no sense, or do not go together."""


class InputError(BlurkitError, ValueError):
    """A photo, map, mask or patch set cannot be read or does not fit."""


class NotAMap(InputError):
    """A photo where a map is read."""


class OutputError(BlurkitError):
    """A result cannot be written."""


class WeightsError(BlurkitError):
    """Weights are missing, damaged, of another method, or not good enough."""


class DeviceError(BlurkitError, RuntimeError):
    """The requested device is missing or cannot be used."""


def check_sizes(what: str, shape: Sequence[int], other: str, other_shape: Sequence[int]) -> None:
    """Raise an InputError that names both sizes unless (H, W) of two arrays are equal.

    Parameters
    ----------
    what, other : str
        Names of the two arrays in the message.
    shape, other_shape : tuple
        (H, W[, 3]) of each.

    Raises
    ------
    InputError
    """
    if tuple(shape[:2]) != tuple(other_shape[:2]):
        raise InputError(
            f"{what} is {shape[1]}x{shape[0]}, {other} is {other_shape[1]}x{other_shape[0]}; they must agree"
        )


def check_photo(width: int, height: int, max_pixels: int) -> None:
    """Raise an InputError if a photo has no pixels, or more than `max_pixels`."""
    if width * height > max_pixels:
        raise InputError(f"photo is {width}x{height} = {width * height} pixels; max_pixels allows {max_pixels}")
    if width * height == 0:
        raise InputError("photo has no pixels")


def missing_extra(what: str, packages: Sequence[str]) -> InputError:
    """The InputError for a format that needs packages which are not part of every installation.

    Parameters
    ----------
    what : str
        The format.
    packages : sequence of str
        Requirements as ``pip install`` takes them. One with a version limit is quoted for the shell.

    Returns
    -------
    InputError
    """
    arguments = [f"'{package}'" if set(package) & set("<>=") else package for package in packages]
    return InputError(f"{what} needs {' and '.join(packages)}: pip install {' '.join(arguments)}")
