"""RAW files of cameras: told by content; the preview in them, or developed, by rawpy (extra ``raw``)."""

import io
import struct
from contextlib import contextmanager

import numpy as np

from blurkit.errors import InputError, check_photo, missing_extra
from blurkit.heif import check_whole

STARTS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"\0MRM", b"II\x1a\0\0\0HEAPCCDR")  # RAF, ORF, RW2, MRW, CRW
TIFF = (b"II*\0", b"MM\0*")
SUBFILE, PHOTOMETRIC, MAKE, SUB_DIRECTORIES, DNG_VERSION = 254, 262, 271, 330, 50706  # TIFF tags
PLACES = ((273, 279), (324, 325))  # TIFF tags: where the strips and the tiles are, and how many bytes they have
SENSOR = {32803, 34892}  # photometric interpretations: a mosaic, and RGB before any processing
REDUCED = 1  # kind of subfile: a smaller copy of another one
DAMAGED = (OSError, SyntaxError, ValueError, struct.error, TypeError, KeyError, IndexError, OverflowError)
MOST_DIRECTORIES = 16  # that are looked through; cameras write fewer
ORIENTATION_OF_FLIP = (1, 2, 4, 3, 5, 8, 6, 7)  # LibRaw: 1 = left to right, 2 = top to bottom, 4 = rows to columns
LIBRAWS = b"dcraw v"  # the software that EXIF made by LibRaw names
NOT_DEVELOPED = "--raw-develop develops it"


def is_raw(data):
    """True for the RAW file of a camera; a TIFF is one if it is CR2 or DNG, holds values of a sensor, or begins with a camera's reduced copy."""
    if data.startswith(STARTS) or data[4:12] == b"ftypcrx ":  # CR3
        return True
    if not data.startswith(TIFF):
        return False
    return data[8:10] == b"CR" or any(
        DNG_VERSION in tags or holds_sensor(tags) or not number and MAKE in tags and numbers(tags, SUBFILE) == [REDUCED]
        for number, tags in enumerate(directories(data))
    )


def holds_sensor(tags):
    """True if a TIFF directory describes values of a sensor."""
    return not SENSOR.isdisjoint(numbers(tags, PHOTOMETRIC))


def check_sensor(data):
    """Raise an InputError where values of the sensor lie beyond the end of a file; LibRaw would tell of it on standard error."""
    if data[4:8] == b"ftyp":
        check_whole(data, "RAW")
    for tags in filter(holds_sensor, directories(data) if data.startswith(TIFF) else ()):
        for places, counts in PLACES:
            if any(place + count > len(data) for place, count in zip(numbers(tags, places), numbers(tags, counts), strict=False)):
                raise InputError("cannot decode RAW: truncated")


def directories(data):
    """The directories of a TIFF, those below a directory after it; as far as they can be read."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    file, head = io.BytesIO(data), data[:8]
    waiting = [int.from_bytes(head[4:], "little" if head.startswith(b"II") else "big")]
    for _ in range(MOST_DIRECTORIES):
        if not waiting:
            return
        try:
            tags = ImageFileDirectory_v2(head)
            file.seek(waiting.pop(0))
            tags.load(file)
        except DAMAGED:
            return
        yield tags
        waiting += [*numbers(tags, SUB_DIRECTORIES), *([tags.next] if tags.next else [])]


def numbers(tags, tag):
    """The whole numbers that a TIFF tag holds; none where it is not there or damaged."""
    try:
        found = tags.get(tag, ())
    except DAMAGED:
        return []
    return [number for number in (found if isinstance(found, tuple) else [found]) if isinstance(number, int)]


@contextmanager
def opened(data):
    """rawpy's view of a RAW file, nothing unpacked yet; its complaints become an InputError."""
    try:
        import rawpy
    except ImportError as error:
        raise missing_extra("RAW", "raw") from error
    check_sensor(data)
    try:
        with rawpy.RawPy() as file:
            file.open_buffer(io.BytesIO(data))
            yield file
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError, NotImplementedError) as error:
        raise InputError(f"RAW without a preview that can be read; {NOT_DEVELOPED}") from error
    except (rawpy.LibRawError, rawpy.NotSupportedError, OSError) as error:
        said = error.args[0] if error.args else type(error).__name__
        raise InputError(f"cannot decode RAW: {said.decode() if isinstance(said, bytes) else said}") from error


def preview(data):
    """The largest preview in a RAW file.

    Returns
    -------
    picture : bytes of a JPEG, or ndarray, (H, W, 3), uint8
    orientation : int
        By the RAW file, as in EXIF; for a picture that does not say.
    longer : int
        Pixels of the longer side of the photo itself.
    """
    with opened(data) as file:
        found, sizes = file.extract_thumb().data, file.sizes
        return found, ORIENTATION_OF_FLIP[sizes.flip & 7], max(sizes.width, sizes.height)


def without_libraws_exif(jpeg):
    """A preview as the camera wrote it: LibRaw puts EXIF in front of a JPEG that does not begin with it, though it may follow."""
    end = 4 + int.from_bytes(jpeg[4:6])
    return jpeg[:2] + jpeg[end:] if jpeg[6:10] == b"Exif" and LIBRAWS in jpeg[:end] else jpeg


def develop(data, max_pixels):
    """A photo from the values of the sensor, upright, (H, W, 3) uint16: the camera's white balance, sRGB, brightened until 1 % clip."""
    with opened(data) as file:
        check_photo(file.sizes.raw_width, file.sizes.raw_height, max_pixels)
        photo = file.postprocess(use_camera_wb=True, output_bps=16)
    return np.repeat(photo, 3, axis=2) if photo.shape[2] == 1 else photo
