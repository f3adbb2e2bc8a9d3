"""Photos and maps: bytes in, arrays out. Nothing here opens a file; the commands hand over bytes.

To read one more format of photos, write its module and add its row to ``photo.FORMATS``.
"""

MODULES = (
    *("npy", "weights", "patchset", "marks", "encode", "complete"),
    *("tags", "orientation", "pixels", "complaints", "colours"),
    *("jpeg", "png", "pnm", "plain", "tiff", "heif", "raw"),
    *("photo", "exif", "maps", "streams"),
)
"""Each imports those before it alone, but for what is imported when it is needed."""
