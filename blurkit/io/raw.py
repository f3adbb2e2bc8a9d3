"""RAW files of cameras, recognized by content: the preview in them, or developed by rawpy (extra ``raw``)."""

import io
from contextlib import contextmanager

from blurkit.defaults import SCORE_SIDE
from blurkit.errors import InputError, check_photo
from blurkit.io import jpeg, tiff
from blurkit.io.heif import check_whole
from blurkit.io.pixels import decoding, three, truncated, upright
from blurkit.io.tags import directories

STARTS = (  # RAF, ORF, RW2, MRW, CRW
    *(b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR"),
    *(b"IIU\0", b"\0MRM", b"II\x1a\0\0\0HEAPCCDR"),
)
SUFFIXES = (
    *(".dng", ".gpr", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".sr2", ".raf", ".orf", ".rw2", ".rwl"),
    *(".pef", ".srw", ".mrw", ".3fr", ".iiq", ".erf", ".mef", ".kdc", ".dcr"),
)
MAKER, DNG_VERSION = 271, 50706  # TIFF tags
MOSAIC = (33421, 33422)  # TIFF tags: size and colours of the pattern on a sensor
PLACES = ((tiff.STRIPS, 279), (tiff.TILES, 325))  # TIFF tags: offsets and bytes of strips and of tiles
SENSOR = {32803, 34892}  # photometric interpretations: a mosaic, and RGB before any processing
COMMON = {1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 34925, 50000}  # compressions of pictures; cameras have their own
ORIENTATION_OF_FLIP = (1, 2, 4, 3, 5, 8, 6, 7)  # LibRaw: 1 = left to right, 2 = top to bottom, 4 = rows to columns
LIBRAWS = b"dcraw v"  # the software that EXIF made by LibRaw names
NOT_DEVELOPED = "develop_raw develops it"


def is_raw(data):
    """True for the RAW file of a camera.

    A TIFF is one if it is CR2 or DNG or holds values of a sensor; or if a camera has begun it with a smaller copy, and
    nothing in it is a picture of full size that can be read.
    """
    if data.startswith(STARTS) or data[4:12] == b"ftypcrx ":  # CR3
        return True
    pages = list(directories(data))
    if not pages:
        return False
    if data[8:10] == b"CR" or any(DNG_VERSION in tags or holds_sensor(tags) for tags in pages):
        return True
    return MAKER in pages[0] and is_smaller(pages[0]) and not any(map(is_picture, pages[1:]))


def is_smaller(tags):
    """True if a directory describes a smaller copy of another picture."""
    return tags.number(tiff.SUBFILE) == 1


def is_picture(tags):
    """True if a directory describes an ordinary picture of full size."""
    is_mosaic = any(tag in tags for tag in MOSAIC)
    return tiff.WIDTH in tags and not is_smaller(tags) and not is_mosaic and tags.number(tiff.COMPRESSION, 1) in COMMON


def holds_sensor(tags):
    """True if a directory describes values of a sensor."""
    return not SENSOR.isdisjoint(tags.numbers(tiff.PHOTOMETRIC).tolist())


def check_sensor(data):
    """Raise an InputError if values of the sensor lie beyond the end of a file; LibRaw writes it to stderr only."""
    if data[4:8] == b"ftyp":
        check_whole(data, "RAW")
    for tags in filter(holds_sensor, directories(data)):
        for places, counts in PLACES:
            pieces = zip(tags.numbers(places).tolist(), tags.numbers(counts).tolist(), strict=False)
            if any(place + count > len(data) for place, count in pieces):
                raise truncated("RAW")


def decode(data, wanted):
    """A photo from a RAW file, upright: its largest preview, or developed."""
    return develop(data, wanted.max_pixels) if wanted.develop else decode_preview(data, wanted)


def decode_preview(data, wanted):
    """The largest preview in a RAW file, upright; an InputError if it is too small to measure sharpness."""
    picture, orientation, longer = preview(data)
    try:
        with decoding("JPEG"):
            is_jpeg = isinstance(picture, bytes)
            picture = without_libraws_exif(picture) if is_jpeg else picture
            width, height = jpeg.size(picture) if is_jpeg else picture.shape[1::-1]
            check_photo(width, height, wanted.max_pixels)
            if max(width, height) < min(SCORE_SIDE, longer / 2):
                raise InputError(f"has {width}x{height} pixels only; {NOT_DEVELOPED}")
            return jpeg.decode(picture, wanted, orientation) if is_jpeg else upright(picture, orientation)
    except InputError as error:
        raise InputError(f"its preview: {error}") from error


def whole_shape(data):
    """(H, W) of the preview of a RAW file before any reduction, upright."""
    picture, orientation, _ = preview(data)
    if isinstance(picture, bytes):
        return jpeg.whole_shape(without_libraws_exif(picture), orientation)
    return upright(picture, orientation).shape[:2]


@contextmanager
def opened(data):
    """rawpy's view of a RAW file, not unpacked yet; its errors become an InputError."""
    import rawpy

    check_sensor(data)
    try:
        with rawpy.RawPy() as file:
            file.open_buffer(io.BytesIO(data))
            yield file
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError, NotImplementedError) as error:
        raise InputError(f"RAW without a preview that can be read; {NOT_DEVELOPED}") from error
    except (rawpy.LibRawError, rawpy.NotSupportedError, OSError) as error:
        message = error.args[0] if error.args else type(error).__name__
        text = message.decode() if isinstance(message, bytes) else message
        raise InputError(f"cannot decode RAW: {text}") from error


def preview(data):
    """The largest preview in a RAW file.

    Returns
    -------
    picture : bytes of a JPEG, or ndarray, (H, W, 3), uint8
    orientation : int
        From the RAW file, as in EXIF; for a picture that has none itself.
    longer : int
        Pixels of the longer side of the photo itself.
    """
    with opened(data) as file:
        picture, sizes = file.extract_thumb().data, file.sizes
        return picture, ORIENTATION_OF_FLIP[sizes.flip & 7], max(sizes.width, sizes.height)


def without_libraws_exif(data):
    """A preview as the camera wrote it: LibRaw puts EXIF in front of a JPEG that does not begin with it."""
    end = 4 + int.from_bytes(data[4:6])
    return data[:2] + data[end:] if data[6:10] == b"Exif" and LIBRAWS in data[:end] else data


def develop(data, max_pixels):
    """A photo from the values of the sensor, upright, (H, W, 3) uint16.

    The camera's white balance, sRGB, brightened until 1 % of the pixels clip.
    """
    with opened(data) as file:
        check_photo(file.sizes.raw_width, file.sizes.raw_height, max_pixels)
        photo = file.postprocess(use_camera_wb=True, output_bps=16)
    return three(photo[..., 0]) if photo.shape[2] == 1 else photo


def metadata(data):
    """The EXIF of a RAW file that is a TIFF, else of its preview."""
    if tiff.is_tiff(data):
        return data
    picture = preview(data)[0]
    return jpeg.metadata(picture) if isinstance(picture, bytes) else b""
