"""When a photo was taken, by its EXIF."""

from datetime import UTC, datetime

from PIL import Image

from blurkit import heif, raw
from blurkit.errors import InputError
from blurkit.image import UNDECODABLE, open_picture
from blurkit.limits import MAX_PIXELS

INNER, TAKEN, TAKEN_FRACTION, CHANGED = 0x8769, 0x9003, 0x9291, 0x0132  # EXIF tags: where the next two are; DateTime*


def capture_time(data):
    """When a photo was taken, by its EXIF: seconds from 1970 in the camera's own time, float; None where it does not say."""
    try:
        found = tags(data)
        inner = found.get_ifd(INNER)
        text = inner.get(TAKEN) or found.get(CHANGED)
        fraction = str(inner.get(TAKEN_FRACTION) or "").strip("\0 ")
        seconds = datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except (InputError, *UNDECODABLE):
        return None
    return seconds + float(f"0.{fraction}") if fraction.isascii() and fraction.isdigit() else seconds


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
