"""The orientation of a photo, from its EXIF or XMP. Metadata that cannot be read counts as missing."""

import re

from blurkit.io.tags import directories

ORIENTATION = 0x0112  # tag
EXIF = b"Exif\0\0"  # how a block of EXIF begins, or not
XMP_ORIENTATION = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')
UPRIGHT = range(1, 9)  # orientations there are
SIDEWAYS = range(5, 9)  # those whose rows are the columns of the photo upright


def first(data):
    """The first directory of EXIF, with or without its start, or of a TIFF; None if there is none."""
    while data.startswith(EXIF):
        data = data[len(EXIF) :]
    return next(directories(data), None)


def orientation(exif, xmp=b""):
    """The orientation of a photo, from 1 to 8, from its EXIF, else from its XMP; None if neither has it."""
    return orientation_of(first(exif), xmp)


def orientation_of(tags, xmp=b""):
    """The orientation from a directory of EXIF or None, else from XMP."""
    if tags is not None and ORIENTATION in tags:
        value = tags.number(ORIENTATION)
    else:
        stated = XMP_ORIENTATION.search(xmp)
        value = int(stated[1]) if stated else 0
    return value if value in UPRIGHT else None
