"""When a photo was taken, and by which camera, by its EXIF."""

from datetime import UTC, datetime

from PIL import Image

from blurkit import heif, raw
from blurkit.errors import InputError
from blurkit.image import UNDECODABLE, open_picture
from blurkit.limits import MAX_PIXELS

MAKER, MODEL, CHANGED, INNER = 0x010F, 0x0110, 0x0132, 0x8769  # EXIF tags; the last one leads to these:
TAKEN, TAKEN_FRACTION, SERIAL = 0x9003, 0x9291, 0xA431


def capture(data):
    """When a photo was taken, and by which camera, by its EXIF.

    Returns
    -------
    time : float or None
        Seconds from 1970 in the camera's own time; None where the photo does not say.
    camera : tuple of str
        Maker, model and serial number of the body, empty where it does not say.
    """
    try:
        found = tags(data)
        inner = found.get_ifd(INNER)
        camera = tuple(plain(tag) for tag in (found.get(MAKER), found.get(MODEL), inner.get(SERIAL)))
        return seconds(plain(inner.get(TAKEN)) or plain(found.get(CHANGED)), plain(inner.get(TAKEN_FRACTION))), camera
    except (InputError, *UNDECODABLE):
        return None, ("", "", "")


def plain(tag):
    """The text of a tag, empty if there is none."""
    return "" if tag is None else str(tag).strip("\0 ")


def seconds(text, fraction):
    """Seconds from 1970; None where the text is no time."""
    try:
        found = datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
    return found + float(f"0.{fraction}") if fraction.isascii() and fraction.isdigit() else found


def tags(data):
    """The EXIF tags of a photo, nothing decoded; of a RAW file that is no TIFF, those of its preview."""
    is_raw = raw.is_raw(data)
    if is_raw and not data.startswith(raw.TIFF):
        return open_picture(raw.preview(data)[0], MAX_PIXELS).getexif()
    if not is_raw and not heif.is_heic(data):
        return open_picture(data, MAX_PIXELS).getexif()
    found = Image.Exif()
    found.load(data if is_raw else heif.opened(data).info["exif"])
    return found
