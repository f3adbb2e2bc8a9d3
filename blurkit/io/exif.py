"""The time, the camera and the exposure of a photo, from its EXIF. EXIF that cannot be read counts as missing."""

import math
from datetime import UTC, datetime

from blurkit.errors import InputError
from blurkit.io.orientation import first
from blurkit.io.photo import format_of
from blurkit.io.pixels import DAMAGED
from blurkit.io.tags import below

MAKER, MODEL, CHANGED, INNER = 0x010F, 0x0110, 0x0132, 0x8769  # tags; the last one leads to these:
TAKEN, TAKEN_FRACTION, SERIAL = 0x9003, 0x9291, 0xA431
UNKNOWN = None, ("", "", "")  # time, camera
EXPOSURE_TIME, APERTURE, SENSITIVITY, BIAS, EXPOSURE_MODE = 0x829A, 0x829D, 0x8827, 0x9204, 0xA402
BRACKET = 2  # exposure mode


def capture(data):
    """The time a photo was taken, and its camera, from its EXIF.

    Parameters
    ----------
    data : bytes
        The file of a photo.

    Returns
    -------
    time : float or None
        Seconds from 1970 in the camera's own time; None if the EXIF has no time.
    camera : tuple of str
        Maker, model and serial number of the body; texts that the EXIF does not have are empty.
    """
    tags = tags_of(data)
    if tags is None:
        return UNKNOWN
    inner = below(tags, INNER)
    taken, fraction, serial = ("" if inner is None else inner.text(tag) for tag in (TAKEN, TAKEN_FRACTION, SERIAL))
    return seconds(taken or tags.text(CHANGED), fraction), (tags.text(MAKER), tags.text(MODEL), serial)


def exposure(data):
    """How a photo was exposed, from its EXIF.

    Parameters
    ----------
    data : bytes
        The file of a photo.

    Returns
    -------
    bias : float or None
        Exposure compensation, stops.
    value : float or None
        Exposure value at ISO 100, stops: log2(aperture^2 / seconds) - log2(sensitivity / 100).
    is_bracket : bool
        The camera says that it brackets.
    """
    tags = tags_of(data)
    inner = None if tags is None else below(tags, INNER)
    if inner is None:
        return None, None, False
    numbers = inner.ratio(EXPOSURE_TIME), inner.ratio(APERTURE), inner.number(SENSITIVITY)
    value = None
    if all(number and number > 0 for number in numbers):
        time, aperture, sensitivity = numbers
        value = 2 * math.log2(aperture) - math.log2(time) - math.log2(sensitivity / 100)
    return inner.ratio(BIAS), value, inner.number(EXPOSURE_MODE) == BRACKET


def tags_of(data):
    """The first directory of the EXIF of a photo; None if it has none that can be read."""
    try:
        return first(format_of(data).metadata(data))
    except (InputError, ImportError, *DAMAGED):
        return None


def seconds(text, fraction):
    """Seconds from 1970 of a time and its fraction; None if the text is not a time."""
    try:
        whole = datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
    return whole + float(f"0.{fraction}") if fraction.isascii() and fraction.isdigit() else whole
