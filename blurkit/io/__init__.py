"""Photos and maps: bytes in, arrays out. Nothing here opens a file; the commands hand over bytes.

To read one more format of photos, write its module and add its row to ``photo.FORMATS``.
"""

MODULES = (
    *("tags", "orientation", "pixels", "complaints", "colours"),
    *("jpeg", "png", "pnm", "plain", "tiff", "heif", "raw"),
    *("photo", "exif", "maps"),
)
"""Each imports those before it alone."""
