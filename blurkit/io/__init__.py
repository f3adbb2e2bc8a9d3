"""Photos and maps: bytes in, arrays out. Nothing here opens a file; the commands hand over bytes.

To read one more format of photos, write its module and add its row to ``photo.FORMATS``.
"""

MODULES = (
    *("npy", "tags", "weights", "patchset", "marks", "encode", "complete", "page", "takeaway", "script", "reader"),
    *("orientation", "pixels", "complaints", "colours"),
    *("jpeg", "png", "pnm", "plain", "tiff", "heif", "raw", "y4m", "extent"),
    *("photo", "pictures", "exif", "boxes", "regions", "detections", "maps", "streams"),
)
"""Each imports only those before it, except for imports inside functions."""
