"""When a photo was taken, and by which camera, by its EXIF. What cannot be read says nothing."""

from datetime import UTC, datetime

from blurkit.errors import InputError
from blurkit.io.orientation import first
from blurkit.io.photo import format_of
from blurkit.io.pixels import DAMAGED
from blurkit.io.tags import below

MAKER, MODEL, CHANGED, INNER = 0x010F, 0x0110, 0x0132, 0x8769  # tags; the last one leads to these:
TAKEN, TAKEN_FRACTION, SERIAL = 0x9003, 0x9291, 0xA431
NOTHING = None, ("", "", "")


def capture(data):
    """When a photo was taken, and by which camera, by its EXIF.

    Parameters
    ----------
    data : bytes
        The file of a photo.

    Returns
    -------
    time : float or None
        Seconds from 1970 in the camera's own time; None where the photo does not say.
    camera : tuple of str
        Maker, model and serial number of the body, empty where it does not say.
    """
    try:
        tags = first(format_of(data).metadata(data))
    except (InputError, ImportError, *DAMAGED):
        return NOTHING
    if tags is None:
        return NOTHING
    inner = below(tags, INNER)
    taken, fraction, serial = ("" if inner is None else inner.text(tag) for tag in (TAKEN, TAKEN_FRACTION, SERIAL))
    return seconds(taken or tags.text(CHANGED), fraction), (tags.text(MAKER), tags.text(MODEL), serial)


def seconds(text, fraction):
    """Seconds from 1970; None where the text is no time."""
    try:
        whole = datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
    return whole + float(f"0.{fraction}") if fraction.isascii() and fraction.isdigit() else whole
