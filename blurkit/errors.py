"""What can go wrong, as words for people."""


class BlurkitError(Exception):
    """Something the user can act on; its text is one plain line."""


class UsageError(BlurkitError, ValueError):
    """What is asked for makes no sense, or does not go together."""


class InputError(BlurkitError, ValueError):
    """A photo, map, mask or patch set cannot be read or does not fit."""


class OutputError(BlurkitError):
    """A result cannot be written."""


class WeightsError(BlurkitError):
    """Weights are missing, damaged, of another method, or not good enough."""


class DeviceError(BlurkitError, RuntimeError):
    """The asked-for device is not there."""


def check_sizes(what, shape, other, other_shape):
    """Raise an InputError with both sizes unless (H, W) of two arrays agree."""
    if tuple(shape[:2]) != tuple(other_shape[:2]):
        raise InputError(
            f"{what} is {shape[1]}x{shape[0]}, {other} is {other_shape[1]}x{other_shape[0]}; they must agree"
        )


def check_photo(width, height, max_pixels):
    """Raise an InputError unless a photo has pixels, and no more than `max_pixels` of them."""
    if width * height > max_pixels:
        raise InputError(f"photo is {width}x{height} = {width * height} pixels; max_pixels allows {max_pixels}")
    if width * height == 0:
        raise InputError("photo has no pixels")


def missing_extra(what, packages):
    """An InputError for a format that needs packages which are not part of every installation."""
    named = " ".join(f"'{name}'" if set(name) & set("<>=") else name for name in packages)
    return InputError(f"{what} needs {' and '.join(packages)}: pip install {named}")
