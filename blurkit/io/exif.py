"""The time and the camera of a photo, from its EXIF. EXIF that cannot be read counts as missing."""

from datetime import UTC, datetime

from blurkit.errors import InputError
from blurkit.io.orientation import first
from blurkit.io.photo import format_of
from blurkit.io.pixels import DAMAGED
from blurkit.io.tags import below

MAKER, MODEL, CHANGED, INNER = 0x010F, 0x0110, 0x0132, 0x8769  # tags; the last one leads to these:
TAKEN, TAKEN_FRACTION, SERIAL = 0x9003, 0x9291, 0xA431
UNKNOWN = None, ("", "", "")  # time, camera


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
    try:
        tags = first(format_of(data).metadata(data))
    except (InputError, ImportError, *DAMAGED):
        return UNKNOWN
    if tags is None:
        return UNKNOWN
    inner = below(tags, INNER)
    taken, fraction, serial = ("" if inner is None else inner.text(tag) for tag in (TAKEN, TAKEN_FRACTION, SERIAL))
    return seconds(taken or tags.text(CHANGED), fraction), (tags.text(MAKER), tags.text(MODEL), serial)


def seconds(text, fraction):
    """Seconds from 1970 of a time and its fraction; None if the text is not a time."""
    try:
        whole = datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
    return whole + float(f"0.{fraction}") if fraction.isascii() and fraction.isdigit() else whole
